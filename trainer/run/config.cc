#include "trainer/run/config.h"

#include <absl/strings/str_cat.h>
#include <nlohmann/json.hpp>

#include "core/base/status_macros.h"
#include "core/verification/block_length.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

Json ToJsonObject(const DatasetOptions& data) {
  const CoveragePolicy& c = data.coverage;
  Json json = {{"coverage",
                {{"min_slot_fraction", c.min_slot_fraction},
                 {"min_feature_fraction", c.min_feature_fraction},
                 {"ok_min_stations", c.ok_min_stations},
                 {"ok_min_fraction", c.ok_min_fraction},
                 {"degraded_min_fraction", c.degraded_min_fraction},
                 {"stale_run_slots", c.stale_run_slots}}},
               {"magnitude_edges", data.classes.edges},
               {"grace_s", absl::ToInt64Seconds(data.grace)},
               {"settling_s", absl::ToInt64Seconds(data.settling)},
               {"catalogue_precedence", data.catalogue_precedence}};
  // As test_period below.
  if (!data.question.weekly()) {
    json["question"] = {{"issue_day", data.question.issue_day}, {"horizon_days", data.question.horizon_days}};
  }
  return json;
}

Json ToJsonObject(const NetworkConfig& network) {
  Json json = {{"input_slots", network.input_slots},
               {"slots", network.slots},
               {"channels", network.channels},
               {"classes", network.classes},
               {"growth", network.growth},
               {"dropout", network.dropout},
               {"pool", std::string(StationPoolName(network.pool))},
               {"input", std::string(ClassifierInputName(network.input))},
               {"unit", std::string(SampleUnitName(network.unit))}};
  // As test_period below.
  if (network.connectivity != Connectivity::kSingle) {
    json["connectivity"] = std::string(ConnectivityName(network.connectivity));
  }
  return json;
}

}  // namespace

void TrainerConfig::Normalise() {
  network.input_slots = data.input_slots;
  network.slots = data.slots;
  network.classes = kClasses;
  network.channels = kFeatures;
}

absl::Status TrainerConfig::Validate() const {
  RETURN_IF_ERROR(data.Validate());
  RETURN_IF_ERROR(network.Validate());
  RETURN_IF_ERROR(training.Validate());
  RETURN_IF_ERROR(gate.Validate());
  if (split.train < 0 || split.early_stop < 1 || split.calibration < 1 || split.test < 1 || split.skipped < 1) {
    return absl::InvalidArgumentError("every slice needs at least one week, and one must be skipped between them");
  }
  if (test_period && test_period->empty()) return absl::InvalidArgumentError("the test period ends before it begins");
  if (bootstrap.block_weeks.value_or(1) < 1 || bootstrap.replicates < 1) {
    return absl::InvalidArgumentError("the bootstrap needs blocks and replicates");
  }
  if (below == Rung::kStations) return absl::InvalidArgumentError("the stations cannot stand below themselves");
  if (below_catalogues < 1) return absl::InvalidArgumentError("the catalogue rung needs simulated catalogues");
  return absl::OkStatus();
}

std::string TrainerConfig::ToJson() const {
  Json json;
  json["data"] = ToJsonObject(data);
  json["network"] = ToJsonObject(network);
  json["training"] = Json::parse(training.ToJson());
  json["split"] = {{"train", split.train},
                   {"early_stop", split.early_stop},
                   {"calibration", split.calibration},
                   {"test", split.test},
                   {"skipped", split.skipped}};
  // It is written only where it is asked for, so that plans without it keep their hash.
  if (test_period) json["test_period"] = {FormatUtc(test_period->begin), FormatUtc(test_period->end)};
  // The least length where the data decide, so that plans keep the hash they had before they did.
  json["bootstrap"] = {{"block_weeks", bootstrap.block_weeks.value_or(kMinBlockWeeks)},
                       {"replicates", bootstrap.replicates},
                       {"level", bootstrap.level},
                       {"seed", bootstrap.seed}};
  if (bootstrap.block_weeks.has_value()) json["bootstrap"]["blocks_are_fixed"] = true;
  // As test_period.
  if (below == Rung::kCatalogue) json["below"] = {{"rung", RungName(*below)}, {"catalogues", below_catalogues}};
  json["gate"] = {{"min_test_weeks", gate.min_test_weeks}, {"min_event_region_weeks", gate.min_event_region_weeks}};
  return json.dump();
}

}  // namespace tremorcast
