#include "core/verification/scores.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/distribution/student_t.h"
#include "core/verification/block_length.h"
#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

absl::Time Week(int i) { return absl::UnixEpoch() + i * absl::Hours(168); }

TEST(ScoresTest, ReproduceTheToyFixture) {
  const ScoreSummary s = Summarise(ToyForecasts());
  EXPECT_EQ(s.region_weeks, 8);
  EXPECT_EQ(s.weeks, 8);
  EXPECT_EQ(s.event_weeks, 4);
  EXPECT_NEAR(s.log_score, 1.147821197, 5e-10);
  EXPECT_NEAR(s.reference_log_score, 1.406653286, 5e-10);
  EXPECT_NEAR(s.brier, 0.602625, 1e-12);
  EXPECT_NEAR(s.reference_brier, 0.7189, 1e-12);
  EXPECT_NEAR(s.rps, 0.5220625, 1e-12);
  EXPECT_NEAR(s.rps / (kClasses - 1), 0.130515625, 1e-12);
  EXPECT_NEAR(s.reference_rps, 0.7183, 1e-12);
  EXPECT_NEAR(s.rps_skill, 1 - 0.5220625 / 0.7183, 1e-12);
  EXPECT_NEAR(s.gain_per_week, 0.258832089, 5e-10);
  EXPECT_NEAR(s.gain_per_event_week, 0.517664178, 5e-10);
  EXPECT_NEAR(s.exceedance_brier[0], 0.1984375, 1e-12);
}

TEST(ScoresTest, ReproduceTheBinaryToyFixture) {
  double log_score = 0;
  for (const ScoredWeek& row : ToyForecasts()) {
    log_score += BinaryLogScore(1 - row.forecast[0], row.observed_class >= 1) / 8;
  }
  EXPECT_NEAR(log_score, 0.580242239, 5e-10);
}

TEST(ScoresTest, PunishAMissByItsDistanceOnlyInTheRankedScore) {
  const ClassProbabilities near = {0, 1, 0, 0, 0};
  const ClassProbabilities far = {0, 0, 0, 0, 1};
  EXPECT_EQ(BrierScore(near, 0), BrierScore(far, 0));
  EXPECT_EQ(RankedProbabilityScore(near, 0), 1);
  EXPECT_EQ(RankedProbabilityScore(far, 0), 4);
  EXPECT_TRUE(std::isinf(LogScore(far, 0)));
}

TEST(ScoresTest, AreZeroForNoRows) {
  EXPECT_EQ(Summarise({}).region_weeks, 0);
  EXPECT_EQ(SkillScore(1, 0), 0);
}

TEST(CircularBlockIndicesTest, WrapAndAreCutToLength) {
  EXPECT_EQ(CircularBlockIndices(8, 2, {0, 3, 5, 6}), (std::vector<int>{0, 1, 3, 4, 5, 6, 6, 7}));
  EXPECT_EQ(CircularBlockIndices(5, 4, {3, 1}), (std::vector<int>{3, 4, 0, 1, 1}));
}

TEST(CircularBlockIndicesTest, GiveTheMeanGainOfTheToyFixture) {
  const std::vector<ScoredWeek> rows = ToyForecasts();
  double sum = 0;
  for (const int i : CircularBlockIndices(8, 2, {0, 3, 5, 6})) {
    sum += InformationGain(rows[i].forecast, rows[i].reference, rows[i].observed_class);
  }
  EXPECT_NEAR(sum / 8, 0.204525, 1e-6);  // 0.2045255, cut in the fixture
}

TEST(BootstrapTest, IsTheSameForASeedAndBracketsTheMean) {
  BootstrapOptions options;
  options.block_weeks = 1;  // eight weeks in blocks of four have only 64 resamples, and every seed finds the same ends
  const MeanInterval a = BootstrapGain(ToyForecasts(), options).value();
  const MeanInterval b = BootstrapGain(ToyForecasts(), options).value();
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_NEAR(a.mean, 0.258832089, 5e-10);
  EXPECT_LT(a.low, a.mean);
  EXPECT_GT(a.high, a.mean);
  options.seed = 2;
  EXPECT_NE(BootstrapGain(ToyForecasts(), options)->low, a.low);
}

// Values +1 and -1 in the two regions of each week: drawn one by one they would spread, drawn by
// week they never do.
TEST(BootstrapTest, KeepsTheRegionsOfAWeekTogether) {
  std::vector<absl::Time> weeks;
  std::vector<double> values;
  for (int i = 0; i < 20; ++i) {
    weeks.insert(weeks.end(), {Week(i), Week(i)});
    values.insert(values.end(), {1.0, -1.0});
  }
  const MeanInterval interval = BootstrapMean(weeks, values, BootstrapOptions()).value();
  EXPECT_EQ(interval.weeks, 20);
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 0);
}

