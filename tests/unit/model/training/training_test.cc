#include "model/training/training.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/training/training_course.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

NetworkConfig TinyNetwork() {
  NetworkConfig network;
  network.channels = 8;
  network.input_slots = network.slots = 24;
  return network;
}

std::string Bytes(const TrainedModel& model) {
  const auto bytes = model.Serialize({});
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or("");
}

std::string TrainedBytes(const NetworkConfig& network, const TinyData& data, const TrainOptions& options) {
  const auto model = Train(network, data.training(), options);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? Bytes(**model) : "";
}

// Mean ln(p_y / c_y) of the issued probabilities on the test slice.
double TestGain(const TinyData& data, const std::vector<std::vector<double>>& p) {
  double sum = 0;
  for (size_t i = 0; i < data.test.size(); ++i) {
    const Sample& sample = data.set.samples[static_cast<size_t>(data.test[i])];
    const size_t y = static_cast<size_t>(sample.label);
    sum += std::log(p[i][y] / data.climatology.at(sample.region)[y]);
  }
  return sum / static_cast<double>(data.test.size());
}

TEST(TrainingTest, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  const TinyData data = MakeTinyData({});
  const std::string first = TrainedBytes(TinyNetwork(), data, QuickTraining(1));
  EXPECT_EQ(TrainedBytes(TinyNetwork(), data, QuickTraining(1)), first);
  EXPECT_NE(TrainedBytes(TinyNetwork(), data, QuickTraining(2)), first);
}

TEST(TrainingTest, TheMemoryLimitOfTheWindowsDoesNotChangeTheResult) {
  const TinyData data = MakeTinyData({});
  TrainOptions options = QuickTraining();
  const std::string kept = TrainedBytes(TinyNetwork(), data, options);
  options.window_cache_bytes = 1000;
  EXPECT_EQ(TrainedBytes(TinyNetwork(), data, options), kept);
}

// Trains with a stop after every epoch, in both stages and between them, each call getting one epoch
// further, until the same bytes are there. Returns the number of stops.
int StopsUntilTheSameBytes(const TinyData& data, TrainOptions options) {
  const std::string expected = TrainedBytes(TinyNetwork(), data, options);
  std::string pattern = absl::StrCat(::testing::TempDir(), "/training_XXXXXX");
  options.state_directory = ::mkdtemp(pattern.data());
  std::atomic<bool> stop{false};
  options.stop = &stop;
  options.progress = [&](const TrainingProgress&) { stop = true; };
  int stops = 0;
  while (true) {
    stop = false;
    const auto model = Train(TinyNetwork(), data.training(), options);
    if (model.ok()) {
      EXPECT_EQ(Bytes(**model), expected);
      break;
    }
    EXPECT_EQ(model.status().code(), absl::StatusCode::kCancelled) << model.status();
    if (++stops > 100) break;
  }
  std::filesystem::remove_all(options.state_directory);
  return stops;
}

TEST(TrainingTest, GoesOnAfterAKillAsIfNothingHadHappened) {
  // 2 epochs of stage 1 and of two heads; the last epoch has nothing behind it to stop.
  EXPECT_EQ(StopsUntilTheSameBytes(MakeTinyData({}), QuickTraining()), 5);
}

