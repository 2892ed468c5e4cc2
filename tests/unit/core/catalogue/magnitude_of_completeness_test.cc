#include "core/catalogue/magnitude_of_completeness.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/etas/etas_parameters.h"

namespace tremorcast {
namespace {

std::vector<double> Drawn(const MagnitudeLaw& law, int n, uint64_t seed) {
  RandomStream random({seed});
  std::vector<double> magnitudes;
  for (int i = 0; i < n; ++i) magnitudes.push_back(law.Draw(random.Uniform()));
  return magnitudes;
}

TEST(Beta, IsTintiAndMulargiasOfTheMean) {
  // Mean 0.2 above 3: ln(1 + 0.1 / 0.2) / 0.1.
  const std::vector<double> magnitudes = {3.0, 3.1, 3.2, 3.5, 2.9};
  const Beta beta = *EstimateBeta(magnitudes, 3.0, 0.1);
  EXPECT_EQ(beta.magnitudes, 4);
  EXPECT_NEAR(beta.value, std::log(1.5) / 0.1, 1e-9);
  EXPECT_NEAR(EstimateBeta(magnitudes, 3.0, 0)->value, 5, 1e-9);
}

TEST(Beta, FindsTheTruthWithinItsError) {
  for (const double bin : {0.0, 0.1}) {
    const MagnitudeLaw law{3, bin, 2.2, 9.5};
    // The error itself: the spread of 200 estimates.
    double sum = 0, squares = 0, stated = 0;
    constexpr int kEstimates = 200;
    for (uint64_t seed = 0; seed < kEstimates; ++seed) {
      const Beta beta = *EstimateBeta(Drawn(law, 400, seed), 3, bin);
      sum += beta.value;
      squares += beta.value * beta.value;
      stated += beta.standard_error / kEstimates;
    }
    const double mean = sum / kEstimates, spread = std::sqrt(squares / kEstimates - mean * mean);
    EXPECT_NEAR(mean, 2.2, 4 * spread / std::sqrt(kEstimates));
    EXPECT_NEAR(stated / spread, 1, 0.25);
  }
}

TEST(Beta, PositiveDifferencesDoNotMindWhatIsMissing) {
  const MagnitudeLaw law{3, 0.1, 2.2, 9.5};
  const std::vector<double> all = Drawn(law, 20000, 1);
  // Behind each large event only larger ones are listed for a while.
  std::vector<double> listed;
  int hidden = 0;
  for (const double m : all) {
    if (m > 5) hidden = 100;
    if (hidden-- > 0 && m < 4) continue;
    listed.push_back(m);
  }
  const Beta plain = *EstimateBeta(listed, 3, 0.1);
  const Beta positive = *EstimateBetaPositive(listed, 0.1);
  EXPECT_LT(plain.value, 2.2 - 3 * plain.standard_error);
  EXPECT_NEAR(positive.value, 2.2, 3 * positive.standard_error);
  EXPECT_NEAR(EstimateBetaPositive(all, 0.1)->value, 2.2, 3 * positive.standard_error);
}

TEST(Beta, SaysWhatIsMissing) {
  EXPECT_EQ(EstimateBeta({}, 3, 0.1).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(EstimateBeta({3, 3, 3}, 3, 0.1).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(EstimateBeta({3, std::nan("")}, 3, 0.1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EstimateBeta({3, 4}, 3, -1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EstimateBetaPositive({5, 4, 3}, 0.1).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(MagnitudeOfCompleteness, IsFoundAboveWhatIsThinnedOut) {
  const MagnitudeLaw law{1, 0.1, 2.302585, 9.5};
  RandomStream random({7});
  std::vector<double> listed;
  for (const double m : Drawn(law, 60000, 5)) {
    if (m >= 1.95 || random.Uniform() < std::pow(0.3, (1.95 - m) / 0.1)) listed.push_back(m);
  }
  const MagnitudeOfCompleteness found = *EstimateCompleteness(listed, 0.1);
  EXPECT_TRUE(found.fits);
  EXPECT_GE(found.goodness_of_fit, 90);
  EXPECT_NEAR(found.magnitude, 2.2, 0.11);  // most events at 2.0, and 0.2 more
  EXPECT_NEAR(found.beta.value, 2.302585, 4 * found.beta.standard_error);
}

TEST(MagnitudeOfCompleteness, SaysWhereNoLawFits) {
  std::vector<double> two_heaps(300, 3.0);
  two_heaps.insert(two_heaps.end(), 200, 6.0);
  for (int i = 0; i < 60; ++i) two_heaps.push_back(3.2);
  const MagnitudeOfCompleteness found = *EstimateCompleteness(two_heaps, 0.1);
  EXPECT_FALSE(found.fits);
  EXPECT_LT(found.goodness_of_fit, 90);
  EXPECT_NEAR(found.magnitude, 3.2, 1e-9);
  EXPECT_EQ(EstimateCompleteness({3, 3.1, 3.2, 3.3}, 0.1).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tremorcast
