#include "trainer/evaluate/report/report_text.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "core/base/time_grid.h"
#include "core/skill/gate.h"

namespace tremorcast {
namespace {

constexpr int kNameWidth = 34;

const OverSeeds* Find(const NamedMetrics& metrics, absl::string_view name) {
  for (const auto& [own, value] : metrics) {
    if (own == name) return &value;
  }
  return nullptr;
}

std::string Cell(const NamedMetrics& metrics, absl::string_view name) {
  const OverSeeds* value = Find(metrics, name);
  if (value == nullptr) return "-";
  return value->seeds > 1 ? absl::StrFormat("%.3f+-%.3f", value->mean, value->sd)
                          : absl::StrFormat("%.3f", value->mean);
}

std::string DayOf(const std::optional<absl::Time>& t) {
  return t ? absl::FormatTime("%Y-%m-%d", *t, NetworkTimeZone()) : "-";
}

void AppendSlices(const EvaluationReport& report, std::string& text) {
  absl::StrAppend(&text, "\nDATA  ", report.channels, " channels x ", report.steps, " steps, ", report.regions.size(),
                  report.regions.size() == 1 ? " region, " : " regions, ", report.seeds, " seeds from ",
                  report.first_seed, "\n");
  for (const SliceFacts& slice : report.slices) {
    absl::StrAppendFormat(&text, "  %-12s %6d rows", slice.name, slice.rows);
    if (slice.first) {
      absl::StrAppendFormat(&text, ", %4d issues %s to %s", slice.issues, DayOf(slice.first), DayOf(slice.last));
    }
    absl::StrAppendFormat(&text, ", classes %s, %.1f %% missing\n", absl::StrJoin(slice.class_counts, "/"),
                          100 * slice.missing_fraction);
  }
}

void AppendRow(const MethodRow& row, std::string& text) {
  const std::string name = row.chosen ? absl::StrCat(row.name, " *") : row.name;
  for (const bool balanced : {true, false}) {
    const NamedMetrics& metrics = balanced ? row.balanced : row.calibrated;
    if (metrics.empty()) continue;
    const bool first = balanced || row.balanced.empty();
    absl::StrAppendFormat(&text, "  %-*s %-10s", kNameWidth, first ? name.substr(0, kNameWidth) : "",
                          balanced ? "balanced" : "calibrated");
    for (const char* metric : {"accuracy", "macro_recall", "mean_of_f1", "weighted_f1"}) {
      absl::StrAppendFormat(&text, " %12s", Cell(metrics, metric));
    }
    if (!balanced && row.gain_interval) absl::StrAppend(&text, "  ", FormatGain(*row.gain_interval));
    if (!balanced && row.gain_before_pool && row.pool_weight.mean < 1) {
      absl::StrAppendFormat(&text, "; w %.2f, before the pool %s", row.pool_weight.mean,
                            FormatGain(*row.gain_before_pool));
    }
    absl::StrAppend(&text, "\n");
  }
  if (row.paper) {
    absl::StrAppendFormat(&text, "  %-*s %-10s %12.3f %12.3f %12.2f   (as printed; which averages, it does not say)\n",
                          kNameWidth, "", "the paper", row.paper->accuracy, row.paper->recall, row.paper->f1);
  }
}

void AppendArtifacts(const EvaluationReport& report, std::string& text) {
  if (report.artifacts.empty()) return;
  absl::StrAppend(
      &text,
      "\nTRAINED MODELS, each as it would answer: nats per row over climatology, its twin, the catalogue-only model\n");
  const auto gain = [](const std::optional<MeanInterval>& g) {
    return g ? FormatGain(*g) : std::string("not measured");
  };
  for (const ArtifactVerdict& artifact : report.artifacts) {
    absl::StrAppendFormat(&text, "  seed %-4d w %.2f  %s  %s  %s  %s%s\n", artifact.seed, artifact.pool_weight,
                          gain(artifact.gain_over_climatology), gain(artifact.gain_over_twin),
                          gain(artifact.gain_over_catalogue),
                          artifact.gain_over_catalogue_rung
                              ? absl::StrCat("rung below ", FormatGain(*artifact.gain_over_catalogue_rung), "  ")
                              : "",
                          artifact.demonstrated_skill ? "PASSES" : "no skill shown");
  }
}

void AppendTables(const EvaluationReport& report, std::string& text) {
  std::vector<std::string> tables;
  for (const MethodRow& row : report.rows) {
    if (std::find(tables.begin(), tables.end(), row.table) == tables.end()) tables.push_back(row.table);
  }
  for (const std::string& table : tables) {
    const bool ours = table.find_first_not_of("IV") != std::string::npos;
    absl::StrAppendFormat(&text, "\n%-*s %-10s %12s %12s %12s %12s  %s\n", kNameWidth + 2,
                          ours ? absl::AsciiStrToUpper(table) : absl::StrCat("TABLE ", table), "answer", "accuracy",
                          "macro recall", "mean of F1", "weighted F1", "gain over climatology, nats");
    for (const MethodRow& row : report.rows) {
      if (row.table == table) AppendRow(row, text);
    }
    if (table == "long tail") absl::StrAppend(&text, "  * chosen on the early-stop slice\n");
  }
}

void AppendPlacebos(const EvaluationReport& report, std::string& text) {
  if (report.placebos.empty()) return;
  absl::StrAppend(&text, "\nPLACEBOS (network before the pool)\n");
  for (const PlaceboRow& row : report.placebos) {
    absl::StrAppendFormat(&text, "  (%d) %-38s %-15s", row.number, row.name, PlaceboOutcomeName(row.outcome));
    if (row.gain) absl::StrAppend(&text, " gain ", FormatGain(*row.gain));
    if (row.gain_over_twin) absl::StrAppend(&text, ", over its twin ", FormatGain(*row.gain_over_twin));
    if (row.level) absl::StrAppendFormat(&text, " (intervals of %.1f %%)", 100 * *row.level);
    if (row.area_roc) absl::StrAppendFormat(&text, ", AUC %.2f", *row.area_roc);
    if (const OverSeeds* accuracy = Find(row.metrics, "accuracy")) {
      absl::StrAppendFormat(&text, ", accuracy %.3f", accuracy->mean);
    }
    if (row.p_value) absl::StrAppendFormat(&text, ", p over all shifts %.3f", *row.p_value);
    absl::StrAppend(&text, "\n      ", row.comment, "\n");
  }
}

void AppendParts(const std::string& heading, const std::vector<GainPart>& parts, std::string& text) {
  if (parts.empty()) return;
  absl::StrAppend(&text, "\n", heading, "\n");
  for (const GainPart& part : parts) {
    absl::StrAppendFormat(&text, "  %-30s %5d rows, %4d with it", part.name, part.rows, part.event_rows);
    if (part.interval) absl::StrAppend(&text, ", gain ", FormatGain(*part.interval));
    if (part.adjusted_p) absl::StrAppendFormat(&text, ", p %.3f", *part.adjusted_p);
    absl::StrAppend(&text, part.comment.empty() ? "" : "; ", part.comment, "\n");
  }
}

void AppendEventScores(const EvaluationReport& report, std::string& text) {
  if (!report.event_diagrams) return;
  const EventDiagrams& d = *report.event_diagrams;
  absl::StrAppendFormat(
      &text,
      "\nP(class >= 1) OF THE PROPOSED ROW, base rate %.3f\n  Brier %.4f = miscalibration %.4f - "
      "discrimination %.4f + uncertainty %.4f\n  ROC area %.3f, Molchan area skill %.3f (step %.3f)\n",
      d.base_rate, d.after.brier, d.after.miscalibration, d.after.discrimination, d.after.uncertainty, d.roc.area,
      d.molchan.area_skill_trapezoid, d.molchan.area_skill_step);
  for (const NamedScore& score : report.event_scores) {
    absl::StrAppendFormat(&text, "  %-32s %9.4f%s%s\n", score.name, score.value, score.comment.empty() ? "" : "  ",
                          score.comment);
  }
  if (report.shift_p_value) {
    absl::StrAppendFormat(&text, "  %-32s %9.4f  of the same gain with outcomes of other weeks\n", "circular-shift p",
                          *report.shift_p_value);
  }
}

void AppendVariants(const EvaluationReport& report, std::string& text) {
  if (report.variants.empty()) return;
  absl::StrAppend(&text, "\nBEYOND THE PAPER (gain before the pool)\n");
  for (const VariantRow& row : report.variants) {
    absl::StrAppendFormat(&text, "  %-28s %-44s", row.experiment, row.setting);
    if (row.gain)
      absl::StrAppend(&text, " gain ", FormatGain(*row.gain), absl::StrFormat(", w %.2f, accuracy ", row.pool_weight),
                      Cell(row.metrics, "accuracy"));
    absl::StrAppend(&text, "\n");
  }
}

void AppendSentences(const std::string& heading, const std::vector<std::string>& sentences, std::string& text) {
  if (sentences.empty()) return;
  absl::StrAppend(&text, "\n", heading, "\n");
  for (const std::string& sentence : sentences) absl::StrAppend(&text, "  - ", sentence, "\n");
}

}  // namespace

absl::string_view PlaceboOutcomeName(PlaceboOutcome outcome) {
  switch (outcome) {
    case PlaceboOutcome::kClean:
      return "clean";
    case PlaceboOutcome::kSuspicious:
      return "SUSPICIOUS";
    case PlaceboOutcome::kShowsLeak:
      return "shows the leak";
    case PlaceboOutcome::kInformative:
      return "to read";
    case PlaceboOutcome::kNotApplicable:
      return "not applicable";
  }
  return "?";
}

std::string IntervalsText(const EvaluationReport& report) {
  int shortest = 0, longest = 0, proposed = 0;
  const auto add = [&](const std::optional<MeanInterval>& interval) {
    if (!interval.has_value() || interval->block_weeks == 0) return;
    shortest = shortest == 0 ? interval->block_weeks : std::min(shortest, interval->block_weeks);
    longest = std::max(longest, interval->block_weeks);
  };
  for (const MethodRow& row : report.rows) {
    for (const auto* interval : {&row.gain_interval, &row.gain_over_catalogue, &row.gain_before_pool}) add(*interval);
    if (row.table == "IV" && row.name == report.proposed && row.gain_interval.has_value()) {
      proposed = row.gain_interval->block_weeks;
    }
  }
  for (const PlaceboRow& row : report.placebos) add(row.gain);
  for (const VariantRow& row : report.variants) add(row.gain);
  for (const std::vector<GainPart>* parts : {&report.by_region, &report.by_class}) {
    for (const GainPart& part : *parts) add(part.interval);
  }
  if (longest == 0) return "";
  if (!report.ordered_in_time) return "95 % bootstrap of rows, which have no order in time";
  const std::string length = shortest == longest ? absl::StrCat(longest) : absl::StrCat(shortest, " to ", longest);
  const std::string own = proposed > 0 ? absl::StrCat(" (", proposed, " for the proposed row)") : "";
  return absl::StrCat("95 % block bootstrap of weeks, blocks of ", length, " weeks as the data ask", own);
}

std::string ReportToText(const EvaluationReport& report) {
  const std::string verdict = absl::StrCat("VERDICT  ", report.verdict, "\n");
  std::string text = absl::StrCat(report.title, report.simulated ? " (simulated)" : "", "\n", verdict);
  AppendSlices(report, text);
  AppendArtifacts(report, text);
  AppendTables(report, text);
  if (const std::string intervals = IntervalsText(report); !intervals.empty()) {
    absl::StrAppend(&text, "\nINTERVALS  ", intervals, "\n");
  }
  AppendPlacebos(report, text);
  AppendParts("GAIN OF THE PROPOSED ROW BY REGION (p one-sided, Holm)", report.by_region, text);
  AppendParts("GAIN BY MAGNITUDE, as yes-no forecasts (p one-sided, Holm)", report.by_class, text);
  AppendEventScores(report, text);
  AppendVariants(report, text);
  AppendSentences("PUBLISHED BY OTHERS", report.published, text);
  AppendSentences("READ WITH THIS", report.caveats, text);
  absl::StrAppend(&text, "\n", verdict);
  absl::StrAppendFormat(&text, "data %s  plan %s  %.1f s\n", report.data_hash.substr(0, 16),
                        report.plan_hash.empty() ? "-" : report.plan_hash.substr(0, 16),
                        absl::ToDoubleSeconds(report.took));
  return text;
}

}  // namespace tremorcast
