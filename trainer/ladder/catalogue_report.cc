#include "trainer/ladder/catalogue_report.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "trainer/ladder/catalogue_artifact.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

std::string Gain(const std::optional<MeanInterval>& gain) {
  return gain.has_value() ? FormatGain(*gain) : "not measured";
}

}  // namespace

std::string DescribeCatalogueOutcome(const CatalogueOutcome& outcome) {
  std::string text = absl::StrCat("run ", outcome.run_id, ": ", TrainingStateName(outcome.state), "\n",
                                  "  data        ", outcome.data_hash, "\n");
  if (!outcome.plan_summary.empty()) absl::StrAppend(&text, "  periods     ", outcome.plan_summary, "\n");
  if (!outcome.version.empty()) {
    absl::StrAppend(&text, "  model       ", outcome.version.value(), "\n", "  sha256      ", outcome.weights_sha256,
                    "\n");
  }
  if (!outcome.model.empty()) absl::StrAppend(&text, "  fit         ", outcome.model, "\n");
  if (const auto& trial = outcome.trial; trial.has_value()) {
    absl::StrAppendFormat(&text, "  %d test weeks, %d event region-weeks; gain in nats per region-week\n",
                          trial->scores.weeks, trial->scores.event_weeks);
    absl::StrAppend(&text, "    over climatology           ", Gain(trial->gain), "\n",
                    "    over its input-free twin   ", Gain(trial->gain_over_twin), "\n",
                    "    over the logistic model    ", Gain(trial->gain_over_logistic), "\n");
    for (const LadderPlacebo& placebo : outcome.placebos) {
      absl::StrAppend(&text, "    placebo, ", placebo.name, ": ", Gain(placebo.trial.gain), "\n");
    }
  }
  absl::StrAppend(&text, "verdict: ", outcome.verdict, "\n",
                  "decision: ", outcome.state == TrainingState::kPromoted ? "promoted; " : "not promoted; ",
                  outcome.decision, "\n");
  absl::StrAppendFormat(&text, "time: %.1f s fitting, %.1f s judging\n", absl::ToDoubleSeconds(outcome.fit_time),
                        absl::ToDoubleSeconds(outcome.trial_time));
  return text;
}

std::string CatalogueOutcomeToJson(const CatalogueOutcome& outcome) {
  Json json = {{"run", outcome.run_id},
               {"state", std::string(TrainingStateName(outcome.state))},
               {"published", outcome.published},
               {"model", outcome.version.value()},
               {"sha256", outcome.weights_sha256},
               {"artifact_bytes", outcome.artifact_bytes},
               {"data_hash", outcome.data_hash},
               {"plan_hash", outcome.plan_hash},
               {"periods", outcome.plan_summary},
               {"fit", outcome.model},
               {"verdict", outcome.verdict},
               {"decision", outcome.decision}};
  if (outcome.trial.has_value()) json["scores"] = Json::parse(CatalogueScores(*outcome.trial));
  json["placebos"] = Json::array();
  for (const LadderPlacebo& placebo : outcome.placebos) {
    json["placebos"].push_back({{"name", placebo.name}, {"scores", Json::parse(CatalogueScores(placebo.trial))}});
  }
  json["fit_s"] = absl::ToDoubleSeconds(outcome.fit_time);
  json["trial_s"] = absl::ToDoubleSeconds(outcome.trial_time);
  return json.dump() + "\n";
}

}  // namespace tremorcast
