#include "model/checkpoint/manifest_json.h"

#include <array>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>
#include <nlohmann/json.hpp>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

using nlohmann::json;

json NetworkToJson(const NetworkConfig& n) {
  json j = {{"channels", n.channels},
            {"input_slots", n.input_slots},
            {"slots", n.slots},
            {"classes", n.classes},
            {"growth", n.growth},
            {"dropout", n.dropout},
            {"pool", std::string(StationPoolName(n.pool))},
            {"input", std::string(ClassifierInputName(n.input))},
            {"unit", std::string(SampleUnitName(n.unit))}};
  // Written where they say something, so that checkpoints without them keep their bytes.
  if (n.connectivity != Connectivity::kSingle) j["connectivity"] = std::string(ConnectivityName(n.connectivity));
  if (n.last_inputs != LastInputs::kPlain) j["last_inputs"] = std::string(LastInputsName(n.last_inputs));
  return j;
}

json ByRegion(const std::map<RegionId, std::vector<double>>& probabilities) {
  json regions = json::object();
  for (const auto& [region, p] : probabilities) regions[region.value()] = p;
  return regions;
}

// Blocks as [x_low, x_high, value, weight].
json EventCalibrationToJson(const CheckpointCalibration& c) {
  json heads = json::array();
  for (const EventCalibration& calibration : c.event_calibrations) {
    json blocks = json::array();
    for (const IsotonicBlock& b : calibration.blocks()) blocks.push_back({b.x_low, b.x_high, b.value, b.weight});
    heads.push_back(blocks);
  }
  return {{"positives", c.event_calibrations.front().positives()}, {"reason", c.event_reason}, {"heads", heads}};
}

json CalibrationToJson(const CheckpointCalibration& c) {
  json j = {{"temperatures", c.temperatures},
            {"event_biases", c.event_biases},
            {"prior", c.prior},
            {"tau", c.tau},
            {"tau_normalised", c.tau_normalised},
            {"pool_weight", c.pool_weight},
            {"pool_reason", c.pool_reason}};
  if (!c.event_calibrations.empty()) j["event_calibration"] = EventCalibrationToJson(c);
  if (!c.twin.empty()) j["twin"] = {{"network", c.twin}, {"regions", ByRegion(c.twin_by_region)}};
  return j;
}

json FactsToJson(const CheckpointFacts& f) {
  json j = {{"training_begin", absl::ToUnixSeconds(f.training_period.begin)},
            {"training_end", absl::ToUnixSeconds(f.training_period.end)},
            {"slices", f.slices},
            {"magnitude_edges", f.magnitude_classes.edges},
            {"climatology", ByRegion(f.climatology)},
            {"data_hash", f.data_hash},
            {"plan_hash", f.plan_hash},
            {"git_revision", f.git_revision},
            {"demonstrated_skill", f.demonstrated_skill},
            {"verdict", f.verdict},
            {"simulated", f.simulated}};
  // Written only where it is so: a manifest without it keeps its bytes.
  if (f.over_catalogue_rung) j["over_catalogue_rung"] = true;
  if (!f.question.weekly()) {
    j["question"] = {{"issue_day", f.question.issue_day}, {"horizon_days", f.question.horizon_days}};
  }
  return j;
}

// at() and get() throw nlohmann's exceptions, which ManifestFromJson turns into a status. Of a
// number, get() would take any: 2.9 as 2, and 1e300 as whatever the machine makes of it.
template <typename T>
T Whole(const json& j, const char* key) {
  const json& value = j.at(key);
  if (value.is_number_unsigned() && std::in_range<T>(value.get<uint64_t>()))
    return static_cast<T>(value.get<uint64_t>());
  if (value.is_number_integer() && !value.is_number_unsigned() && std::in_range<T>(value.get<int64_t>())) {
    return static_cast<T>(value.get<int64_t>());
  }
  throw std::out_of_range(absl::StrCat(key, " is no whole number that fits: ", value.dump().substr(0, 40)));
}

absl::Status NetworkFromJson(const json& j, NetworkConfig& n) {
  n.channels = Whole<int>(j, "channels");
  n.input_slots = Whole<int>(j, "input_slots");
  n.slots = Whole<int>(j, "slots");
  n.classes = Whole<int>(j, "classes");
  n.growth = Whole<int>(j, "growth");
  n.dropout = j.at("dropout").get<double>();
  const auto pool = ParseStationPool(j.at("pool").get<std::string>());
  const auto input = ParseClassifierInput(j.at("input").get<std::string>());
  const auto unit = ParseSampleUnit(j.at("unit").get<std::string>());
  if (!pool.ok()) return pool.status();
  if (!input.ok()) return input.status();
  if (!unit.ok()) return unit.status();
  n.pool = *pool;
  n.input = *input;
  n.unit = *unit;
  if (j.contains("connectivity")) {
    ASSIGN_OR_RETURN(n.connectivity, ParseConnectivity(j.at("connectivity").get<std::string>()));
  }
  if (j.contains("last_inputs")) {
    ASSIGN_OR_RETURN(n.last_inputs, ParseLastInputs(j.at("last_inputs").get<std::string>()));
  }
  return absl::OkStatus();
}

absl::Status EventCalibrationFromJson(const json& j, CheckpointCalibration& c) {
  for (const json& head : j.at("heads")) {
    std::vector<IsotonicBlock> blocks;
    for (const json& block : head) {
      const auto b = block.get<std::array<double, 4>>();
      blocks.push_back({b[0], b[1], b[2], b[3]});
    }
    ASSIGN_OR_RETURN(auto calibration, EventCalibration::Create(std::move(blocks), j.at("positives").get<int64_t>()));
    c.event_calibrations.push_back(std::move(calibration));
  }
  c.event_reason = j.at("reason").get<std::string>();
  return absl::OkStatus();
}

