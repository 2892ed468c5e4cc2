#include "formats/etas_artifact_json.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <nlohmann/json.hpp>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;
// What is read: the ordered kind copies all below it as it grows, and what is nested deep ends the
// process.
using ReadJson = nlohmann::json;

// Far more than any network's background has.
constexpr size_t kMostKernels = 200'000;

// A whole number that the type holds: get() would cut it.
template <typename Number>
Number Whole(const ReadJson& json) {
  if (!json.is_number_integer()) throw std::invalid_argument("not a whole number");
  if (json.is_number_unsigned()) {
    const auto value = json.get<uint64_t>();
    if (!std::in_range<Number>(value)) throw std::invalid_argument("a number out of range");
    return static_cast<Number>(value);
  }
  const auto value = json.get<int64_t>();
  if (!std::in_range<Number>(value)) throw std::invalid_argument("a number out of range");
  return static_cast<Number>(value);
}

template <typename Array>
Array Numbers(const ReadJson& json) {
  if (!json.is_array() || json.size() != std::tuple_size_v<Array>) throw std::invalid_argument("not that many numbers");
  Array numbers;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if constexpr (std::is_integral_v<typename Array::value_type>) {
      numbers[i] = Whole<typename Array::value_type>(json[i]);
    } else {
      numbers[i] = json[i].get<double>();
    }
  }
  return numbers;
}

Json MicrosOf(const Interval& period) {
  return Json::array({absl::ToUnixMicros(period.begin), absl::ToUnixMicros(period.end)});
}

Interval PeriodFrom(const ReadJson& json) {
  return {absl::FromUnixMicros(Whole<int64_t>(json.at(0))), absl::FromUnixMicros(Whole<int64_t>(json.at(1)))};
}

Json ModelJson(const EtasModel& model) {
  Json json;
  for (int i = 0; i < kEtasParameters; ++i) {
    json["parameters"][std::string(EtasParameterName(static_cast<EtasParameter>(i)))] =
        model.parameters.value[static_cast<size_t>(i)];
  }
  const MagnitudeLaw& law = model.magnitudes;
  json["magnitudes"] = {
      {"completeness", law.completeness}, {"bin", law.bin}, {"beta", law.beta}, {"largest", law.largest}};
  json["reach"] = model.reach == EtasReach::kRegion ? "region" : "whole plane";
  json["location_km"] = model.location_km;
  json["region"]["id"] = model.region.shape.id.value();
  for (const GeoPoint& point : model.region.shape.polygon) {
    json["region"]["polygon"].push_back({point.latitude_deg, point.longitude_deg});
  }
  json["background"] = Json::array();
  for (const EtasBackground::Kernel& kernel : model.background.kernels) {
    json["background"].push_back(
        {kernel.centre.latitude_deg, kernel.centre.longitude_deg, kernel.sigma_km, kernel.weight, kernel.inside});
  }
  return json;
}

absl::StatusOr<EtasModel> ModelFrom(const ReadJson& json) {
  EtasModel model;
  for (int i = 0; i < kEtasParameters; ++i) {
    model.parameters.value[static_cast<size_t>(i)] =
        json.at("parameters").at(std::string(EtasParameterName(static_cast<EtasParameter>(i)))).get<double>();
  }
  const ReadJson& law = json.at("magnitudes");
  model.magnitudes = {law.at("completeness").get<double>(), law.at("bin").get<double>(), law.at("beta").get<double>(),
                      law.at("largest").get<double>()};
  const auto reach = json.at("reach").get<std::string>();
  if (reach != "region" && reach != "whole plane") {
    return absl::FailedPreconditionError(absl::StrCat("an unknown reach \"", reach, "\""));
  }
  model.reach = reach == "region" ? EtasReach::kRegion : EtasReach::kWholePlane;
  model.location_km = json.at("location_km").get<double>();
  Region shape;
  shape.id = RegionId(json.at("region").at("id").get<std::string>());
  for (const ReadJson& point : json.at("region").at("polygon")) {
    shape.polygon.push_back({point.at(0).get<double>(), point.at(1).get<double>()});
  }
  if (absl::StatusOr<EtasRegion> region = MakeEtasRegion(std::move(shape)); region.ok()) {
    model.region = *std::move(region);
  } else {
    return region.status();
  }
  if (json.at("background").size() > kMostKernels) return absl::InvalidArgumentError("too many background kernels");
  for (const ReadJson& k : json.at("background")) {
    model.background.kernels.push_back({{k.at(0).get<double>(), k.at(1).get<double>()},
                                        k.at(2).get<double>(),
                                        k.at(3).get<double>(),
                                        k.at(4).get<double>()});
  }
  return model;
}

