#pragma once

// The predictor that serves: a checkpoint on LibTorch. Implements core/forecast/predictor.h.
//
// Bit for bit: stations are packed in the order asked (station id order) into blocks of exactly 16
// windows, padded with zeros, each region by itself, on a fixed number of threads; so an answer
// depends on the region's windows alone, not on the other regions asked, and repeats to the bit
// where PredictorInfo::runtime is equal.
//
// Thread safety: Predict may be called from several threads. All predictors of one loader compute
// one after the other, since one computation fills the threads it was given; the warm-up of a new
// one takes turns with running ones too.

#include <memory>
#include <string>

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "core/forecast/predictor.h"
#include "model/serving/predictor_options.h"

namespace tremorcast {

class TorchPredictorLoader : public PredictorLoader {
 public:
  explicit TorchPredictorLoader(TorchPredictorOptions options);
  absl::StatusOr<std::shared_ptr<const Predictor>> Load(const ModelVersion& version, const std::string& artifact,
                                                        const std::string& expected_sha256) const override;

 private:
  const TorchPredictorOptions options_;
  const std::shared_ptr<absl::Mutex> turn_ = std::make_shared<absl::Mutex>();  // predictors may outlive the loader
};

}  // namespace tremorcast
