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
#include "tests/unit/model/training/tiny_training.h"

namespace tremorcast {
namespace {

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
