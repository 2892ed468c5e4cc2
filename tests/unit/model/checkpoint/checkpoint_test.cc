#include "model/checkpoint/checkpoint.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/observation/feature_schema.h"
#include "model/checkpoint/random.h"
#include "model/serving/golden.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

// Random weights in the right shapes; small, so that every byte can be tried.
Checkpoint SmallCheckpoint(Connectivity connectivity = Connectivity::kSingle,
                           LastInputs last_inputs = LastInputs::kPlain) {
  Checkpoint c;
  c.manifest.network.connectivity = connectivity;
  c.manifest.network.last_inputs = last_inputs;
  c.manifest.network.channels = 3;
  c.manifest.network.input_slots = 8;
  c.manifest.network.slots = 4;
  c.manifest.network.growth = 2;
  c.manifest.network.pool = StationPool::kAttention;
  c.manifest.heads = 2;
  c.manifest.feature_schema_hash = FeatureSchemaHash();
  c.manifest.calibration.temperatures = {1.25, 150};
  c.manifest.calibration.event_biases = {-0.1, 0.1};
  c.manifest.calibration.prior = {.6, .1, .1, .1, .1};
  c.manifest.calibration.tau = 0.7;
  c.manifest.calibration.tau_normalised = true;
  c.manifest.calibration.pool_weight = 0.1 + 0.2;  // not a short decimal
  c.manifest.calibration.pool_reason = "because";
  c.manifest.calibration.twin = {.7, .12, .08, .06, .04};
  c.manifest.calibration.twin_by_region[RegionId("r")] = {.5, .2, .1, .1, .1};
  c.manifest.class_frequencies = c.manifest.calibration.prior;
  c.manifest.facts.training_period = {absl::FromUnixSeconds(1), absl::FromUnixSeconds(1'600'000'000)};
  c.manifest.facts.climatology[RegionId("r")] = {.9, .025, .025, .025, .025};
  c.manifest.facts.data_hash = "d";
  c.manifest.facts.verdict = "no demonstrated skill: \"quoted\" – \xc3\xa9";
  c.manifest.facts.simulated = true;
  c.manifest.facts.over_catalogue_rung = true;
  c.manifest.facts.question = {3, 1};
  c.manifest.seed = std::numeric_limits<uint64_t>::max();
  c.manifest.training_options = "{}";
  c.manifest.golden.head_probabilities.assign(2, {.2, .2, .2, .2, .2});
  Random random(1);
  for (const auto& [name, shape] : ExpectedTensors(c.manifest.network, 2)) {
    FloatTensor tensor;
    tensor.shape = shape;
    size_t count = 1;
    for (int64_t d : shape) count *= static_cast<size_t>(d);
    for (size_t i = 0; i < count; ++i) tensor.values.push_back(static_cast<float>(random.Uniform()));
    c.tensors[name] = tensor;
  }
  c.normalisation = Normalisation({{0, 1, 2}, {1, 1, 1}},
                                  {{StationId("a"), {{3, 4, 5}, {2, 2, 2}}}, {StationId("b"), {{6, 7, 8}, {3, 3, 3}}}});
  return c;
}

absl::Status ParseAfter(const std::function<void(Checkpoint&)>& change) {
  Checkpoint c = SmallCheckpoint();
  change(c);
  const auto bytes = SerializeCheckpoint(c);
  return bytes.ok() ? ParseCheckpoint(*bytes).status() : bytes.status();
}

// The manifest as text, changed without the writer's checks.
absl::Status ParseWithText(const std::string& from, const std::string& to) {
  auto file = ReadSafetensors(SerializeCheckpoint(SmallCheckpoint()).value()).value();
  std::string& manifest = file.metadata["manifest"];
  const size_t at = manifest.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) manifest.replace(at, from.size(), to);
  return ParseCheckpoint(WriteSafetensors(file)).status();
}

TEST(CheckpointTest, ReadsBackWhatItWrote) {
  const Checkpoint c = SmallCheckpoint();
  const auto bytes = SerializeCheckpoint(c);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto read = ParseCheckpoint(*bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->manifest.network, c.manifest.network);
  EXPECT_EQ(read->manifest.calibration.temperatures, c.manifest.calibration.temperatures);
  EXPECT_EQ(read->manifest.calibration.pool_weight, c.manifest.calibration.pool_weight);
  EXPECT_EQ(read->manifest.calibration.twin, c.manifest.calibration.twin);
  EXPECT_EQ(read->manifest.calibration.twin_by_region, c.manifest.calibration.twin_by_region);
  EXPECT_EQ(read->manifest.calibration.TwinOf(RegionId("r"))[0], .5);
  EXPECT_EQ(read->manifest.calibration.TwinOf(RegionId("another"))[0], .7);
  EXPECT_EQ(read->manifest.facts.climatology, c.manifest.facts.climatology);
  EXPECT_EQ(read->manifest.facts.training_period, c.manifest.facts.training_period);
  EXPECT_EQ(read->manifest.facts.verdict, c.manifest.facts.verdict);
  EXPECT_TRUE(read->manifest.facts.over_catalogue_rung);
  EXPECT_EQ(read->manifest.facts.question, c.manifest.facts.question);
  EXPECT_EQ(read->manifest.seed, c.manifest.seed);
  EXPECT_EQ(read->normalisation, c.normalisation);
  EXPECT_EQ(read->tensors, c.tensors);
  EXPECT_EQ(SerializeCheckpoint(*read).value(), *bytes);
}

TEST(CheckpointTest, AManifestOlderThanTwinsHasNone) {
  Checkpoint old = SmallCheckpoint();
  old.manifest.calibration.twin.clear();
  old.manifest.calibration.twin_by_region.clear();
  const std::string bytes = SerializeCheckpoint(old).value();
  EXPECT_EQ(ReadSafetensors(bytes)->metadata["manifest"].find("twin"), std::string::npos);
  EXPECT_TRUE(ParseCheckpoint(bytes)->manifest.calibration.TwinOf(RegionId("r")).empty());
}

TEST(CheckpointTest, EveryTruncationIsRefused) {
  const std::string bytes = SerializeCheckpoint(SmallCheckpoint()).value();
  for (size_t size = 0; size < bytes.size(); size += size < 20'000 ? 53 : 4'999) {
    EXPECT_EQ(ParseCheckpoint(absl::string_view(bytes).substr(0, size)).status().code(), absl::StatusCode::kDataLoss)
        << size;
  }
}

// What the sha256 in the registry catches is not repeated here; the parser must only never crash or
// accept what is not a number.
TEST(CheckpointTest, NoChangedByteCrashesTheParser) {
  const std::string bytes = SerializeCheckpoint(SmallCheckpoint()).value();
  int refused = 0;
  for (size_t i = 0; i < bytes.size(); i += i < 20'000 ? 11 : 9'973) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x41);
    const auto read = ParseCheckpoint(changed);
    if (!read.ok()) ++refused;
    if (!read.ok()) continue;
    for (const auto& [name, tensor] : read->tensors) {
      for (float v : tensor.values) ASSERT_TRUE(std::isfinite(v)) << name;
    }
  }
  EXPECT_GT(refused, 300);
}