TEST(TrainingTest, AKillForgetsNoStepOfThePatience) {
  // 120 rows are 8 steps an epoch, so that the steps decide when a stage ends: an early-stop count
  // that began anew after a kill would end it later, with other bytes.
  const TinyData data = MakeTinyData({.seed = 3});
  TrainOptions options = QuickTraining();
  options.max_epochs = 40;
  options.patience = 1;
  options.patience_steps = 20;
  options.min_steps = 30;
  const auto model = Train(TinyNetwork(), data.training(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  const std::vector<TrainingCourse> courses = CoursesOf((*model)->history());
  ASSERT_EQ(courses.size(), 3u);
  for (const TrainingCourse& course : courses) {
    EXPECT_EQ(course.steps, 8 * course.epochs);
    // Three epochs are 24 steps; four are the first to reach the 30.
    EXPECT_EQ(course.epochs, std::max(4, course.best_epoch + 3)) << course.stage << " " << course.head;
  }
  EXPECT_EQ(StopsUntilTheSameBytes(data, options), static_cast<int>((*model)->history().size()) - 1);
}

TEST(TrainingTest, ASmallSetGetsTheStepsThatALargeOneHas) {
  const auto length = [](int issues, int max_epochs) {
    const TinyData data = MakeTinyData({.issues = issues});
    TrainOptions options = QuickTraining();
    options.max_epochs = max_epochs;
    std::atomic<bool> stop{false};
    options.stop = &stop;
    int seen = 0;
    options.progress = [&](const TrainingProgress& p) {
      seen = p.max_epochs;
      stop = true;
    };
    EXPECT_EQ(Train(TinyNetwork(), data.training(), options).status().code(), absl::StatusCode::kCancelled);
    return seen;
  };
  EXPECT_EQ(length(60, 0), 375);  // 120 rows, 8 steps an epoch: 3000 steps
  EXPECT_EQ(length(416, 0), 60);  // 832 rows, 52 steps an epoch, as METHOD.md's sizes: 3120 steps
  EXPECT_EQ(length(60, 7), 7);    // whoever names a number gets it
}

TEST(TrainOptionsTest, TheManifestOfDefaultsReadsAsItAlwaysDid) {
  TrainOptions options;
  options.threads = 1;
  options.max_epochs = 60;  // as resolved at METHOD.md's sizes
  EXPECT_EQ(options.ToJson(),
            R"({"batch_size":16,"cosine_epochs":60,"device":"auto","heads":5,"learning_rate":0.001,"max_epochs":60,)"
            R"("max_stations_per_draw":16,"min_event_samples":10,"min_improvement":0.0001,"patience":5,"seed":1,)"
            R"("stage2_sampling":"class-balanced","station_dropout":0.2,)"
            R"("tau_grid":[0.0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1.0,1.1,1.2,1.3,1.4,1.5,1.6,1.7,1.8,1.9,2.0],)"
            R"("threads":1})");
  options.schedule = Schedule::kWarmRestarts;
  options.patience_steps = 0;
  EXPECT_THAT(options.ToJson(), ::testing::AllOf(::testing::HasSubstr(R"("schedule":"warm-restarts")"),
                                                 ::testing::HasSubstr(R"("patience_steps":0)")));
  EXPECT_EQ(*ParseSchedule(ScheduleName(Schedule::kWarmRestarts)), Schedule::kWarmRestarts);
  EXPECT_FALSE(ParseSchedule("linear").ok());
}

TEST(TrainingTest, WarmRestartsTrainOtherWeights) {
  const TinyData data = MakeTinyData({});
  TrainOptions options = QuickTraining();
  options.max_epochs = 4;
  const auto weights = [&] {
    const auto checkpoint = ParseCheckpoint(TrainedBytes(TinyNetwork(), data, options));
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return checkpoint->tensors.at("backbone.conv.weight").values;
  };
  const auto one_arc = weights();
  options.schedule = Schedule::kWarmRestarts;
  options.restart_epochs = 1;
  EXPECT_NE(weights(), one_arc);
}

TEST(TrainingTest, ReportsEveryEpochOfBothStages) {
  const TinyData data = MakeTinyData({});
  TrainOptions options = QuickTraining();
  std::vector<std::string> seen;
  options.progress = [&](const TrainingProgress& p) {
    seen.push_back(absl::StrCat(p.stage, "/", p.head, "/", p.epoch));
    EXPECT_EQ(p.max_epochs, 2);
    EXPECT_TRUE(std::isfinite(p.train_loss) && std::isfinite(p.validation_loss));
    EXPECT_LE(p.best_validation_loss, p.validation_loss);
  };
  const auto model = Train(TinyNetwork(), data.training(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(seen, ::testing::ElementsAre("1/0/1", "1/0/2", "2/0/1", "2/0/2", "2/1/1", "2/1/2"));
  EXPECT_EQ((*model)->history().size(), seen.size());
}

TEST(TrainingTest, LearnsAnObviousSignalAndPoolsIt) {
  TinyDataOptions tiny;
  tiny.issues = 120;
  tiny.strength = 3;
  const TinyData data = MakeTinyData(tiny);
  TrainOptions options = QuickTraining();
  options.max_epochs = 15;
  const auto model = Train(TinyNetwork(), data.training(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_GT((*model)->calibration().pool_weight, .5) << (*model)->calibration().pool_reason;
  const auto outputs = (*model)->Predict(data.set, data.test);
  ASSERT_TRUE(outputs.ok());
  EXPECT_GT(TestGain(data, outputs->pooled), .3);  // all there is to gain is the entropy, about .6
}

TEST(TrainingTest, KnowNothingDataGetNoWeightSoTheForecastIsClimatology) {
  const TinyData data = MakeTinyData({.issues = 100, .seed = 4});
  TrainOptions options = QuickTraining();
  options.max_epochs = 6;
  const auto model = Train(TinyNetwork(), data.training(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->calibration().pool_weight, 0) << (*model)->calibration().pool_reason;
  const auto outputs = (*model)->Predict(data.set, data.test);
  ASSERT_TRUE(outputs.ok());
  for (size_t i = 0; i < data.test.size(); ++i) {
    const auto& climatology = data.climatology.at(data.set.samples[static_cast<size_t>(data.test[i])].region);
    for (size_t k = 0; k < climatology.size(); ++k) EXPECT_NEAR(outputs->pooled[i][k], climatology[k], 1e-9);
  }
}

TEST(TrainingTest, FewEventsInASliceGiveNoWeightWhateverTheFit) {
  TinyDataOptions tiny;
  tiny.strength = 5;
  tiny.event_rate = .15;
  const TinyData data = MakeTinyData(tiny);
  TrainOptions options = QuickTraining();
  options.min_event_samples = 1000;
  const auto model = Train(TinyNetwork(), data.training(), options);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->calibration().pool_weight, 0);
  EXPECT_THAT((*model)->calibration().pool_reason, ::testing::HasSubstr("1000 needed"));
}

TEST(TrainingTest, EveryPoolInputUnitAndSamplingTrains) {
  const TinyData data = MakeTinyData({.issues = 30});
  TrainOptions options = QuickTraining();
  options.max_epochs = 1;
  options.heads = 1;
  std::vector<NetworkConfig> networks(5, TinyNetwork());
  networks[0].pool = StationPool::kMax;
  networks[1].pool = StationPool::kAttention;
  networks[2].input = ClassifierInput::kImplicit;
  networks[3].input = ClassifierInput::kExplicit;
  networks[4].unit = SampleUnit::kStation;
  for (const NetworkConfig& network : networks) {
    const auto model = Train(network, data.training(), options);
    ASSERT_TRUE(model.ok()) << model.status();
    const auto outputs = (*model)->Predict(data.set, data.test);
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    ASSERT_EQ(outputs->pooled.size(), data.test.size());
    for (const auto* rows :
         {&outputs->balanced, &outputs->calibrated, &outputs->pooled, &outputs->stage1, &outputs->stage1_pooled}) {
      for (const auto& p : *rows) EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-9);
    }
    EXPECT_TRUE(ParseCheckpoint(Bytes(**model)).ok());
  }
  for (Sampling sampling : {Sampling::kInstance, Sampling::kSquareRoot, Sampling::kProgressive}) {
    options.stage2_sampling = sampling;
    EXPECT_TRUE(Train(TinyNetwork(), data.training(), options).ok());
  }
}

// Every way to balance, on data with a signal that each must find.
std::vector<TrainOptions> EveryBalance() {
  TrainOptions plain = QuickTraining();
  plain.max_epochs = 12;
  plain.heads = 1;
  std::vector<TrainOptions> options;
  for (LossKind loss : {LossKind::kClassBalanced, LossKind::kFocal, LossKind::kLdam}) {
    options.push_back(plain);
    options.back().stage2_loss = loss;
    options.back().stage2_sampling = Sampling::kInstance;
  }
  for (Augmentation augmentation : {Augmentation::kSmote, Augmentation::kMixup, Augmentation::kJitter}) {
    options.push_back(plain);
    options.back().augmentation = augmentation;
  }
  for (Treatment treatment : {Treatment::kRetrained, Treatment::kScaled, Treatment::kNearestMean}) {
    options.push_back(plain);
    options.back().last_layer = treatment;
  }
  options.push_back(plain);
  options.back().stage2_loss = LossKind::kLdam;
  options.back().last_layer = Treatment::kScaled;
  return options;
}

TEST(TrainingTest, EveryLossAugmentationAndLastLayerFindsAnObviousSignal) {
  const TinyData data = MakeTinyData({.issues = 80, .strength = 3});
  std::set<std::string> answers;
  for (const TrainOptions& options : EveryBalance()) {
    const auto model = Train(TinyNetwork(), data.training(), options);
    ASSERT_TRUE(model.ok()) << options.ToJson() << model.status();
    const auto outputs = (*model)->Predict(data.set, data.test);
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_GT(TestGain(data, outputs->pooled), .3) << options.ToJson() << (*model)->calibration().Describe();
    const std::string bytes = Bytes(**model);
    EXPECT_TRUE(answers.insert(bytes).second) << options.ToJson();  // none is another under a new name
    const auto checkpoint = ParseCheckpoint(bytes);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    const bool unit_length = options.stage2_loss == LossKind::kLdam || options.last_layer == Treatment::kNearestMean;
    EXPECT_EQ(checkpoint->manifest.network.last_inputs, unit_length ? LastInputs::kUnitLength : LastInputs::kPlain);
    EXPECT_EQ(checkpoint->tensors.count("head0.centre"), unit_length ? 1u : 0u);
  }
}

TEST(TrainingTest, ThePriorIsWhatSamplerAndLossTookAway) {
  const TinyData data = MakeTinyData({});
  const auto prior = [&](Sampling sampling, LossKind loss, Treatment treatment) {
    TrainOptions options = QuickTraining();
    options.heads = 1;
    options.stage2_sampling = sampling;
    options.stage2_loss = loss;
    options.last_layer = treatment;
    return (*Train(TinyNetwork(), data.training(), options))->calibration().prior;
  };
  const std::vector<double> frequencies =
      prior(Sampling::kClassBalanced, LossKind::kCrossEntropy, Treatment::kRetrained);
  const std::vector<double> uniform(5, .2);
  EXPECT_EQ(prior(Sampling::kInstance, LossKind::kFocal, Treatment::kRetrained), uniform);
  // Scales and means answer for classes of equal weight, also after natural sampling.
  EXPECT_EQ(prior(Sampling::kInstance, LossKind::kCrossEntropy, Treatment::kScaled), frequencies);
  EXPECT_EQ(prior(Sampling::kInstance, LossKind::kCrossEntropy, Treatment::kNearestMean), frequencies);
  // 120 rows have nearly as many effective ones.
  for (LossKind loss : {LossKind::kClassBalanced, LossKind::kLdam}) {
    const std::vector<double> weighted = prior(Sampling::kInstance, loss, Treatment::kRetrained);
    for (size_t k = 0; k < 5; ++k) EXPECT_NEAR(weighted[k] / frequencies[k], 1, .05);
    EXPECT_NE(weighted, frequencies);
  }
}

TEST(TrainingTest, LdamKeepsNoEpochOfBeforeItsWeights) {
  const TinyData data = MakeTinyData({});
  TrainOptions options = QuickTraining();
  options.heads = 1;
  options.stage2_loss = LossKind::kLdam;
  options.max_epochs = kLdamPlainEpochs + 2;
  options.patience = 1;
  int improved_early = 0, epochs = 0;
  options.progress = [&](const TrainingProgress& p) {
    if (p.stage != 2) return;
    epochs = p.epoch;
    improved_early += p.improved && p.epoch <= kLdamPlainEpochs ? 1 : 0;
    EXPECT_EQ(p.improved, p.epoch == kLdamPlainEpochs + 1 || (p.improved && p.epoch > kLdamPlainEpochs)) << p.epoch;
  };
  ASSERT_TRUE(Train(TinyNetwork(), data.training(), options).ok());
  EXPECT_EQ(improved_early, 0);
  EXPECT_GT(epochs, kLdamPlainEpochs);  // nor does patience run out before
}

TEST(TrainingTest, GoesOnAfterAKillWithEveryBalanceToo) {
  const TinyData data = MakeTinyData({.issues = 30});
  for (TrainOptions options : EveryBalance()) {
    options.max_epochs = 2;
    const std::string expected = TrainedBytes(TinyNetwork(), data, options);
    std::string pattern = absl::StrCat(::testing::TempDir(), "/training_XXXXXX");
    options.state_directory = ::mkdtemp(pattern.data());
    std::atomic<bool> stop{false};
    options.stop = &stop;
    // In the middle of stage 2.
    options.progress = [&](const TrainingProgress& p) { stop = p.stage == 2 && p.epoch == 1; };
    EXPECT_EQ(Train(TinyNetwork(), data.training(), options).status().code(), absl::StatusCode::kCancelled);
    stop = false;
    options.progress = nullptr;
    EXPECT_EQ(TrainedBytes(TinyNetwork(), data, options), expected) << options.ToJson();
    // And when all parts were finished already.
    EXPECT_EQ(TrainedBytes(TinyNetwork(), data, options), expected) << options.ToJson();
    std::filesystem::remove_all(options.state_directory);
  }
}

TEST(TrainingTest, OptionsNameTheirBalanceOnlyWhereItIsNotTheDefault) {
  const std::string plain = QuickTraining().ToJson();
  for (const char* key : {"stage2_loss", "augmentation", "last_layer"}) {
    EXPECT_EQ(plain.find(key), std::string::npos) << key;
  }
  std::set<std::string> texts = {plain};
  for (const TrainOptions& options : EveryBalance()) EXPECT_TRUE(texts.insert(options.ToJson()).second);
}

TEST(TrainingTest, DenseConnectivityTrainsAnotherNetworkOfFewerNumbers) {
  const TinyData data = MakeTinyData({.issues = 120, .strength = 3});
  NetworkConfig network = TinyNetwork();
  network.connectivity = Connectivity::kDense;
  TrainOptions options = QuickTraining();
  options.max_epochs = 15;
  options.heads = 1;
  const auto model = Train(network, data.training(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_GT(TestGain(data, (*model)->Predict(data.set, data.test)->pooled), .3);
  const auto checkpoint = ParseCheckpoint(Bytes(**model));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->manifest.network.connectivity, Connectivity::kDense);
  network.growth = 23;
  EXPECT_EQ(Train(network, data.training(), options).status().code(), absl::StatusCode::kInvalidArgument);
}

// A state of the other connectivity is another run's: its tensors would not even fit.
TEST(TrainingTest, AStateOfTheOtherConnectivityIsNotUsed) {
  const TinyData data = MakeTinyData({.issues = 30});
  TrainOptions options = QuickTraining();
  std::string pattern = absl::StrCat(::testing::TempDir(), "/training_XXXXXX");
  options.state_directory = ::mkdtemp(pattern.data());
  (void)TrainedBytes(TinyNetwork(), data, options);
  NetworkConfig dense = TinyNetwork();
  dense.connectivity = Connectivity::kDense;
  const std::string resumed = TrainedBytes(dense, data, options);
  options.state_directory.clear();
  EXPECT_EQ(resumed, TrainedBytes(dense, data, options));
  std::filesystem::remove_all(pattern);
}

TEST(TrainingTest, CheckpointCarriesCalibrationPriorAndClimatology) {
  const TinyData data = MakeTinyData({});
  const auto model = Train(TinyNetwork(), data.training(), QuickTraining(9));
  ASSERT_TRUE(model.ok());
  const auto checkpoint = ParseCheckpoint(Bytes(**model));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const Manifest& manifest = checkpoint->manifest;
  EXPECT_EQ(manifest.seed, 9u);
  EXPECT_EQ(manifest.calibration.temperatures, (*model)->calibration().temperatures);
  EXPECT_EQ(manifest.facts.climatology, data.climatology);
  EXPECT_TRUE(manifest.calibration.tau_normalised);
  for (float bias : checkpoint->tensors.at("head0.linear3.bias").values) EXPECT_EQ(bias, 0);
  int events = 0;
  for (int i : data.train) events += data.set.samples[static_cast<size_t>(i)].label;
  EXPECT_NEAR(manifest.calibration.prior[1], (events + .5) / (static_cast<double>(data.train.size()) + 2.5), 1e-12);
  EXPECT_EQ(manifest.calibration.prior, manifest.class_frequencies);  // class-balanced sampling took all of it away
  EXPECT_EQ(checkpoint->normalisation.stations().size(), 8u);
}

TEST(TrainingTest, RefusesDataItCannotTrainOn) {
  const TinyData data = MakeTinyData({.issues = 20});
  const auto code = [&](auto change) {
    TrainingData training = data.training();
    NetworkConfig network = TinyNetwork();
    TrainOptions options = QuickTraining();
    change(training, network, options);
    return Train(network, training, options).status().code();
  };
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code([](auto& d, auto&, auto&) { d.early_stop.clear(); }), kInvalid);
  EXPECT_EQ(code([](auto& d, auto&, auto&) { d.train = {0}; }), kInvalid);
  EXPECT_EQ(code([](auto& d, auto&, auto&) { d.calibration = {100000}; }), kInvalid);
  EXPECT_EQ(code([](auto& d, auto&, auto&) { d.climatology[RegionId("r0")] = {1, 0, 0, 0, 0}; }), kInvalid);
  EXPECT_EQ(code([](auto&, auto& n, auto&) { n.channels = 9; }), kInvalid);
  EXPECT_EQ(code([](auto&, auto& n, auto&) { n.classes = 9; }), kInvalid);  // the climatology has five
  EXPECT_EQ(code([](auto&, auto&, auto& o) { o.max_epochs = -1; }), kInvalid);
  EXPECT_EQ(code([](auto&, auto&, auto& o) { o.min_steps = -1; }), kInvalid);
  EXPECT_EQ(code([](auto&, auto&, auto& o) { o.batch_size = 1; }), kInvalid);
  EXPECT_EQ(code([](auto&, auto&, auto& o) {
              o.stage2_loss = LossKind::kLdam;
              o.last_layer = Treatment::kNearestMean;
            }),
            kInvalid);
  EXPECT_EQ(code([](auto&, auto&, auto& o) { o.device = "abacus"; }), kInvalid);
  EXPECT_EQ(code([](auto&, auto&, auto& o) { o.learning_rate = 1e30; }),
            absl::StatusCode::kInternal);  // the loss leaves the numbers
}

}  // namespace
}  // namespace tremorcast
