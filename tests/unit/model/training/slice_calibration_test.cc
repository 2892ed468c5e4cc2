#include "model/training/slice_calibration.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/checkpoint/random.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

// `weeks` issues of eight regions. Events come with `rate(x)`, where x in (0, 1) is what a head
// says; `honest` heads say x, the others noise of their own.
struct Slice {
  SampleSet set;
  std::vector<int> samples;
  AnswersByHead answers;
};
template <typename Rate>
Slice MakeSlice(int weeks, uint64_t seed, bool honest, Rate rate) {
  Random random(seed);
  Slice slice;
  for (int week = 0; week < weeks; ++week) {
    for (int region = 0; region < 8; ++region) {
      const double x = 0.05 + 0.9 * random.Uniform();
      Sample sample;
      sample.issue = week;
      sample.region = RegionId("r" + std::to_string(region));
      sample.label = random.Uniform() < rate(x) ? 1 : 0;
      slice.samples.push_back(static_cast<int>(slice.set.samples.size()));
      slice.set.samples.push_back(sample);
      std::vector<std::vector<double>> heads;
      for (int head = 0; head < 2; ++head) {
        const double q = honest ? x : 0.2 + 0.2 * random.Uniform();
        heads.push_back({1 - q, 0.5 * q, 0.25 * q, 0.15 * q, 0.1 * q});
      }
      slice.answers.push_back(heads);
    }
  }
  return slice;
}

// A step that no temperature and offset can follow.
double Step(double x) { return x < 0.6 ? 0.1 : 0.8; }

TEST(CalibrateEventsTest, FollowsAShapeThatTemperatureCannotAndKeepsTheSum) {
  Slice slice = MakeSlice(60, 1, true, Step);
  const AnswersByHead before = slice.answers;
  CheckpointCalibration calibration;
  ASSERT_TRUE(CalibrateEvents(slice.set, slice.samples, slice.answers, calibration).ok());
  ASSERT_EQ(calibration.event_calibrations.size(), 2u);
  EXPECT_THAT(calibration.event_reason, HasSubstr("used: on issues held out its gain"));
  EXPECT_NEAR(calibration.event_calibrations[0].Probability(0.3), 0.1, 0.06);
  EXPECT_NEAR(calibration.event_calibrations[0].Probability(0.8), 0.8, 0.1);
  const std::vector<int> labels = LabelsOf(slice.set, slice.samples);
  EXPECT_LT(MeanLogScore(slice.answers, labels), MeanLogScore(before, labels) - 0.03);
  for (const auto& sample : slice.answers) {
    double sum = 0;
    for (double p : sample[1]) sum += p;
    EXPECT_NEAR(sum, 1, 1e-12);
    // One factor for classes 1 to 4, above the floor.
    if (sample[1][2] > 2e-4) {
      EXPECT_NEAR(sample[1][1] / sample[1][2], 2, 1e-9);
    }
  }
}

TEST(CalibrateEventsTest, IsNotUsedBelowAHundredEvents) {
  Slice slice = MakeSlice(60, 1, true, Step);
  int events = 0;
  for (Sample& sample : slice.set.samples) {
    if (sample.label == 0) continue;
    sample.label = events < kMinIsotonicPositives - 1 ? 1 : 0;
    ++events;
  }
  ASSERT_GE(events, kMinIsotonicPositives);
  const AnswersByHead before = slice.answers;
  CheckpointCalibration calibration;
  ASSERT_TRUE(CalibrateEvents(slice.set, slice.samples, slice.answers, calibration).ok());
  EXPECT_TRUE(calibration.event_calibrations.empty());
  EXPECT_THAT(calibration.event_reason, HasSubstr("not used: 99 event samples in the calibration slice, 100 needed"));
  EXPECT_EQ(slice.answers, before);
}

TEST(CalibrateEventsTest, IsNotUsedWhereItDoesNotHelpOnHeldOutIssues) {
  Slice slice = MakeSlice(60, 2, true, [](double x) { return x; });  // calibrated already
  const AnswersByHead before = slice.answers;
  CheckpointCalibration calibration;
  ASSERT_TRUE(CalibrateEvents(slice.set, slice.samples, slice.answers, calibration).ok());
  EXPECT_TRUE(calibration.event_calibrations.empty()) << calibration.event_reason;
  EXPECT_THAT(calibration.event_reason, HasSubstr("not used: on issues held out"));
  EXPECT_EQ(slice.answers, before);
}

TEST(CalibrateEventsTest, ASampleHasNoPartInTheMapThatItsOwnAnswerIsJudgedBy) {
  Slice slice = MakeSlice(60, 3, true, Step);
  const AnswersByHead before = slice.answers;
  CheckpointCalibration calibration;
  ASSERT_TRUE(CalibrateEvents(slice.set, slice.samples, slice.answers, calibration).ok());
  ASSERT_FALSE(calibration.event_calibrations.empty());
  const std::vector<int> labels = LabelsOf(slice.set, slice.samples);
  AnswersByHead in_sample = before;
  for (auto& sample : in_sample) {
    for (size_t h = 0; h < 2; ++h) calibration.event_calibrations[h].Apply(absl::MakeSpan(sample[h]));
  }
  EXPECT_GT(MeanLogScore(slice.answers, labels), MeanLogScore(in_sample, labels));
}