absl::StatusOr<EtasArtifact> From(const ReadJson& json) {
  EtasArtifact artifact;
  ASSIGN_OR_RETURN(artifact.model, ModelFrom(json.at("model")));
  const ReadJson& fit = json.at("fit");
  artifact.standard_errors = Numbers<EtasVector>(fit.at("standard_errors"));
  artifact.completeness.magnitude = artifact.model.magnitudes.completeness;
  artifact.completeness.beta.value = artifact.model.magnitudes.beta;
  artifact.completeness.goodness_of_fit = fit.at("goodness_of_fit").get<double>();
  artifact.completeness.fits = fit.at("magnitudes_fit").get<bool>();
  artifact.completeness.beta.standard_error = fit.at("beta_standard_error").get<double>();
  artifact.completeness.beta.magnitudes = Whole<int>(fit.at("magnitudes"));
  artifact.branching_ratio = fit.at("branching_ratio").get<double>();
  artifact.targets = Whole<int>(fit.at("targets"));
  artifact.sources = Whole<int>(fit.at("sources"));
  artifact.training_period = PeriodFrom(fit.at("target_period_us"));
  artifact.sources_from = absl::FromUnixMicros(Whole<int64_t>(fit.at("sources_from_us")));

  const ReadJson& forecast = json.at("forecast");
  artifact.classes.edges = Numbers<decltype(artifact.classes.edges)>(forecast.at("magnitude_edges"));
  artifact.catalogues = Whole<int64_t>(forecast.at("catalogues"));
  artifact.seed = Whole<uint64_t>(forecast.at("seed"));
  artifact.pool_weight = forecast.at("pool_weight").get<double>();
  artifact.pool_reason = forecast.at("pool_reason").get<std::string>();
  artifact.twin.network = Numbers<ClassProbabilities>(forecast.at("twin"));
  for (const auto& [region, p] : forecast.at("twin_by_region").items()) {
    artifact.twin.regions[RegionId(region)] = Numbers<ClassProbabilities>(p);
  }

  const ReadJson& facts = json.at("facts");
  artifact.periods = facts.at("periods").get<std::string>();
  artifact.data_hash = facts.at("data_hash").get<std::string>();
  artifact.plan_hash = facts.at("plan_hash").get<std::string>();
  artifact.git_revision = facts.at("git_revision").get<std::string>();
  artifact.demonstrated_skill = facts.at("demonstrated_skill").get<bool>();
  artifact.verdict = facts.at("verdict").get<std::string>();
  // Name and number, so that nothing deep is written back.
  for (const auto& [name, score] : facts.at("scores").items()) {
    if (!score.is_number()) throw std::invalid_argument("a score that is no number");
  }
  artifact.scores_json = facts.at("scores").dump();
  artifact.simulated = facts.at("simulated").get<bool>();

  const ReadJson& golden = json.at("golden");
  artifact.golden = {Whole<uint64_t>(golden.at("seed")),         golden.at("past_days").get<double>(),
                     golden.at("horizon_days").get<double>(),    Whole<int64_t>(golden.at("catalogues")),
                     Numbers<ClassCounts>(golden.at("classes")), golden.at("expected").get<double>()};
  RETURN_IF_ERROR(ValidateEtasArtifact(artifact));
  return artifact;
}

