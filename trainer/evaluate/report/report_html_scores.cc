#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "page/html.h"
#include "trainer/evaluate/report/report_html_sections.h"
#include "trainer/evaluate/report/report_text.h"
#include "trainer/evaluate/report/report_values.h"

namespace tremorcast {
namespace {

const OverSeeds* Find(const NamedMetrics& metrics, absl::string_view name) {
  for (const auto& [own, value] : metrics) {
    if (own == name) return &value;
  }
  return nullptr;
}

std::string Metric(const NamedMetrics& metrics, absl::string_view name) {
  const OverSeeds* value = Find(metrics, name);
  return value == nullptr ? "none" : MeanAndSd(*value, 3);
}

std::vector<std::string> TableNames(const EvaluationReport& report) {
  std::vector<std::string> names;
  for (const MethodRow& row : report.rows) {
    if (std::find(names.begin(), names.end(), row.table) == names.end()) names.push_back(row.table);
  }
  return names;
}

// Escaped, as the beginning of a sentence.
std::string Capitalised(const std::string& text) {
  std::string title = EscapeHtml(text);
  if (!title.empty()) title[0] = absl::ascii_toupper(static_cast<unsigned char>(title[0]));
  return title;
}

std::string TableTitle(const std::string& table) {
  if (table == "reference") return "References";
  if (table == "long tail") return "Long-tail treatments";
  if (table.find_first_not_of("IV") == std::string::npos) return absl::StrCat("Table ", table, " of the paper");
  return Capitalised(table);
}

// Weighted recall is left out: it equals accuracy.
std::vector<std::string> MetricNames(const EvaluationReport& report) {
  std::vector<std::string> names;
  for (const MethodRow& row : report.rows) {
    for (const NamedMetrics* metrics : {&row.balanced, &row.calibrated}) {
      for (const auto& [name, value] : *metrics) {
        if (name != "weighted_recall" && std::find(names.begin(), names.end(), name) == names.end()) {
          names.push_back(name);
        }
      }
    }
  }
  return names;
}

std::string RowName(const MethodRow& row, const EvaluationReport& report) {
  std::string name = EscapeHtml(row.name);
  if (row.chosen) absl::StrAppend(&name, " <abbr title=\"chosen on the early-stop slice\">*</abbr>");
  if (row.table == "IV" && row.name == report.proposed) {
    absl::StrAppend(&name, "<br/><small>the verdict is about this row</small>");
  }
  return name;
}

std::string RowCss(const MethodRow& row, const EvaluationReport& report) {
  return row.name == report.proposed ? "proposed" : "";
}

HtmlRow AnswerRow(const std::string& answer, const NamedMetrics& metrics, const std::vector<std::string>& names,
                  const std::string& css) {
  HtmlRow cells = {{.html = answer, .text = true, .css = absl::StrCat("short", css.empty() ? "" : " ", css)}};
  for (const std::string& name : names) cells.push_back({.html = Metric(metrics, name), .css = css});
  return cells;
}

// The paper prints accuracy, recall and F1 without saying which average: they stand under the macro
// averages.
HtmlRow PaperRow(const PaperFigures& paper, const std::vector<std::string>& names, const std::string& css) {
  HtmlRow cells = {
      {.html = "the paper", .text = true, .css = absl::StrCat("short paper", css.empty() ? "" : " ", css)}};
  for (const std::string& name : names) {
    std::string html;
    if (name == "accuracy") html = FixedNumber(paper.accuracy, 3);
    if (name == "macro_recall") html = FixedNumber(paper.recall, 3);
    if (name == "mean_of_f1") html = FixedNumber(paper.f1, 2);
    cells.push_back({.html = html, .css = absl::StrCat("paper", css.empty() ? "" : " ", css)});
  }
  return cells;
}

std::vector<HtmlRow> MethodGroup(const MethodRow& row, const std::vector<std::string>& names,
                                 const EvaluationReport& report) {
  const std::string css = RowCss(row, report);
  std::vector<HtmlRow> group;
  if (!row.balanced.empty()) group.push_back(AnswerRow("balanced", row.balanced, names, css));
  if (!row.calibrated.empty()) group.push_back(AnswerRow("as issued", row.calibrated, names, css));
  if (row.paper.has_value()) group.push_back(PaperRow(*row.paper, names, css));
  if (group.empty()) group.push_back(AnswerRow("none", {}, names, css));
  group[0].insert(
      group[0].begin(),
      HtmlCell{.html = RowName(row, report), .header = true, .rows = static_cast<int>(group.size()), .css = css});
  return group;
}

std::string AveragesTable(const EvaluationReport& report, const std::string& name) {
  const std::vector<std::string> metrics = MetricNames(report);
  HtmlTable table;
  table.caption = absl::StrCat(TableTitle(name), ": averages of the confusion matrix");
  table.columns = {"Method", "Answer"};
  for (const std::string& metric : metrics) table.columns.push_back(MetricTitle(metric));
  for (const MethodRow& row : report.rows) {
    if (row.table == name) table.groups.push_back(MethodGroup(row, metrics, report));
  }
  return RenderTable(table);
}

// A mean above its interval, so that several fit beside each other.
std::string StackedGain(const std::optional<MeanInterval>& gain) {
  if (!gain.has_value()) return "none";
  return absl::StrCat(SignedNumber(gain->mean, 4), "<br/><small>[", SignedNumber(gain->low, 4), ", ",
                      SignedNumber(gain->high, 4), "]</small>");
}

std::string StackedMean(const OverSeeds& value, int decimals) {
  if (value.seeds <= 1) return MeanAndSd(value, decimals);
  return absl::StrCat(FixedNumber(value.mean, decimals), "<br/><small>&#177; ", FixedNumber(value.sd, decimals),
                      "</small>");
}

std::string ScoresTable(const EvaluationReport& report, const std::string& name) {
  HtmlTable table;
  table.caption = absl::StrCat(TableTitle(name), ": gains in nats per row with 95 % intervals, scores, cost");
  table.columns = {"Method",
                   "Gain over climatology",
                   "Gain before the pool",
                   "Gain over catalogue-only",
                   "Weight in the pool",
                   "Log score",
                   "Brier",
                   "RPS",
                   "Parameters",
                   "Training, s"};
  for (const MethodRow& row : report.rows) {
    if (row.table != name) continue;
    const std::string css = RowCss(row, report);
    HtmlRow cells = {{.html = RowName(row, report), .header = true, .css = css}};
    for (const std::string& html :
         {StackedGain(row.gain_interval), StackedGain(row.gain_before_pool), StackedGain(row.gain_over_catalogue),
          row.gain_before_pool.has_value() ? StackedMean(row.pool_weight, 2) : std::string("none"),
          StackedMean(row.log_score, 4), StackedMean(row.brier, 4), StackedMean(row.rps, 4),
          row.parameters > 0 ? GroupedNumber(row.parameters) : std::string("none"),
          row.seconds.mean > 0 ? StackedMean(row.seconds, 1) : std::string("none")}) {
      cells.push_back({.html = html, .css = css});
    }
    table.groups.push_back({std::move(cells)});
  }
  return RenderTable(table);
}

// A shade by the share of the row; the share is printed too.
std::string Shade(double share) {
  return share >= 0.75 ? "h4" : share >= 0.5 ? "h3" : share >= 0.25 ? "h2" : share >= 0.05 ? "h1" : "";
}

std::string ConfusionTable(const ConfusionMatrix& matrix, const EvaluationReport& report, const std::string& caption) {
  const auto name = [&](int k) {
    const auto at = static_cast<size_t>(k);
    return at < report.class_names.size() ? EscapeHtml(report.class_names[at]) : absl::StrCat("class ", k);
  };
  HtmlTable table;
  table.caption = caption;
  table.columns.emplace_back(
      "<span class=\"whole\">Observed \xE2\x86\x93</span> <span class=\"whole\">answered \xE2\x86\x92</span>");
  for (int k = 0; k < matrix.classes(); ++k) table.columns.push_back(name(k));
  for (int truth = 0; truth < matrix.classes(); ++truth) {
    int64_t total = 0;
    for (int k = 0; k < matrix.classes(); ++k) total += matrix.count(truth, k);
    HtmlRow row = {{.html = name(truth), .header = true}};
    for (int k = 0; k < matrix.classes(); ++k) {
      const int64_t count = matrix.count(truth, k);
      const double share = total > 0 ? static_cast<double>(count) / static_cast<double>(total) : 0;
      std::string css = Shade(share);
      if (k == truth) absl::StrAppend(&css, css.empty() ? "" : " ", "right");
      row.push_back(
          {.html = absl::StrCat(GroupedNumber(count), "<small>", PercentOf(share, 0), "</small>"), .css = css});
    }
    table.groups.push_back({std::move(row)});
  }
  return absl::StrCat("<div class=\"heat\">\n", RenderTable(table), "</div>\n");
}

std::string PartsPart(const std::vector<GainPart>& parts, const std::string& id, const std::string& title,
                      const std::string& first, const std::string& event_rows) {
  if (parts.empty()) return "";
  HtmlTable table;
  table.caption = title;
  table.columns = {first, "Rows", event_rows, "Gain [95 %], nats per row", "p (one-sided, Holm)", "Note"};
  for (const GainPart& part : parts) {
    table.groups.push_back(
        {{{.html = EscapeHtml(part.name), .header = true},
          {.html = GroupedNumber(part.rows)},
          {.html = GroupedNumber(part.event_rows)},
          {.html = part.interval.has_value() ? GainWithInterval(part.interval) : SignedNumber(part.gain, 4)},
          {.html = PValue(part.adjusted_p)},
          {.html = EscapeHtml(part.comment), .text = true, .css = "wide"}}});
  }
  const std::string chart = GainPartsChart(parts, id, title);
  return absl::StrCat(chart.empty() ? "" : "<div class=\"plots one\">\n<figure>\n", chart,
                      chart.empty() ? "" : "</figure>\n</div>\n", RenderTable(table));
}

// A sign with the words, for readers who do not see the colour.
std::string OutcomeHtml(PlaceboOutcome outcome) {
  const absl::string_view sign = outcome == PlaceboOutcome::kClean        ? "\xE2\x9C\x93 "
                                 : outcome == PlaceboOutcome::kSuspicious ? "\xE2\x9A\xA0 "
                                                                          : "";
  const std::string name = EscapeHtml(PlaceboOutcomeName(outcome));
  return outcome == PlaceboOutcome::kSuspicious ? absl::StrCat("<strong>", sign, name, "</strong>")
                                                : absl::StrCat(sign, name);
}

HtmlRow PlaceboCells(const PlaceboRow& row) {
  const std::string question = row.question.empty() ? ""
                                                    : absl::StrCat("<em>", EscapeHtml(row.question), "</em>",
                                                                   row.comment.empty() ? "" : "<br/>");
  return {{.html = absl::StrCat("(", row.number, ") ", EscapeHtml(row.name)), .header = true},
          {.html = OutcomeHtml(row.outcome), .text = true, .css = "short"},
          {.html = StackedGain(row.gain)},
          {.html = row.area_roc.has_value() ? FixedNumber(*row.area_roc, 2) : "none"},
          {.html = Metric(row.metrics, "accuracy")},
          {.html = Metric(row.metrics, "macro_recall")},
          {.html = PValue(row.p_value)},
          {.html = GroupedNumber(row.runs)},
          {.html = absl::StrCat(question, EscapeHtml(row.comment)), .text = true, .css = "wide"}};
}

}  // namespace

std::string MethodTablesSection(const EvaluationReport& report) {
  if (report.rows.empty()) return "";
  std::string out =
      "<p class=\"soft\"><em>Balanced</em> is the answer before prior and pool, as the paper scores it; <em>as "
      "issued</em> is the most probable class of what would be issued. Figures are means &#177; standard deviations "
      "over seeds. Weighted recall equals accuracy and is left out. The paper does not say which averages it prints: "
      "its recall stands under macro recall, its F1 under mean of F1.</p>\n";
  for (const std::string& name : TableNames(report)) {
    absl::StrAppend(&out, "<h3>", TableTitle(name), "</h3>\n", AveragesTable(report, name), ScoresTable(report, name));
    const bool chosen = std::any_of(report.rows.begin(), report.rows.end(),
                                    [&](const MethodRow& row) { return row.table == name && row.chosen; });
    if (chosen) absl::StrAppend(&out, "<p class=\"soft\">* chosen on the early-stop slice</p>\n");
  }
  return out;
}

std::string ConfusionSection(const EvaluationReport& report) {
  std::string tables;
  if (report.balanced_confusion.has_value() && report.balanced_confusion->total() > 0) {
    absl::StrAppend(&tables, ConfusionTable(*report.balanced_confusion, report, "Balanced answer"));
  }
  if (report.calibrated_confusion.has_value() && report.calibrated_confusion->total() > 0) {
    absl::StrAppend(&tables, ConfusionTable(*report.calibrated_confusion, report, "As issued"));
  }
  if (tables.empty()) return "";
  return absl::StrCat("<p class=\"soft\">Of the row \"", EscapeHtml(report.proposed),
                      "\", first seed. Each cell: ", RowsName(report),
                      " and their share of the observed class; right answers are outlined.</p>\n",
                      "<div class=\"plots\">\n", tables, "</div>\n");
}

std::string EventScoresSection(const EvaluationReport& report) {
  HtmlTable table;
  table.caption = "Scores of the probability of an event (class 1 or above)";
  table.columns = {"Score", "Value", "Note"};
  const auto add = [&table](const std::string& name, double value, int decimals, const std::string& note) {
    table.groups.push_back({{{.html = name, .header = true},
                             {.html = FixedNumber(value, decimals)},
                             {.html = note, .text = true, .css = "wide"}}});
  };
  if (report.event_diagrams.has_value()) {
    const EventDiagrams& d = *report.event_diagrams;
    add("Base rate", d.base_rate, 3, "observed share of events among the test rows");
    add("ROC area", d.roc.area, 3, "0.5 is no discrimination");
    add("Molchan area skill", d.molchan.area_skill_step, 3,
        absl::StrCat("by steps; ", FixedNumber(d.molchan.area_skill_trapezoid, 3),
                     " by straight lines; 0.5 is random"));
  }
  for (const NamedScore& score : report.event_scores) {
    add(Capitalised(score.name), score.value, 4, EscapeHtml(score.comment));
  }
  if (report.shift_p_value.has_value()) {
    add("Circular-shift p", *report.shift_p_value, 4, "of the same gain with the outcomes of other weeks");
  }
  if (table.groups.empty()) return "";
  return absl::StrCat("<p class=\"soft\">For readers who know these scores; nothing was selected by them.</p>\n",
                      RenderTable(table));
}

std::string GainPartsSection(const EvaluationReport& report) {
  std::string out = absl::StrCat(
      PartsPart(report.by_region, "parts-region", "Gain by region", "Region", "With an event"),
      PartsPart(report.by_class, "parts-class", "Gain by magnitude, as yes-no forecasts", "Class", "Rows with it"));
  if (out.empty()) return "";
  return absl::StrCat("<p class=\"soft\">Gain over climatology of the row \"", EscapeHtml(report.proposed),
                      "\", as issued. A p-value below 0.05 after Holm's correction may be called a gain of its part; ",
                      "none is claimed with fewer than ten event weeks.</p>\n", out);
}

std::string PlaceboSection(const EvaluationReport& report) {
  if (report.placebos.empty()) return "";
  HtmlTable table;
  table.caption = "Placebo runs: the network before the pool";
  table.columns = {"Run",         "Outcome", "Gain over climatology",      "ROC area", "Accuracy", "Macro recall",
                   "p of shifts", "Runs",    "What it asks, what it found"};
  for (const PlaceboRow& row : report.placebos) table.groups.push_back({PlaceboCells(row)});
  const std::string chart = PlaceboChart(report.placebos);
  return absl::StrCat(
      "<p class=\"soft\">Runs that must not show skill, or show what a mistake would have looked ",
      "like. Any one of 1, 2 and 7 refuses the model, so their intervals are wider: of the usual level ",
      "for all three together.</p>\n", chart.empty() ? "" : "<div class=\"plots one\">\n<figure>\n", chart,
      chart.empty() ? "" : "</figure>\n</div>\n", RenderTable(table));
}

std::string VariantSection(const EvaluationReport& report) {
  if (report.variants.empty()) return "";
  std::vector<std::string> experiments;
  for (const VariantRow& row : report.variants) {
    if (std::find(experiments.begin(), experiments.end(), row.experiment) == experiments.end()) {
      experiments.push_back(row.experiment);
    }
  }
  std::string out = "<p class=\"soft\">Further experiments with the proposed method, as issued.</p>\n";
  for (const std::string& experiment : experiments) {
    HtmlTable table;
    table.caption = Capitalised(experiment);
    table.columns = {"Setting",  "Test rows",   "Gain over climatology [95 %]", "Weight in the pool",
                     "Accuracy", "Macro recall"};
    for (const VariantRow& row : report.variants) {
      if (row.experiment != experiment) continue;
      table.groups.push_back({{{.html = EscapeHtml(row.setting), .header = true},
                               {.html = GroupedNumber(row.test_rows)},
                               {.html = GainWithInterval(row.gain)},
                               {.html = row.gain.has_value() ? FixedNumber(row.pool_weight, 2) : "none"},
                               {.html = Metric(row.metrics, "accuracy")},
                               {.html = Metric(row.metrics, "macro_recall")}}});
    }
    absl::StrAppend(&out, RenderTable(table));
  }
  return out;
}

}  // namespace tremorcast
