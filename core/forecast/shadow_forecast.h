#pragma once

// What a model answered beside an issued forecast, from exactly the inputs that forecast recorded,
// while its week had just begun. The archive keeps it as it was answered; it is scored by the
// verification of the forecast it stands beside, so that both are judged by the same catalogue
// (METHOD.md section 5). Plain value.

#include <string>

#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/catalogue/labels.h"
#include "core/forecast/forecast.h"

namespace tremorcast {

// The model_version of answers of the catalogue-only reference (core/catalogue/catalogue_model.h):
// never served, never a champion.
inline constexpr char kCatalogueReference[] = "_catalogue";

// The model_version of answers of a model's input-free twin, which sees no station (METHOD.md
// section 5): never served, never a champion.
inline constexpr char kTwinPrefix[] = "_twin/";
inline ModelVersion TwinOf(const ModelVersion& model) { return ModelVersion(kTwinPrefix + model.value()); }

// The model_version of what a forecast's station rung has below it, where that is the catalogue
// rung's answer; where it is climatology, none is archived.
inline constexpr char kRungBelow[] = "_below";

// The model_version of the catalogue rung's answers, whichever of its models gave them: a refit each
// week is the same procedure, and none of them alone would ever gather a year of evidence.
inline constexpr char kCatalogueRungAnswer[] = "_rung/catalogue";

struct ShadowForecast {
  // The key: (region, forecast_id, model_version).
  RegionId region;
  std::string forecast_id;  // the scored first issue it stands beside
  ModelVersion model_version;
  absl::Time valid_from;  // T, as the forecast's
  ForecastPurpose purpose = ForecastPurpose::kOperational;
  absl::Time answered_at;  // <= T + max grace
  // Pooled with the forecast's climatology and floored, as they would have been issued.
  ClassProbabilities probabilities = {};
  double pool_weight = 0;
  bool served = false;  // these are the issued probabilities themselves
  std::string weights_sha256;
  std::string runtime;     // numerical environment, see PredictorInfo::runtime
  std::string input_hash;  // over the forecast's inputs and this model; kCatalogueReference: the events it saw
};

}  // namespace tremorcast