TEST(CheckpointTest, WrongShapesAndMissingOrUnknownTensorsAreRefused) {
  EXPECT_THAT(ParseAfter([](Checkpoint& c) {
                c.tensors["head1.linear3.weight"].shape = {32, 5};
              }).message(),
              HasSubstr("wrong shape"));
  EXPECT_THAT(ParseAfter([](Checkpoint& c) { c.tensors.erase("backbone.conv.bias"); }).message(),
              HasSubstr("lacks tensor 'backbone.conv.bias'"));
  EXPECT_THAT(ParseAfter([](Checkpoint& c) {
                c.tensors["extra"] = {{1}, {1}};
              }).message(),
              HasSubstr("unknown tensor 'extra'"));
  EXPECT_EQ(ParseAfter([](Checkpoint& c) { c.tensors["backbone.norm.running_var"].values[0] = -1; }).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CheckpointTest, WeightsThatAreNotNumbersAreRefused) {
  // Past the writer's check, as a broken writer would.
  auto file = ReadSafetensors(SerializeCheckpoint(SmallCheckpoint()).value()).value();
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    file.tensors["head0.conv1.weight"].values[3] = bad;
    const absl::Status status = ParseCheckpoint(WriteSafetensors(file)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("NaN or infinite"));
  }
}

TEST(CheckpointTest, AnotherFormatOrArchitectureIsAPreconditionNotCorruption) {
  EXPECT_EQ(ParseWithText("\"format\":1", "\"format\":2").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ParseWithText("densenet1d-1", "densenet1d-9").code(), absl::StatusCode::kFailedPrecondition);
}

