#pragma once

// What the service asks of a model. Implemented by model/ (LibTorch) and by a fake in tests/fakes.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/catalogue/labels.h"
#include "core/forecast/model_provenance.h"
#include "core/forecast/station_question.h"
#include "core/observation/window.h"

namespace tremorcast {

// What a model answers in a region without any station, before the pool: its mean answer over its
// calibration slice (METHOD.md section 5).
struct InputFreeTwin {
  std::map<RegionId, ClassProbabilities> regions;
  ClassProbabilities network = {1, 0, 0, 0, 0};  // of a region that the slice lacked

  const ClassProbabilities& For(const RegionId& region) const {
    const auto found = regions.find(region);
    return found == regions.end() ? network : found->second;
  }
};

// How a model came to its numbers and on what it runs; archived with each forecast.
struct PredictorInfo {
  ModelProvenance model;
  std::string calibration;          // "T=1.23 b=-0.10 tau=0.7 w=0.00", for people
  double pool_weight = 0;           // w of METHOD.md section 3; 0 = no demonstrated skill
  bool demonstrated_skill = false;  // the gate's verdict at publication
  // Its pool was fitted and its verdict found over the catalogue rung's answers, not climatology's.
  bool over_catalogue_rung = false;
  StationQuestion question;
  ClassProbabilities network_prior = {1, 0, 0, 0, 0};
  std::optional<InputFreeTwin> twin;  // absent in checkpoints older than it
  int heads = 1;
  // Numerical environment: forecasts are equal to the bit only where this string is equal.
  // "libtorch 1.13.1 cpu threads=1 block=16 mkldnn"
  std::string runtime;
};

struct RegionInput {
  RegionId region;
  // Usable stations only (masked, StationUsable), in station id order; at least one. Not owned.
  std::vector<const StationWindow*> windows;
};

struct RegionPrediction {
  // Calibrated, before the pool with the rung below and before the floor.
  ClassProbabilities probabilities = {};
  // The same for each head, for the spread.
  std::vector<ClassProbabilities> heads;
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  virtual const PredictorInfo& info() const = 0;
  // One prediction per region, in order. Safe to call from several threads; blocks for the
  // computation (hundreds of milliseconds). The answer for one region does not depend on which
  // other regions are asked.
  // InvalidArgument: window shape differs from the checkpoint's, or a region without windows.
  // Internal: the backend failed.
  virtual absl::StatusOr<std::vector<RegionPrediction>> Predict(absl::Span<const RegionInput> regions) const = 0;
};

// Turns artifact bytes into a ready predictor: hash and manifest checked, weights loaded, warmed
// up, golden output reproduced. DataLoss: truncated or altered bytes. FailedPrecondition: foreign
// schema, architecture or classes. InvalidArgument: NaN weights or an inconsistent manifest. Never
// touches the predictor that serves.
class PredictorLoader {
 public:
  virtual ~PredictorLoader() = default;
  virtual absl::StatusOr<std::shared_ptr<const Predictor>> Load(const ModelVersion& version,
                                                                const std::string& artifact,
                                                                const std::string& expected_sha256) const = 0;
};

}  // namespace tremorcast
