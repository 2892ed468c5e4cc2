#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "page/html.h"
#include "trainer/evaluate/report/report_html_sections.h"
#include "trainer/evaluate/report/report_text.h"
#include "trainer/evaluate/report/report_values.h"

namespace tremorcast {
namespace {

int64_t Total(const SliceFacts& slice) {
  return std::accumulate(slice.class_counts.begin(), slice.class_counts.end(), int64_t{0});
}

// Rows of every class but the first; nothing without counts.
std::optional<int64_t> EventRows(const SliceFacts& slice) {
  if (slice.class_counts.empty()) return std::nullopt;
  return Total(slice) - slice.class_counts[0];
}

std::string ClassName(const EvaluationReport& report, size_t k) {
  return k < report.class_names.size() ? EscapeHtml(report.class_names[k]) : absl::StrCat("class ", k);
}

std::vector<HtmlFact> Basis(const EvaluationReport& report) {
  std::vector<HtmlFact> facts;
  if (const SliceFacts* test = TestSlice(report); test != nullptr) {
    if (report.ordered_in_time) facts.push_back({"Test weeks", GroupedNumber(test->issues)});
    facts.push_back({absl::StrCat("Test ", RowsName(report)), GroupedNumber(test->rows)});
    if (const auto events = EventRows(*test); events.has_value()) {
      facts.push_back({report.ordered_in_time ? "Event region-weeks" : "Test samples not of the first class",
                       GroupedNumber(*events)});
    }
  }
  if (report.seeds > 0) {
    facts.push_back({"Seeds", report.seeds == 1 ? absl::StrCat("1 (", report.first_seed, ")")
                                                : absl::StrCat(report.seeds, " (", report.first_seed, " to ",
                                                               report.first_seed + report.seeds - 1, ")")});
  }
  if (const MethodRow* row = ProposedRow(report); row != nullptr) {
    for (const ArtifactVerdict& artifact : report.artifacts) {
      const std::string of = absl::StrCat("Seed ", artifact.seed, ": gain over ");
      facts.push_back(
          {absl::StrCat(of, "climatology [95 %], nats per row"), GainWithInterval(artifact.gain_over_climatology)});
      facts.push_back({absl::StrCat(of, "its input-free twin"), GainWithInterval(artifact.gain_over_twin)});
      facts.push_back({absl::StrCat(of, "the catalogue-only model"), GainWithInterval(artifact.gain_over_catalogue)});
      if (artifact.gain_over_catalogue_rung.has_value()) {
        facts.push_back({absl::StrCat(of, "the catalogue rung"), GainWithInterval(artifact.gain_over_catalogue_rung)});
      }
      facts.push_back(
          {absl::StrCat("Seed ", artifact.seed, ": passes the gate"), artifact.demonstrated_skill ? "yes" : "no"});
    }
    if (const std::string intervals = IntervalsText(report); !intervals.empty())
      facts.push_back({"Intervals", intervals});
    facts.push_back({"Gain this test finds with 80 % probability",
                     report.detectable_gain.has_value() ? SignedNumber(*report.detectable_gain, 4) : "none"});
    facts.push_back({"Weight of the network in the pool", MeanAndSd(row->pool_weight, 2)});
    if (report.shift_p_value.has_value()) {
      facts.push_back({"p of circular shifts", PValue(report.shift_p_value)});
    }
  }
  return facts;
}

const OverSeeds* Accuracy(const MethodRow* row) {
  if (row == nullptr) return nullptr;
  for (const auto& [name, value] : row->calibrated) {
    if (name == "accuracy") return &value;
  }
  return nullptr;
}

const MethodRow* MajorityRow(const EvaluationReport& report) {
  for (const MethodRow& row : report.rows) {
    if (absl::StrContains(absl::AsciiStrToLower(row.name), "majority")) return &row;
  }
  return nullptr;
}

// Where one class has at least half of the test rows, naming it every time looks good.
std::string AccuracyWarning(const EvaluationReport& report) {
  const SliceFacts* test = TestSlice(report);
  if (test == nullptr || Total(*test) == 0) return "";
  const auto largest = std::max_element(test->class_counts.begin(), test->class_counts.end());
  if (2 * *largest < Total(*test)) return "";
  const OverSeeds* majority = Accuracy(MajorityRow(report));
  const std::string share = majority != nullptr && majority->seeds > 0
                                ? MeanAndSd(*majority, 3)
                                : FixedNumber(static_cast<double>(*largest) / static_cast<double>(Total(*test)), 3);
  std::string out = absl::StrCat(
      "<div class=\"warn\" role=\"note\"><p><strong>Accuracy alone misleads here.</strong> Always answering \"",
      ClassName(report, static_cast<size_t>(largest - test->class_counts.begin())), "\" scores an accuracy of ", share);
  const OverSeeds* ours = Accuracy(ProposedRow(report));
  if (ours != nullptr && ours->seeds > 0) {
    absl::StrAppend(&out, "; the row \"", EscapeHtml(report.proposed), "\", as issued, scores ", MeanAndSd(*ours, 3));
  }
  absl::StrAppend(&out, ". Read the gain and the macro recall.</p></div>\n");
  return out;
}

std::string TwoLineTime(absl::Time time) {
  const std::string both = UtcAndLocalDate(time);
  const size_t local = both.find(" (");
  return absl::StrCat(both.substr(0, local), "<br/><small>", both.substr(local + 1), "</small>");
}

HtmlRow SliceRow(const EvaluationReport& report, const SliceFacts& slice, size_t classes) {
  HtmlRow row = {{.html = EscapeHtml(slice.name), .header = true}, {.html = GroupedNumber(slice.rows)}};
  if (report.ordered_in_time) {
    row.push_back({.html = GroupedNumber(slice.issues)});
    for (const std::optional<absl::Time>& time : {slice.first, slice.last}) {
      row.push_back({.html = time.has_value() ? TwoLineTime(*time) : "none", .text = true, .css = "short"});
    }
  }
  const std::optional<int64_t> events = EventRows(slice);
  row.push_back({.html = events.has_value() ? GroupedNumber(*events) : "none"});
  for (size_t k = 0; k < classes; ++k) {
    row.push_back({.html = k < slice.class_counts.size() ? GroupedNumber(slice.class_counts[k]) : "none"});
  }
  row.push_back({.html = PercentOf(slice.missing_fraction)});
  return row;
}

std::string SliceTable(const EvaluationReport& report) {
  if (report.slices.empty()) return "";
  size_t classes = report.class_names.size();
  for (const SliceFacts& slice : report.slices) classes = std::max(classes, slice.class_counts.size());
  HtmlTable table;
  table.caption = absl::StrCat("Slices of the data: ", RowsName(report), " by class");
  table.columns = {"Slice", absl::StrCat(report.ordered_in_time ? "Region-weeks" : "Samples")};
  if (report.ordered_in_time) {
    table.columns.insert(table.columns.end(), {"Weeks", "First issue", "Last issue", "With an event"});
  } else {
    table.columns.push_back("Not of the first class");
  }
  for (size_t k = 0; k < classes; ++k) table.columns.push_back(ClassName(report, k));
  table.columns.push_back("Values missing");
  for (const SliceFacts& slice : report.slices) table.groups.push_back({SliceRow(report, slice, classes)});
  return RenderTable(table);
}

void AddFact(std::vector<HtmlFact>* facts, absl::string_view name, absl::string_view value, bool code) {
  if (value.empty()) return;
  const std::string html = EscapeHtml(value);
  facts->push_back({std::string(name), code ? absl::StrCat("<code>", html, "</code>") : html});
}

}  // namespace

const MethodRow* ProposedRow(const EvaluationReport& report) {
  const MethodRow* found = nullptr;
  for (const MethodRow& row : report.rows) {
    if (row.name != report.proposed) continue;
    if (row.table == "IV") return &row;
    if (found == nullptr) found = &row;
  }
  return found;
}

const SliceFacts* TestSlice(const EvaluationReport& report) {
  for (const SliceFacts& slice : report.slices) {
    if (slice.name == "test") return &slice;
  }
  return nullptr;
}

absl::string_view RowsName(const EvaluationReport& report) {
  return report.ordered_in_time ? "region-weeks" : "samples";
}

std::string VerdictPart(const EvaluationReport& report) {
  std::string out = absl::StrCat(
      "<div class=\"verdict", report.demonstrated_skill ? " yes" : "", "\">\n<p class=\"badge\">",
      report.demonstrated_skill ? "\xE2\x9C\x93 Demonstrated skill" : "\xE2\x9C\x97 No demonstrated skill", "</p>\n<p>",
      report.verdict.empty() ? "No verdict was reached." : EscapeHtml(report.verdict), "</p>\n</div>\n");
  const std::vector<HtmlFact> basis = Basis(report);
  if (!basis.empty()) absl::StrAppend(&out, "<p class=\"soft\">What this rests on:</p>\n", RenderFacts(basis));
  if (report.simulated) {
    absl::StrAppend(&out, "<div class=\"warn\" role=\"note\"><p><strong>Simulated data.</strong> Nothing here was ",
                    "measured; it says nothing about real earthquakes.</p></div>\n");
  }
  absl::StrAppend(&out, AccuracyWarning(report),
                  "<div class=\"note\" role=\"note\"><p><strong>Research use:</strong> no one can predict the exact ",
                  "time or place of an earthquake.</p></div>\n");
  return out;
}

std::string DataSection(const EvaluationReport& report) {
  std::vector<HtmlFact> facts;
  AddFact(&facts, "Source", report.data_source, false);
  if (report.channels > 0) facts.push_back({"Channels", GroupedNumber(report.channels)});
  if (report.steps > 0) facts.push_back({"Steps of a window", GroupedNumber(report.steps)});
  if (!report.regions.empty()) {
    facts.push_back(
        {absl::StrCat("Regions (", report.regions.size(), ")"), EscapeHtml(absl::StrJoin(report.regions, ", "))});
  }
  std::string out = absl::StrCat(RenderFacts(facts), SliceTable(report));
  if (out.empty()) return "";
  if (!report.ordered_in_time) {
    absl::StrAppend(&out, "<p>These samples have no order in time: nothing here can be split by weeks, and no claim ",
                    "about forecasting can rest on them.</p>\n");
  } else if (!report.slices.empty()) {
    absl::StrAppend(&out, "<p class=\"soft\">An issue is the moment a forecast would have been made; its week begins ",
                    "at midnight UTC+8. Slices follow each other in time and never share a week.</p>\n");
  }
  return out;
}

std::string MadeSection(const EvaluationReport& report) {
  std::string out;
  if (!report.command.empty()) {
    absl::StrAppend(&out, "<p>Command, as typed:</p>\n<pre><code>", EscapeHtml(report.command), "</code></pre>\n");
  }
  std::vector<HtmlFact> facts;
  AddFact(&facts, "Revision of the program", report.git_revision, true);
  AddFact(&facts, "Runtime", report.runtime, false);
  AddFact(&facts, "Hash of the data", report.data_hash, true);
  AddFact(&facts, "Hash of the plan, made before the test period was opened", report.plan_hash, true);
  if (report.created_at != absl::UnixEpoch()) facts.push_back({"Made at", UtcAndLocalDate(report.created_at)});
  if (report.took > absl::ZeroDuration()) {
    facts.push_back({"Took", EscapeHtml(absl::FormatDuration(absl::Trunc(report.took, absl::Seconds(1))))});
  }
  absl::StrAppend(&out, RenderFacts(facts));
  return out;
}

std::string ReadingSection(const EvaluationReport& report) {
  std::string out;
  if (!report.caveats.empty()) {
    absl::StrAppend(&out, "<h3>Caveats</h3>\n", RenderSentences(report.caveats));
  }
  if (!report.published.empty()) {
    absl::StrAppend(&out, "<h3>Published figures of others, to stand beside and never to tune to</h3>\n",
                    RenderSentences(report.published));
  }
  return out;
}

}  // namespace tremorcast