TEST(CheckpointTest, AnInconsistentManifestIsRefused) {
  EXPECT_EQ(ParseWithText("\"heads\":2", "\"heads\":\"2\"").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseWithText("\"heads\":2", "\"hands\":2").code(), absl::StatusCode::kDataLoss);
  const std::vector<std::function<void(Checkpoint&)>> changes = {
      [](Checkpoint& c) { c.manifest.calibration.temperatures = {1}; },
      [](Checkpoint& c) { c.manifest.calibration.temperatures[0] = 0.1; },
      [](Checkpoint& c) { c.manifest.calibration.event_biases[1] = std::numeric_limits<double>::infinity(); },
      [](Checkpoint& c) {
        c.manifest.calibration.prior = {.5, .5, .5, 0, 0};
      },
      [](Checkpoint& c) {
        c.manifest.calibration.prior = {1, 0, 0, 0, 0};
      },
      [](Checkpoint& c) { c.manifest.calibration.pool_weight = 1.01; },
      [](Checkpoint& c) { c.manifest.calibration.twin.pop_back(); },
      [](Checkpoint& c) { c.manifest.calibration.twin.clear(); },
      [](Checkpoint& c) { c.manifest.calibration.twin_by_region[RegionId("r")][0] = .6; },
      [](Checkpoint& c) { c.manifest.class_frequencies.clear(); },
      [](Checkpoint& c) { c.manifest.facts.climatology[RegionId("r")][0] = .5; },
      [](Checkpoint& c) {
        c.manifest.facts.magnitude_classes.edges = {3.5, 3.5, 4.5, 5};
      },
      [](Checkpoint& c) { std::swap(c.manifest.facts.training_period.begin, c.manifest.facts.training_period.end); },
      [](Checkpoint& c) { c.manifest.golden.head_probabilities.pop_back(); },
      [](Checkpoint& c) { c.manifest.golden.tolerance = 1; },
      [](Checkpoint& c) { c.manifest.network.slots = 3; },
      [](Checkpoint& c) { c.manifest.heads = 3; },
  };
  for (size_t i = 0; i < changes.size(); ++i)
    EXPECT_EQ(ParseAfter(changes[i]).code(), absl::StatusCode::kInvalidArgument) << i;
}

TEST(CheckpointTest, ANumberIsTakenAsWrittenOrNotAtAll) {
  for (const char* heads : {"4294967298", "2.0", "1e300", "true", "\"2\""}) {
    EXPECT_EQ(ParseWithText("\"heads\":2", absl::StrCat("\"heads\":", heads)).code(), absl::StatusCode::kDataLoss)
        << heads;
  }
}

TEST(CheckpointTest, StationsOfTheNormalisationMayNotRepeatOrBeFewerThanItsRows) {
  EXPECT_EQ(ParseWithText("[\"a\",\"b\"]", "[\"a\",\"a\"]").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseWithText("[\"a\",\"b\"]", "[\"a\"]").code(), absl::StatusCode::kInvalidArgument);
}

TEST(CheckpointTest, CalibrationIsDescribedForPeople) {
  EXPECT_EQ(SmallCheckpoint().manifest.calibration.Describe(), "T=75.625 b=0.000 tau=0.7 w=0.30");
}

TEST(GoldenWindowsTest, RepeatForASeedAndLookLikeTheTrainingData) {
  Checkpoint c = SmallCheckpoint();
  c.manifest.network.input_slots = 400;
  const auto windows = GoldenWindows(c.manifest.golden, c.manifest.network, c.normalisation);
  const auto again = GoldenWindows(c.manifest.golden, c.manifest.network, c.normalisation);
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows[0].key.station, StationId("a"));
  EXPECT_EQ(c.normalisation.stations().count(windows[2].key.station), 0u);
  EXPECT_EQ(std::memcmp(windows[1].values.data(), again[1].values.data(), windows[1].values.size() * sizeof(float)), 0);
  double sum = 0;
  int present = 0;
  for (float x : windows[0].channel(1)) {
    if (std::isnan(x)) continue;
    sum += SignedLog1p(x);
    ++present;
  }
  EXPECT_NEAR(sum / present, 4, 0.5);  // the station's median; IQR 2, 400 samples
  EXPECT_GT(present, 350);
  EXPECT_LT(present, 400);
}

Checkpoint WithEventCalibration() {
  Checkpoint c = SmallCheckpoint();
  for (const double step : {0.1 + 0.2, 0.6}) {
    c.manifest.calibration.event_calibrations.push_back(
        EventCalibration::Create({{0.01, 0.2, 0.05, 40}, {0.21, 0.9, step, 80}}, 120).value());
  }
  c.manifest.calibration.event_reason = "isotonic calibration used";
  return c;
}