// One head that always says the same, on a calibration slice whose rate is half of what was known
// before it.
class PoolReferenceTest : public ::testing::Test {
 protected:
  PoolReferenceTest() {
    Random random(7);
    for (int issue = 0; issue < 60; ++issue) {
      for (int region = 0; region < 8; ++region) {
        Sample sample;
        sample.issue = issue;
        sample.region = RegionId("r" + std::to_string(region));
        sample.label = random.Uniform() < 0.15 ? 1 : 0;
        sample.windows = {0};
        data_.calibration.push_back(static_cast<int>(set_.samples.size()));
        set_.samples.push_back(sample);
      }
    }
    data_.set = &set_;
    data_.early_stop = data_.calibration;  // only its events are counted here
    for (int region = 0; region < 8; ++region) {
      const RegionId id("r" + std::to_string(region));
      data_.climatology_before_calibration[id] = {.7, .15, .075, .045, .03};
      data_.climatology[id] = {.85, .08, .04, .02, .01};
    }
  }
  CheckpointCalibration Calibrate() {
    CheckpointCalibration calibration;
    calibration.prior = {.7, .15, .075, .045, .03};
    const Logits same(set_.samples.size(), std::vector<double>(5, 0.0));
    const RowSet rows = BuildRows(set_, data_.calibration, SampleUnit::kRegion);
    const absl::Status status =
        CalibrateOnSlice(data_, calibration.prior, 10, {{same}}, rows, /*fit_event_bias=*/true, calibration);
    EXPECT_TRUE(status.ok()) << status;
    return calibration;
  }
  SampleSet set_;
  TrainingData data_;
};

TEST_F(PoolReferenceTest, TheWeightIsFittedAgainstWhatWasKnownBeforeTheSlice) {
  EXPECT_GT(Calibrate().pool_weight, 0.5) << "the offset knows the new rate, climatology before it does not";
  // Against one that has counted these labels the same head has nothing to add.
  data_.climatology_before_calibration = data_.climatology;
  EXPECT_LT(Calibrate().pool_weight, 0.5);
}

TEST_F(PoolReferenceTest, TheTwinOfAHeadThatSeesNothingIsItsOwnAnswer) {
  const CheckpointCalibration calibration = Calibrate();
  const auto answers =
      HeadAnswers({{Logits{std::vector<double>(5, 0.0)}}},
                  BuildRows(set_, absl::MakeConstSpan(data_.calibration).first(1), SampleUnit::kRegion),
                  FitsOf(calibration), calibration.prior);
  ASSERT_EQ(calibration.twin.size(), 5u);
  ASSERT_EQ(calibration.twin_by_region.size(), 8u);
  for (size_t k = 0; k < 5; ++k) {
    EXPECT_NEAR(calibration.twin[k], answers[0][0][k], 1e-12);
    EXPECT_NEAR(calibration.TwinOf(RegionId("r3"))[k], answers[0][0][k], 1e-12);
  }
}

TEST_F(PoolReferenceTest, WithoutACalibrationSliceThereIsNoTwin) {
  data_.calibration.clear();
  CheckpointCalibration calibration;
  calibration.prior = {.7, .15, .075, .045, .03};
  const Logits same(set_.samples.size(), std::vector<double>(5, 0.0));
  const RowSet rows = BuildRows(set_, data_.early_stop, SampleUnit::kRegion);
  ASSERT_TRUE(CalibrateOnSlice(data_, calibration.prior, 10, {{same}}, rows, true, calibration).ok());
  EXPECT_TRUE(calibration.twin.empty());
  EXPECT_EQ(calibration.pool_weight, 0);
}

// A map fitted and judged on the same weeks would find skill in noise and give a weight to networks
// that know nothing.
TEST(CalibrateEventsTest, HeadsThatKnowNothingSeldomGetAWeight) {
  int weighted = 0, used = 0;
  constexpr int kTrials = 100;
  const std::vector<double> climatology = {0.7, 0.15, 0.075, 0.045, 0.03};
  for (int trial = 0; trial < kTrials; ++trial) {
    Slice slice = MakeSlice(52, 100 + static_cast<uint64_t>(trial), false, [](double) { return 0.3; });
    CheckpointCalibration calibration;
    ASSERT_TRUE(CalibrateEvents(slice.set, slice.samples, slice.answers, calibration).ok());
    used += calibration.event_calibrations.empty() ? 0 : 1;
    std::vector<PoolRow> rows;
    for (size_t i = 0; i < slice.samples.size(); ++i) {
      const auto label = static_cast<size_t>(slice.set.samples[i].label);
      rows.push_back({slice.set.samples[i].issue, MeanOf(slice.answers[i])[label], climatology[label]});
    }
    weighted += ChoosePoolWeight(rows, 100, 100, 10)->weight > 0 ? 1 : 0;
  }
  RecordProperty("used", used);
  RecordProperty("weighted", weighted);
  EXPECT_LE(weighted, 15) << used << " of " << kTrials << " used";
}

}  // namespace
}  // namespace tremorcast
