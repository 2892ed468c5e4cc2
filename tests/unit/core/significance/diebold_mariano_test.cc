#include "core/significance/diebold_mariano.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/distribution/student_t.h"
#include "core/significance/long_run_variance.h"

namespace tremorcast {
namespace {

const std::vector<double> kDifferences = {0.541,  -0.231, 2.531,  -0.152, 0.21,   1.682, -0.809, -0.492, 0.288,  -0.23,
                                          -1.093, -0.105, -0.259, 0.703,  -1.565, -0.6,  1.251,  1.957,  -1.411, 0.745,
                                          -0.881, -0.757, -0.772, -0.323, 1.096,  0.812, 0.159,  -0.263, 0.103,  -0.006,
                                          0.893,  -0.532, 0.094,  -0.001, 0.048,  0.349, 0.298,  1.435,  0.013,  1.662};

// scipy 1.10 ttest_1samp.
TEST(DieboldMarianoTest, IsTheTTestWithoutLags) {
  const DieboldMarianoTest test = DieboldMariano(kDifferences, 0).value();
  EXPECT_NEAR(test.statistic, 1.1095695823196527, 1e-13);
  EXPECT_NEAR(test.two_sided_p, 0.2739796133948995, 1e-13);
  EXPECT_NEAR(test.upper_p, 0.2739796133948995 / 2, 1e-13);
  EXPECT_EQ(test.weeks, 40);
}

// A numpy program of the same definition.
TEST(DieboldMarianoTest, WeighsLagsAsNeweyAndWest) {
  const DieboldMarianoTest test = DieboldMariano(kDifferences, 3).value();
  EXPECT_NEAR(test.statistic, 1.1846990382067881, 1e-13);
  EXPECT_NEAR(test.two_sided_p, 0.24330596087204134, 1e-13);
  EXPECT_NEAR(test.upper_p, 0.12165298043602067, 1e-13);
}

TEST(DieboldMarianoTest, WorseForecastsHaveALargeUpperTail) {
  std::vector<double> worse = kDifferences;
  for (double& d : worse) d = -d;
  const DieboldMarianoTest test = DieboldMariano(worse, 0).value();
  EXPECT_LT(test.statistic, 0);
  EXPECT_NEAR(test.upper_p, 1 - 0.2739796133948995 / 2, 1e-13);
}

// Nobody says how long the memory is: it is estimated, and costs degrees of freedom.
TEST(DieboldMarianoTest, EstimatesTheDependenceUnlessToldTheLags) {
  const DieboldMarianoTest test = DieboldMariano(kDifferences).value();
  const LongRunVariance spread = EstimateLongRunVariance(kDifferences).value();
  EXPECT_EQ(test.degrees, 4);
  EXPECT_NEAR(test.statistic, test.mean / std::sqrt(spread.variance / 40), 1e-13);
  EXPECT_NEAR(test.upper_p, StudentUpperTail(test.statistic, 4), 1e-13);
  EXPECT_NEAR(test.two_sided_p, 2 * test.upper_p, 1e-13);
  EXPECT_EQ(DieboldMariano(kDifferences, 0)->degrees, 39);
}

// Runs of equal signs carry less evidence than independent weeks do.
TEST(DieboldMarianoTest, LagsMakeClusteredWeeksLessConvincing) {
  std::vector<double> runs;
  for (int i = 0; i < 60; ++i) runs.push_back(0.3 + ((i / 6) % 2 == 0 ? 1 : -1));
  EXPECT_LT(DieboldMariano(runs, 3)->statistic, DieboldMariano(runs, 0)->statistic);
  // Without being told of the lags, where the runs come in no order.
  std::mt19937_64 generator(1);
  runs.clear();
  for (int i = 0; i < 60; ++i) runs.push_back(i % 6 != 0 ? runs.back() : 0.3 + (generator() % 2 == 0 ? 1 : -1));
  EXPECT_LT(DieboldMariano(runs)->statistic, 0.7 * DieboldMariano(runs, 0)->statistic);
  EXPECT_GT(DieboldMariano(runs)->two_sided_p, DieboldMariano(runs, 0)->two_sided_p);
}

TEST(DieboldMarianoTest, RefusesWhatHasNoVariance) {
  EXPECT_EQ(DieboldMariano({0.1, 0.1, 0.1}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DieboldMariano({0, 0, 0}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(DieboldMariano({}).ok());
  EXPECT_FALSE(DieboldMariano({1}).ok());
  EXPECT_FALSE(DieboldMariano({1, std::nan("")}).ok());
  EXPECT_FALSE(DieboldMariano({1, 2, 3}, 2).ok());
  EXPECT_FALSE(DieboldMariano({1, 2, 3}, -1).ok());
}

}  // namespace
}  // namespace tremorcast
