#include "tests/fakes/fake_predictor.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/digest.h"
#include "core/observation/feature_schema.h"

namespace tremorcast {
namespace {

constexpr char kMagic[] = "fake-checkpoint";

// Five positive numbers out of a digest, summing to 1.
ClassProbabilities ProbabilitiesOf(const std::string& digest) {
  ClassProbabilities p;
  double sum = 0;
  for (int k = 0; k < kClasses; ++k) sum += p[k] = 1.0 + static_cast<uint8_t>(digest[k]);
  for (double& value : p) value /= sum;
  return p;
}

}  // namespace

absl::StatusOr<std::vector<RegionPrediction>> FakePredictor::Predict(absl::Span<const RegionInput> regions) const {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  std::vector<RegionPrediction> result;
  for (const RegionInput& region : regions) {
    if (region.windows.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("region ", region.region.value(), " has no windows"));
    }
    Sha256Stream stream;
    stream.UpdateField(info_.model.weights_sha256);
    for (const StationWindow* window : region.windows) {
      if (window->slots != kSlotsPerWeek) return absl::InvalidArgumentError("a window must have 1008 slots");
      stream.UpdateField(window->key.station.value());
      stream.UpdateField(WindowContentHash(window->key.start, window->slots, window->values));
    }
    const std::string digest = stream.Finish();
    RegionPrediction prediction;
    prediction.probabilities = ProbabilitiesOf(digest);
    for (int head = 0; head < info_.heads; ++head) {
      prediction.heads.push_back(ProbabilitiesOf(Sha256(absl::StrCat(digest, head))));
    }
    result.push_back(std::move(prediction));
  }
  return result;
}

PredictorInfo FakePredictorInfo(const ModelVersion& version, const std::string& weights_sha256, double pool_weight,
                                bool demonstrated_skill) {
  PredictorInfo info;
  info.model.version = version;
  info.model.weights_sha256 = weights_sha256;
  info.model.training_period = {absl::FromUnixSeconds(1'475'337'600), absl::FromUnixSeconds(1'600'531'200)};
  info.model.git_revision = "unknown";
  info.calibration = "fake";
  info.pool_weight = pool_weight;
  info.demonstrated_skill = demonstrated_skill;
  info.network_prior = {0.5, 0.2, 0.15, 0.1, 0.05};
  info.twin = InputFreeTwin{{}, {0.6, 0.15, 0.12, 0.08, 0.05}};
  info.heads = 3;
  info.runtime = "fake";
  return info;
}

std::string FakeArtifact(int seed, double pool_weight, bool demonstrated_skill, bool over_catalogue_rung,
                         const StationQuestion& question) {
  return absl::StrCat(kMagic, "\n", FeatureSchemaHash(), "\n", pool_weight, "\n", demonstrated_skill ? 1 : 0,
                      over_catalogue_rung ? " over the catalogue rung" : "", "\n", seed, "\n",
                      question.weekly() ? "" : ScopeOf(question).value(), question.weekly() ? "end" : "\nend");
}

std::string ForeignSchemaArtifact() { return absl::StrCat(kMagic, "\n0000\n0\n0\n1\nend"); }

std::string NanArtifact() { return absl::StrCat(kMagic, "\n", FeatureSchemaHash(), "\n0\n0\nnan\nend"); }

absl::StatusOr<std::shared_ptr<const Predictor>> FakePredictorLoader::Load(const ModelVersion& version,
                                                                           const std::string& artifact,
                                                                           const std::string& expected_sha256) const {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  const std::string where = absl::StrCat("model ", version.value(), ": ");
  if (Sha256Hex(artifact) != expected_sha256)
    return absl::DataLossError(absl::StrCat(where, "the bytes do not have the recorded SHA-256"));
  const std::vector<std::string> lines = absl::StrSplit(artifact, '\n');
  if ((lines.size() != 6 && lines.size() != 7) || lines[0] != kMagic || lines.back() != "end")
    return absl::DataLossError(absl::StrCat(where, "truncated"));
  if (lines[1] != FeatureSchemaHash())
    return absl::FailedPreconditionError(absl::StrCat(where, "made for another feature schema"));
  double pool_weight = 0;
  int seed = 0;
  if (!absl::SimpleAtod(lines[2], &pool_weight) || !absl::SimpleAtoi(lines[4], &seed)) {
    return absl::InvalidArgumentError(absl::StrCat(where, "weights that are not finite"));
  }
  PredictorInfo info = FakePredictorInfo(version, expected_sha256, pool_weight, lines[3][0] == '1');
  info.over_catalogue_rung = lines[3].size() > 1;
  if (lines.size() == 7) info.question = QuestionOfScope(RegionId(lines[5])).value();
  return std::make_shared<const FakePredictor>(std::move(info));
}

}  // namespace tremorcast