TEST(CheckpointTest, EventCalibrationComesBackToTheBit) {
  const Checkpoint written = WithEventCalibration();
  const auto read = ParseCheckpoint(SerializeCheckpoint(written).value());
  ASSERT_TRUE(read.ok()) << read.status();
  const CheckpointCalibration& c = read->manifest.calibration;
  ASSERT_EQ(c.event_calibrations.size(), 2u);
  for (size_t h = 0; h < 2; ++h) {
    EXPECT_EQ(c.event_calibrations[h].blocks(), written.manifest.calibration.event_calibrations[h].blocks());
    EXPECT_EQ(c.event_calibrations[h].positives(), 120);
  }
  EXPECT_EQ(c.event_reason, "isotonic calibration used");
  EXPECT_THAT(c.Describe(), HasSubstr("isotonic"));
}

// Checkpoints of before the field existed have none, and those without a map are written as they
// were.
TEST(CheckpointTest, WithoutEventCalibrationThereIsNoSuchField) {
  const auto file = ReadSafetensors(SerializeCheckpoint(SmallCheckpoint()).value()).value();
  EXPECT_EQ(file.metadata.at("manifest").find("event_calibration"), std::string::npos);
  EXPECT_TRUE(
      ParseCheckpoint(SerializeCheckpoint(SmallCheckpoint()).value())->manifest.calibration.event_calibrations.empty());
}

TEST(CheckpointTest, DenseBlocksAndUnitLengthInputsComeBack) {
  const Checkpoint written = SmallCheckpoint(Connectivity::kDense, LastInputs::kUnitLength);
  EXPECT_EQ(written.tensors.at("head1.centre").shape, (std::vector<int64_t>{32}));
  // Growth 2: each layer adds one channel, and the second sees three.
  EXPECT_EQ(written.tensors.at("backbone.block2.conv2.weight").shape, (std::vector<int64_t>{1, 3, 3}));
  const auto read = ParseCheckpoint(SerializeCheckpoint(written).value());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->manifest.network, written.manifest.network);
  EXPECT_EQ(read->tensors, written.tensors);
}

// As with event_calibration: what is older says nothing of them and is a single concatenation with
// plain inputs.
TEST(CheckpointTest, TheManifestOfAPlainNetworkDoesNotNameTheOthers) {
  const auto file = ReadSafetensors(SerializeCheckpoint(SmallCheckpoint()).value()).value();
  EXPECT_EQ(file.metadata.at("manifest").find("connectivity"), std::string::npos);
  EXPECT_EQ(file.metadata.at("manifest").find("last_inputs"), std::string::npos);
  EXPECT_EQ(file.tensors.count("head0.centre"), 0u);
}

TEST(CheckpointTest, ANetworkOfAnotherShapeThanItsManifestSaysIsRefused) {
  auto file = ReadSafetensors(SerializeCheckpoint(SmallCheckpoint(Connectivity::kDense)).value()).value();
  std::string& manifest = file.metadata["manifest"];
  const std::string named = "\"connectivity\":\"dense\",";
  ASSERT_NE(manifest.find(named), std::string::npos);
  std::string single = manifest, unknown = manifest;
  single.erase(single.find(named), named.size());
  unknown.replace(unknown.find("\"dense\""), 7, "\"dance\"");
  manifest = single;
  EXPECT_EQ(ParseCheckpoint(WriteSafetensors(file)).status().code(), absl::StatusCode::kInvalidArgument);
  manifest = unknown;
  EXPECT_THAT(ParseCheckpoint(WriteSafetensors(file)).status().message(), HasSubstr("single or dense"));
}

TEST(CheckpointTest, RefusesAnEventCalibrationThatIsNone) {
  Checkpoint c = WithEventCalibration();
  c.manifest.calibration.event_calibrations.pop_back();
  EXPECT_THAT(SerializeCheckpoint(c).status().message(), HasSubstr("event calibration of other heads"));
  auto file = ReadSafetensors(SerializeCheckpoint(WithEventCalibration()).value()).value();
  std::string& manifest = file.metadata["manifest"];
  const size_t at = manifest.find("[0.21,0.9,");
  ASSERT_NE(at, std::string::npos);
  manifest.replace(at, 10, "[0.11,0.9,");  // blocks that overlap
  EXPECT_EQ(ParseCheckpoint(WriteSafetensors(file)).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
