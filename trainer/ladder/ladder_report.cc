#include "trainer/ladder/ladder_report.h"

#include <optional>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

std::string Day(absl::Time t) { return FormatNetworkTime(t).substr(0, 10); }

std::string Gain(const std::optional<MeanInterval>& gain) {
  if (!gain.has_value()) return "not measured";
  return absl::StrFormat("%+.4f [%+.4f, %+.4f]", gain->mean, gain->low, gain->high);
}

Json GainJson(const std::optional<MeanInterval>& gain) {
  if (!gain.has_value()) return nullptr;
  return {{"mean", gain->mean}, {"low", gain->low}, {"high", gain->high}, {"block", gain->block_weeks}};
}

Json ParametersJson(const EtasFit& fit) {
  Json json;
  for (int p = 0; p < kEtasParameters; ++p) {
    json[std::string(EtasParameterName(static_cast<EtasParameter>(p)))] = {
        {"value", fit.model.parameters.value[static_cast<size_t>(p)]},
        {"standard_error", fit.standard_errors[static_cast<size_t>(p)]}};
  }
  return json;
}

Json OriginJson(const LadderOrigin& origin) {
  const CatalogueRung& rung = origin.rung;
  Json json = {{"begin", FormatUtc(origin.begin)},
               {"end", FormatUtc(origin.end)},
               {"refusal", rung.refusal},
               {"completeness", rung.completeness.magnitude},
               {"goodness_of_fit", rung.completeness.goodness_of_fit},
               {"targets", rung.fit.targets},
               {"sources", rung.fit.sources},
               {"branching_ratio", rung.fit.branching_ratio},
               {"background_events", rung.fit.background_events},
               {"pool_weight", origin.pool.weight}};
  if (rung.fit.targets > 0) json["parameters"] = ParametersJson(rung.fit);
  return json;
}

Json TrialJson(const LadderTrial& trial) {
  Json json = {{"issues", trial.scores.weeks},
               {"rows", trial.scores.region_weeks},
               {"event_rows", trial.scores.event_weeks},
               {"gain_over_climatology", GainJson(trial.gain)},
               {"gain_before_pool", GainJson(trial.gain_before_pool)},
               {"gain_over_twin", GainJson(trial.gain_over_twin)},
               {"gain_over_logistic", GainJson(trial.gain_over_logistic)},
               {"gain_per_event_row", trial.scores.gain_per_event_week},
               {"gain_before_pool_per_event_row", trial.gain_before_pool_per_event_row},
               {"expected_events", trial.expected},
               {"observed_events", trial.observed},
               {"rows_in_range", trial.in_range},
               {"demonstrated_skill", trial.verdict.demonstrated_skill},
               {"verdict", trial.verdict.sentence},
               {"origins", Json::array()}};
  for (const LadderOrigin& origin : trial.origins) json["origins"].push_back(OriginJson(origin));
  return json;
}

void AddOrigin(const LadderOrigin& origin, bool calibration, std::string& text) {
  absl::StrAppend(&text, "  ", Day(origin.begin), calibration ? " (pool only) " : "             ");
  if (!origin.rung.accepted()) {
    absl::StrAppend(&text, "refused: ", origin.rung.refusal, "\n");
    return;
  }
  const EtasFit& fit = origin.rung.fit;
  absl::StrAppendFormat(&text, "%8d %8.1f %6.2f %10.2f %11.0f %6.2f\n", fit.targets, origin.rung.completeness.magnitude,
                        origin.rung.completeness.beta.value / 2.302585, fit.branching_ratio, fit.background_events,
                        origin.pool.weight);
}

}  // namespace

std::string LadderReportToText(const LadderReport& report) {
  const LadderTrial& trial = report.trial;
  const LadderTrialOptions& options = report.options;
  std::string text = absl::StrFormat("ETAS against climatology: %s, %d events, %s to %s, %d regions, issues every %s\n",
                                     report.source, report.events, Day(options.period.begin), Day(options.period.end),
                                     options.regions.size(), absl::FormatDuration(options.step));
  if (report.bad_lines > 0) absl::StrAppend(&text, report.bad_lines, " lines could not be read\n");
  absl::StrAppend(&text, "\n  fitted before             targets complete      b  branching  background   pool\n");
  for (size_t o = 0; o < trial.origins.size(); ++o) AddOrigin(trial.origins[o], o == 0, text);
  absl::StrAppendFormat(&text, "\n%d issues from %s, %d region-issues, %d with an event of M >= %.1f\n",
                        trial.scores.weeks, Day(trial.origins[1].begin), trial.scores.region_weeks,
                        trial.scores.event_weeks, options.rung.classes.edges.front());
  absl::StrAppend(&text, "gain in nats per region-issue (95 % block bootstrap):\n");
  absl::StrAppend(&text, "  as issued, over climatology        ", Gain(trial.gain),
                  absl::StrFormat(", %.3f per event row\n", trial.scores.gain_per_event_week));
  absl::StrAppend(&text, "  before the pool                    ", Gain(trial.gain_before_pool),
                  absl::StrFormat(", %.3f per event row\n", trial.gain_before_pool_per_event_row));
  absl::StrAppend(&text, "  over its twin that sees no events  ", Gain(trial.gain_over_twin), "\n");
  absl::StrAppend(&text, "  over the logistic model            ", Gain(trial.gain_over_logistic), "\n");
  for (const LadderPlacebo& placebo : report.placebos) {
    absl::StrAppendFormat(&text, "  placebo, %-31s %s, before the pool %s\n", placebo.name, Gain(placebo.trial.gain),
                          Gain(placebo.trial.gain_before_pool));
  }
  absl::StrAppendFormat(&text,
                        "events of M >= %.1f: %.1f expected, %d observed; %.1f %% of rows in their 95 %% range\n",
                        options.rung.classes.edges.front(), trial.expected, trial.observed, 100 * trial.in_range);
  absl::StrAppend(&text, "\n", trial.verdict.sentence, "\n");
  return text;
}

std::string LadderReportToJson(const LadderReport& report) {
  const LadderTrialOptions& options = report.options;
  Json json = {{"source", report.source},
               {"events", report.events},
               {"bad_lines", report.bad_lines},
               {"from", FormatUtc(options.period.begin)},
               {"to", FormatUtc(options.period.end)},
               {"regions", options.regions.size()},
               {"step_days", absl::ToDoubleHours(options.step) / 24},
               {"catalogues", options.catalogues},
               {"seed", options.seed},
               {"trial", TrialJson(report.trial)},
               {"placebos", Json::array()},
               {"command", report.command},
               {"git_revision", report.git_revision},
               {"created_at", FormatUtc(report.created_at)}};
  for (const LadderPlacebo& placebo : report.placebos) {
    json["placebos"].push_back({{"name", placebo.name}, {"trial", TrialJson(placebo.trial)}});
  }
  return json.dump(2) + "\n";
}

}  // namespace tremorcast