Json ArtifactJson(const EtasArtifact& artifact, Json model, Json scores) {
  Json json;
  json["format"] = kEtasArtifactFormat;
  json["model"] = std::move(model);
  json["fit"] = {{"standard_errors", artifact.standard_errors},
                 {"goodness_of_fit", artifact.completeness.goodness_of_fit},
                 {"magnitudes_fit", artifact.completeness.fits},
                 {"beta_standard_error", artifact.completeness.beta.standard_error},
                 {"magnitudes", artifact.completeness.beta.magnitudes},
                 {"branching_ratio", artifact.branching_ratio},
                 {"targets", artifact.targets},
                 {"sources", artifact.sources},
                 {"target_period_us", MicrosOf(artifact.training_period)},
                 {"sources_from_us", absl::ToUnixMicros(artifact.sources_from)}};
  Json twins = Json::object();
  for (const auto& [region, p] : artifact.twin.regions) twins[region.value()] = p;
  json["forecast"] = {{"magnitude_edges", artifact.classes.edges},
                      {"catalogues", artifact.catalogues},
                      {"seed", artifact.seed},
                      {"pool_weight", artifact.pool_weight},
                      {"pool_reason", artifact.pool_reason},
                      {"twin", artifact.twin.network},
                      {"twin_by_region", std::move(twins)}};
  json["facts"] = {{"periods", artifact.periods},
                   {"data_hash", artifact.data_hash},
                   {"plan_hash", artifact.plan_hash},
                   {"git_revision", artifact.git_revision},
                   {"demonstrated_skill", artifact.demonstrated_skill},
                   {"verdict", artifact.verdict},
                   {"scores", std::move(scores)},
                   {"simulated", artifact.simulated}};
  const EtasGolden& golden = artifact.golden;
  json["golden"] = {{"seed", golden.seed},
                    {"past_days", golden.past_days},
                    {"horizon_days", golden.horizon_days},
                    {"catalogues", golden.catalogues},
                    {"classes", golden.classes},
                    {"expected", golden.expected}};
  return json;
}

std::string Text(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

absl::StatusOr<std::string> WriteEtasArtifact(const EtasArtifact& artifact) {
  RETURN_IF_ERROR(ValidateEtasArtifact(artifact));
  const ReadJson scores = ReadJson::parse(artifact.scores_json, nullptr, false);
  const bool numbers =
      scores.is_object() && std::all_of(scores.begin(), scores.end(), [](const ReadJson& s) { return s.is_number(); });
  if (!numbers) return absl::InvalidArgumentError("the scores are no JSON object of numbers");
  return Text(ArtifactJson(artifact, ModelJson(artifact.model), Json(scores)));
}

std::string EtasManifestJson(const EtasArtifact& artifact) {
  EtasModel model = artifact.model;
  model.background.kernels.clear();
  Json json = ModelJson(model);
  json["background"] = artifact.model.background.kernels.size();
  const ReadJson scores = ReadJson::parse(artifact.scores_json, nullptr, false);
  return Text(ArtifactJson(artifact, std::move(json), scores.is_object() ? Json(scores) : Json::object()));
}

absl::StatusOr<EtasArtifact> ReadEtasArtifact(absl::string_view bytes) {
  const ReadJson json = ReadJson::parse(bytes, nullptr, false);
  if (!json.is_object()) return absl::DataLossError("the catalogue model is no JSON object");
  try {
    if (json.at("format").get<std::string>() != kEtasArtifactFormat) {
      return absl::FailedPreconditionError(absl::StrCat("no model of format ", kEtasArtifactFormat));
    }
    return From(json);
  } catch (const std::exception& fault) {  // of the JSON, or of a number in it
    return absl::DataLossError(absl::StrCat("the catalogue model is damaged: ", fault.what()));
  }
}

}  // namespace tremorcast