// Independent values with standard deviation 1: the 95 % interval of a mean of 400 is close to
// +-1.96/20.
TEST(BootstrapTest, HasTheWidthTheCentralLimitTheoremGives) {
  std::vector<absl::Time> weeks;
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) {
    weeks.push_back(Week(i));
    values.push_back((i * 7919 % 400) < 200 ? 1 : -1);
  }
  BootstrapOptions options;
  options.block_weeks = 1;
  options.replicates = 4000;
  const MeanInterval interval = BootstrapMean(weeks, values, options).value();
  EXPECT_NEAR(interval.half_width(), 1.96 / 20, 0.006);
}

// Nobody has to think of the dependence of neighbouring weeks.
TEST(BootstrapTest, TakesTheLengthOfItsBlocksFromTheDataUnlessToldOne) {
  std::vector<absl::Time> weeks;
  std::vector<double> slow, fast;
  std::mt19937_64 generator(1);
  for (int i = 0; i < 104; ++i) {
    weeks.push_back(Week(i));
    slow.push_back(i % 6 != 0 ? slow.back() : generator() % 2 == 0 ? 1 : -1);
    fast.push_back(generator() % 2 == 0 ? 1 : -1);
  }
  BootstrapOptions four;
  four.block_weeks = 4;
  const MeanInterval own = BootstrapMean(weeks, slow, BootstrapOptions()).value();
  EXPECT_EQ(own.block_weeks, AutomaticBlockWeeks(slow).value());
  EXPECT_GT(own.block_weeks, 8);
  EXPECT_EQ(BootstrapMean(weeks, slow, four)->block_weeks, 4);
  EXPECT_GT(own.half_width(), 1.2 * BootstrapMean(weeks, slow, four)->half_width());
  EXPECT_EQ(BootstrapMean(weeks, fast, BootstrapOptions())->block_weeks, 4);
  // In any order, and by week where regions share one.
  std::vector<absl::Time> backwards(weeks.rbegin(), weeks.rend());
  std::vector<double> reversed(slow.rbegin(), slow.rend());
  backwards.insert(backwards.end(), weeks.begin(), weeks.end());
  reversed.insert(reversed.end(), slow.begin(), slow.end());
  EXPECT_EQ(BootstrapMean(backwards, reversed, BootstrapOptions())->block_weeks, own.block_weeks);
  // Too few weeks to tell.
  EXPECT_EQ(BootstrapMean({weeks.data(), 11}, {slow.data(), 11}, BootstrapOptions())->block_weeks, kMinBlockWeeks);
}

// Resampled blocks lack the variance of one block, and few blocks want Student's t.
TEST(BootstrapTest, FewBlocksWidenTheInterval) {
  std::vector<absl::Time> weeks;
  std::vector<double> values;
  for (int i = 0; i < 52; ++i) {
    weeks.push_back(Week(i));
    values.push_back((i * 7919 % 52) < 26 ? 1 : -1);
  }
  BootstrapOptions one, half;
  one.block_weeks = 1;
  one.replicates = half.replicates = 20000;
  EXPECT_NEAR(BootstrapMean(weeks, values, one)->half_width(),
              std::sqrt(52.0 / 51) * StudentCentralQuantile(0.95, 51) / std::sqrt(52.0), 0.01);
  // Two blocks tell nothing: one degree of freedom.
  for (int i = 0; i < 52; ++i) values[static_cast<size_t>(i)] = i < 26 ? 1 : -1;
  half.block_weeks = 26;
  EXPECT_GT(BootstrapMean(weeks, values, half)->half_width(), 5);
}

TEST(BootstrapTest, RefusesInputThatCannotBeResampled) {
  EXPECT_FALSE(BootstrapMean({}, {}, BootstrapOptions()).ok());
  EXPECT_FALSE(BootstrapMean({Week(0)}, {1, 2}, BootstrapOptions()).ok());
  BootstrapOptions options;
  options.block_weeks = 0;
  EXPECT_FALSE(BootstrapMean({Week(0)}, {1}, options).ok());
}

TEST(EProcessTest, DemonstratesAtTwentyToOne) {
  EProcess evidence;
  EXPECT_FALSE(evidence.demonstrated());
  for (int i = 0; i < 29; ++i) evidence.Add(0.1);
  EXPECT_FALSE(evidence.demonstrated());
  evidence.Add(0.1);  // ln 20 = 2.9957
  EXPECT_TRUE(evidence.demonstrated());
  evidence.Add(-1);
  EXPECT_FALSE(evidence.demonstrated());
}

}  // namespace
}  // namespace tremorcast