std::map<RegionId, std::vector<double>> ByRegionFromJson(const json& j) {
  std::map<RegionId, std::vector<double>> regions;
  for (const auto& [region, p] : j.items()) regions[RegionId(region)] = p.get<std::vector<double>>();
  return regions;
}

absl::StatusOr<CheckpointCalibration> CalibrationFromJson(const json& j) {
  CheckpointCalibration c;
  c.temperatures = j.at("temperatures").get<std::vector<double>>();
  c.event_biases = j.at("event_biases").get<std::vector<double>>();
  c.prior = j.at("prior").get<std::vector<double>>();
  c.tau = j.at("tau").get<double>();
  c.tau_normalised = j.at("tau_normalised").get<bool>();
  c.pool_weight = j.at("pool_weight").get<double>();
  c.pool_reason = j.at("pool_reason").get<std::string>();
  if (j.contains("event_calibration")) {
    RETURN_IF_ERROR(EventCalibrationFromJson(j.at("event_calibration"), c));
  }
  if (j.contains("twin")) {
    c.twin = j.at("twin").at("network").get<std::vector<double>>();
    c.twin_by_region = ByRegionFromJson(j.at("twin").at("regions"));
  }
  return c;
}

CheckpointFacts FactsFromJson(const json& j) {
  CheckpointFacts f;
  f.training_period = {absl::FromUnixSeconds(Whole<int64_t>(j, "training_begin")),
                       absl::FromUnixSeconds(Whole<int64_t>(j, "training_end"))};
  f.slices = j.at("slices").get<std::string>();
  f.magnitude_classes.edges = j.at("magnitude_edges").get<std::array<double, kClasses - 1>>();
  f.climatology = ByRegionFromJson(j.at("climatology"));
  f.data_hash = j.at("data_hash").get<std::string>();
  f.plan_hash = j.at("plan_hash").get<std::string>();
  f.git_revision = j.at("git_revision").get<std::string>();
  f.demonstrated_skill = j.at("demonstrated_skill").get<bool>();
  f.verdict = j.at("verdict").get<std::string>();
  f.simulated = j.at("simulated").get<bool>();
  f.over_catalogue_rung = j.value("over_catalogue_rung", false);
  if (j.contains("question")) {
    f.question = {Whole<int>(j.at("question"), "issue_day"), Whole<int>(j.at("question"), "horizon_days")};
    if (const absl::Status valid = ValidateQuestion(f.question); !valid.ok())
      throw std::out_of_range(std::string(valid.message()));
  }
  return f;
}

GoldenTest GoldenFromJson(const json& j) {
  GoldenTest g;
  g.seed = Whole<uint64_t>(j, "seed");
  g.stations = Whole<int>(j, "stations");
  g.head_probabilities = j.at("head_probabilities").get<std::vector<std::vector<double>>>();
  g.tolerance = j.at("tolerance").get<double>();
  return g;
}

absl::StatusOr<ManifestText> Decode(const json& j) {
  ManifestText text;
  Manifest& m = text.manifest;
  m.format = Whole<int>(j, "format");
  m.architecture = j.at("architecture").get<std::string>();
  if (m.format != kCheckpointFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("checkpoint format ", m.format, "; this program reads ", kCheckpointFormat));
  }
  if (absl::string_view(m.architecture) != kArchitecture) {
    return absl::FailedPreconditionError(
        absl::StrCat("checkpoint architecture '", m.architecture, "'; this program has '", kArchitecture, "'"));
  }
  RETURN_IF_ERROR(NetworkFromJson(j.at("network"), m.network));
  m.heads = Whole<int>(j, "heads");
  m.feature_schema_hash = j.at("feature_schema_hash").get<std::string>();
  ASSIGN_OR_RETURN(m.calibration, CalibrationFromJson(j.at("calibration")));
  m.class_frequencies = j.at("class_frequencies").get<std::vector<double>>();
  m.facts = FactsFromJson(j.at("facts"));
  m.seed = Whole<uint64_t>(j, "seed");
  m.training_options = j.at("training_options").get<std::string>();
  m.golden = GoldenFromJson(j.at("golden"));
  for (const json& station : j.at("stations")) text.stations.emplace_back(station.get<std::string>());
  return text;
}

}  // namespace

std::string ManifestToJson(const ManifestText& text) {
  const Manifest& m = text.manifest;
  json stations = json::array();
  for (const StationId& station : text.stations) stations.push_back(station.value());
  const json j = {{"format", m.format},
                  {"architecture", m.architecture},
                  {"network", NetworkToJson(m.network)},
                  {"heads", m.heads},
                  {"feature_schema_hash", m.feature_schema_hash},
                  {"calibration", CalibrationToJson(m.calibration)},
                  {"class_frequencies", m.class_frequencies},
                  {"facts", FactsToJson(m.facts)},
                  {"seed", m.seed},
                  {"training_options", m.training_options},
                  {"golden",
                   {{"seed", m.golden.seed},
                    {"stations", m.golden.stations},
                    {"head_probabilities", m.golden.head_probabilities},
                    {"tolerance", m.golden.tolerance}}},
                  {"stations", stations}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<ManifestText> ManifestFromJson(const std::string& json_text) {
  const json j = json::parse(json_text, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object()) return absl::DataLossError("checkpoint manifest is not a JSON object");
  try {
    return Decode(j);
  } catch (const std::exception& e) {
    return absl::DataLossError(absl::StrCat("checkpoint manifest: ", e.what()));
  }
}

}  // namespace tremorcast
