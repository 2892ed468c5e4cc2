#include "model/calibration/head_calibration.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/catalogue/climatology.h"
#include "model/checkpoint/random.h"

namespace tremorcast {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(HeadCalibrationTest, PriorOfTheMethodTurnsBalancedIntoNaturalProbabilities) {
  const std::vector<double> balanced = {.10, .15, .20, .25, .30}, counts = {771, 160, 90, 46, 38};
  std::vector<double> logits, prior;
  for (double q : balanced) logits.push_back(std::log(q));
  for (double n : counts) prior.push_back(n / 1105);
  EXPECT_THAT(HeadProbabilities(logits, 1, prior, 0),
              ElementsAre(DoubleNear(.5430, 5e-5), DoubleNear(.1690, 5e-5), DoubleNear(.1268, 5e-5),
                          DoubleNear(.0810, 5e-5), DoubleNear(.0803, 5e-5)));
  EXPECT_THAT(HeadProbabilities(logits, 1, {}, 0)[4], DoubleNear(.30, 1e-12));
}

TEST(HeadCalibrationTest, FewerClassesAnswerAsIfTheOthersWereNotThere) {
  const auto p = HeadProbabilities({1.0, 0.0}, 2.0, {.75, .25}, 0);
  ASSERT_EQ(p.size(), 2u);
  EXPECT_NEAR(p[0], .75 * std::exp(.5) / (.75 * std::exp(.5) + .25), 1e-12);
  EXPECT_NEAR(p[0] + p[1], 1, 1e-12);
}

// Labels drawn from softmax(z): the best temperature for scores 3 z is 3.
TEST(HeadCalibrationTest, FindsTheTemperatureOfTwoClassScores) {
  Random random(5);
  Logits logits;
  std::vector<int> labels;
  for (int i = 0; i < 4000; ++i) {
    const double z = 2 * random.Normal();
    labels.push_back(random.Uniform() < 1 / (1 + std::exp(-z)) ? 1 : 0);
    logits.push_back({100.0, 100.0 + 3 * z});
  }
  const auto fit = FitHead(logits, labels, {.5, .5}, 0, false);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_NEAR(fit->calibration.temperature, 3, .25);
  EXPECT_EQ(fit->calibration.event_bias, 0);
}

TEST(HeadCalibrationTest, BiasWaitsForThirtyEventSamplesHoweverManyRowsTheyHave) {
  Logits logits;
  RowSet rows;
  for (int sample = 0; sample < 40; ++sample) {
    const int label = sample < 20 ? 1 : 0;
    for (int station = 0; station < 3; ++station) {
      logits.push_back({0.1 * station, 0.0});
      rows.labels.push_back(label);
      rows.groups.push_back({0});
    }
    rows.begin.push_back(static_cast<int>(rows.groups.size()));
  }
  const std::vector<Logits> heads = {logits};
  auto fits = FitHeads(heads, rows, {.9, .1}, true);
  ASSERT_TRUE(fits.ok());
  EXPECT_EQ(fits->event_biases[0], 0);                  // 60 rows, but 20 samples
  for (size_t i = 60; i < 90; ++i) rows.labels[i] = 1;  // 30 samples
  fits = FitHeads(heads, rows, {.9, .1}, true);
  ASSERT_TRUE(fits.ok());
  EXPECT_GT(fits->event_biases[0], 0.5);
}

TEST(HeadCalibrationTest, ASampleAnswersWithTheMeanOfItsStations) {
  RowSet rows;
  rows.groups = {{0}, {1}, {2}};
  rows.labels = {0, 0, 1};
  rows.begin = {0, 2, 3};
  const std::vector<Logits> heads = {{{0, 0}, {std::log(3.0), 0}, {0, std::log(3.0)}}};
  const auto answers = HeadAnswers(heads, rows, {{1.0}, {0.0}}, {.5, .5});
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_NEAR(answers[0][0][0], (.5 + .75) / 2, 1e-12);
  EXPECT_NEAR(answers[1][0][1], .75, 1e-12);
  EXPECT_NEAR(MeanLogScore(answers, {0, 1}), -(std::log(.625) + std::log(.75)) / 2, 1e-12);
}

TEST(HeadCalibrationTest, PoolIsTheServicesPool) {
  const ClassProbabilities p = {.2, .3, .5, 0, 0}, c = {.9, .1, 0, 0, 0};
  const ClassProbabilities expected = PoolWithClimatology(p, c, .25);
  const auto pooled = Pool({p.begin(), p.end()}, {c.begin(), c.end()}, .25);
  for (size_t k = 0; k < 5; ++k) EXPECT_DOUBLE_EQ(pooled[k], expected[k]);
}

std::vector<PoolRow> PoolRows(double model_gain, double noise) {
  Random random(9);
  std::vector<PoolRow> rows;
  for (int week = 0; week < 60; ++week) {
    for (int region = 0; region < 4; ++region) {
      rows.push_back({week, .5 * std::exp(model_gain + noise * random.Normal()), .5});
    }
  }
  return rows;
}

TEST(HeadCalibrationTest, PoolWeightIsPositiveForAModelThatKnowsMore) {
  const auto choice = ChoosePoolWeight(PoolRows(.3, .2), 40, 40, 10);
  ASSERT_TRUE(choice.ok());
  EXPECT_GT(choice->weight, .5) << choice->reason;
}

TEST(HeadCalibrationTest, PoolWeightIsZeroWithoutGainAndWithTooFewEvents) {
  const auto no_gain = ChoosePoolWeight(PoolRows(-.02, .2), 40, 40, 10);
  ASSERT_TRUE(no_gain.ok());
  EXPECT_EQ(no_gain->weight, 0) << no_gain->reason;
  const auto few = ChoosePoolWeight(PoolRows(.3, .2), 40, 9, 10);
  ASSERT_TRUE(few.ok());
  EXPECT_EQ(few->weight, 0);
  EXPECT_EQ(few->reason, "w = 0: 9 event samples in the calibration slice, 10 needed");
}

}  // namespace
}  // namespace tremorcast
