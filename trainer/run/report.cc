#include "trainer/run/report.h"

#include <string>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "core/skill/records.h"
#include "core/skill/run_id.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

std::string Seconds(absl::Duration d) { return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(d)); }

}  // namespace

std::string DescribeOutcome(const TrainingOutcome& outcome) {
  std::string text =
      absl::StrCat("run ", outcome.run_id, ": ", TrainingStateName(outcome.state), "\n", "  model       ",
                   outcome.version.value(), "\n", "  sha256      ", outcome.weights_sha256, "\n", "  data        ",
                   outcome.data_hash, "\n", "  slices      ", outcome.plan_summary, "\n");
  if (outcome.scores) {
    absl::StrAppend(&text, "  calibration ", outcome.calibration, "\n", DescribeScores(*outcome.scores));
  } else {
    absl::StrAppend(&text, "verdict: ", outcome.verdict, "\n");
  }
  for (const std::string& warning : outcome.warnings) absl::StrAppend(&text, "warning: ", warning, "\n");
  absl::StrAppend(&text, "decision: ", outcome.state == TrainingState::kPromoted ? "promoted; " : "not promoted; ",
                  outcome.decision, "\n", "time: ", Seconds(outcome.read_time), " reading, ",
                  Seconds(outcome.train_time), " training, ", Seconds(outcome.score_time), " scoring\n");
  return text;
}

std::string OutcomeToJson(const TrainingOutcome& outcome) {
  Json json;
  json["run"] = outcome.run_id;
  json["state"] = std::string(TrainingStateName(outcome.state));
  json["published"] = outcome.published;
  json["model"] = outcome.version.value();
  json["sha256"] = outcome.weights_sha256;
  json["data_hash"] = outcome.data_hash;
  json["plan_hash"] = outcome.plan_hash;
  json["verdict"] = outcome.verdict;
  json["decision"] = outcome.decision;
  json["calibration"] = outcome.calibration;
  json["warnings"] = outcome.warnings;
  if (outcome.scores) json["scores"] = Json::parse(outcome.scores->ToJson(outcome.gain_over_champion));
  json["read_s"] = absl::ToDoubleSeconds(outcome.read_time);
  json["train_s"] = absl::ToDoubleSeconds(outcome.train_time);
  json["score_s"] = absl::ToDoubleSeconds(outcome.score_time);
  return json.dump() + "\n";
}

std::string ExperimentToJson(const ExperimentOptions& options, const ExperimentResult& result) {
  Json json;
  json["precursor"] = options.precursor;
  json["seed"] = options.seed;
  json["rung"] = RungName(result.rung());
  if (result.rung_below != nullptr) {
    json["catalogue_rung"] =
        result.rung_below->trial.has_value() ? result.rung_below->trial->verdict.sentence : result.rung_below->missing;
  }
  json["demonstrated_skill"] = result.scores.verdict.demonstrated_skill;
  json["verdict"] = result.scores.verdict.sentence;
  json["data_hash"] = result.data_hash;
  json["calibration"] = result.calibration;
  json["warnings"] = result.warnings;
  json["scores"] = Json::parse(result.scores.ToJson(std::nullopt));
  json["simulate_s"] = absl::ToDoubleSeconds(result.simulate_time);
  json["train_s"] = absl::ToDoubleSeconds(result.train_time);
  json["score_s"] = absl::ToDoubleSeconds(result.score_time);
  return json.dump() + "\n";
}

std::string DescribeRuns(absl::Span<const TrainingRun> runs) {
  if (runs.empty()) return "no training runs yet\n";
  std::string text =
      absl::StrFormat("%-30s %-12s %9s  %-26s %s\n", "RUN", "STATE", "TOOK", "MODEL", "STAGE OR VERDICT");
  for (const TrainingRun& run : runs) {
    const absl::Duration took = run.finished_at.value_or(run.updated_at) - run.started_at;
    const std::string what = !run.error.empty()                     ? run.error
                             : run.state == TrainingState::kRunning ? run.stage
                                                                    : run.verdict;
    absl::StrAppendFormat(&text, "%-30s %-12s %9s  %-26s %s\n", run.id, TrainingStateName(run.state),
                          ShortDuration(took), run.candidate.value(), what);
  }
  return text;
}

std::string RunsToJson(absl::Span<const TrainingRun> runs) {
  std::string text;
  for (const TrainingRun& run : runs) {
    Json json;
    json["run"] = run.id;
    json["rung"] = std::string(RungName(RungOfRun(run.id)));
    json["state"] = std::string(TrainingStateName(run.state));
    json["started_at"] = FormatUtc(run.started_at);
    if (run.finished_at) json["finished_at"] = FormatUtc(*run.finished_at);
    json["stage"] = run.stage;
    json["progress"] = run.progress;
    json["model"] = run.candidate.value();
    json["data_hash"] = run.data_hash;
    json["plan_hash"] = run.plan_hash;
    json["verdict"] = run.verdict;
    json["error"] = run.error;
    json["simulated"] = run.simulated;
    absl::StrAppend(&text, json.dump(), "\n");
  }
  return text;
}

}  // namespace tremorcast
