#pragma once

// From gathered inputs to an answer: the arithmetic, the input hash and the sentences of one
// forecast. Pure, so that issuing and replaying share every bit of it. Thread safe.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "core/forecast/coverage.h"
#include "core/forecast/forecast.h"
#include "core/forecast/predictor.h"
#include "core/observation/window.h"

namespace tremorcast {

// One enrolled station.
struct StationInput {
  StationId station;
  std::optional<WindowKey> window;  // nothing: no window of that week
  std::string content_hash;
  double slot_fraction = 0;
  bool usable = false;
  std::shared_ptr<const StationWindow> masked;  // of usable ones
};

// `stored` as read. Masks dead sensors and judges the rest.
StationInput JudgeStation(const StationId& station, const std::shared_ptr<const StationWindow>& stored,
                          const CoveragePolicy& policy);

// What the catalogue rung says; only where it has a model.
struct CatalogueInput {
  std::string snapshot;  // of the events that it was given
  CatalogueOutlook outlook;
  RungAnswer answer;  // without `answers`, which depends on the stations

  const ClassProbabilities& probabilities() const { return answer.probabilities; }
};

// Everything that determines the answer.
struct ForecastInputs {
  RegionId region;
  absl::Time valid_from;
  std::vector<StationInput> stations;  // id order
  ClassProbabilities climatology = {};
  std::optional<CatalogueInput> catalogue;
  CoveragePolicy coverage;
  MagnitudeClasses classes;
  // Between weeks the stations are not asked, and their coverage says nothing.
  bool stations_asked = true;
  // The stations' model that is asked when there is enough data; of no version: none.
  ModelProvenance model;

  bool catalogue_answers() const { return catalogue.has_value() && catalogue->answer.demonstrated_skill; }
  // What the stations' model is pooled with, and what answers without it.
  const ClassProbabilities& below() const { return catalogue_answers() ? catalogue->probabilities() : climatology; }
  int usable() const;
  ForecastStatus status() const;
  bool model_answers() const { return !model.version.empty() && status() != ForecastStatus::kInsufficientData; }
  std::string Hash() const;  // hexadecimal
};

struct ForecastAnswer {
  ClassProbabilities probabilities = {};
  std::array<double, kClasses - 1> spread_low = {};
  std::array<double, kClasses - 1> spread_high = {};
  std::optional<ClassProbabilities> model_probabilities;
  double pool_weight = 0;
};

// The model's weight in the pool. A region short of stations is pulled towards climatology in
// proportion to what it lacks: w times usable stations over those an ok region needs. So the weight
// is continuous where status turns from DEGRADED to OK.
double EffectivePoolWeight(double pool_weight, int usable, int enrolled, const CoveragePolicy& policy);

// Without a prediction: the rung below.
ForecastAnswer AnswerFrom(const ForecastInputs& inputs, const RegionPrediction* prediction, double pool_weight);

// Whether two answers are equal to the bit, in all numbers the model and the pool made.
bool SameBits(const Forecast& a, const Forecast& b);

}  // namespace tremorcast
