#pragma once

// A model without a network: its probabilities are a pure function of the windows' content hashes
// and the weights' hash, so that a test can tell which windows and which model an answer came from.
// Thread safe.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/forecast/predictor.h"
#include "tests/fakes/faults.h"

namespace tremorcast {

class FakePredictor : public Predictor {
 public:
  explicit FakePredictor(PredictorInfo info) : info_(std::move(info)) {}

  const PredictorInfo& info() const override { return info_; }
  absl::StatusOr<std::vector<RegionPrediction>> Predict(absl::Span<const RegionInput> regions) const override;

  // The next calls of Predict fail, or wait in a hook.
  Faults& faults() const { return faults_; }

 private:
  PredictorInfo info_;
  mutable Faults faults_;
};

// A complete PredictorInfo for a version: current schema, default classes, `pool_weight` and skill
// as given.
PredictorInfo FakePredictorInfo(const ModelVersion& version, const std::string& weights_sha256,
                                double pool_weight = 0.5, bool demonstrated_skill = true);

// Artifact bytes the loader below takes; different `seed`, different model. `over_catalogue_rung`:
// the verdict was found over that rung, not over climatology.
std::string FakeArtifact(int seed, double pool_weight = 0.5, bool demonstrated_skill = true,
                         bool over_catalogue_rung = false, const StationQuestion& question = {});
// Bytes of a checkpoint of another feature schema, and one with NaN weights: the loader refuses
// both.
std::string ForeignSchemaArtifact();
std::string NanArtifact();

class FakePredictorLoader : public PredictorLoader {
 public:
  absl::StatusOr<std::shared_ptr<const Predictor>> Load(const ModelVersion& version, const std::string& artifact,
                                                        const std::string& expected_sha256) const override;
  Faults& faults() const { return faults_; }

 private:
  mutable Faults faults_;
};

}  // namespace tremorcast
