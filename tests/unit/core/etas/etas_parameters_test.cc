#include "core/etas/etas_parameters.h"

#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

TEST(EtasParameters, AreNamedOnceAndLieWithinTheirBounds) {
  std::set<std::string> names;
  for (int i = 0; i < kEtasParameters; ++i) {
    const auto parameter = static_cast<EtasParameter>(i);
    names.insert(std::string(EtasParameterName(parameter)));
    EXPECT_LT(EtasParameterBound(parameter).low, EtasParameters().value[static_cast<size_t>(i)]);
    EXPECT_GT(EtasParameterBound(parameter).high, EtasParameters().value[static_cast<size_t>(i)]);
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kEtasParameters));
  EtasParameters bad;
  EXPECT_TRUE(ValidateEtasParameters(bad).ok());
  bad.value[kOmega] = std::nan("");
  EXPECT_EQ(ValidateEtasParameters(bad).code(), absl::StatusCode::kInvalidArgument);
  bad.value[kOmega] = 1.5;
  EXPECT_NE(ValidateEtasParameters(bad).message().find("omega = 1.5"), std::string::npos);
}

TEST(MagnitudeLaw, DrawsBinsInTheSharesOfGutenbergAndRichter) {
  const MagnitudeLaw law{3.5, 0.1, 2.0, 5};
  const double whole = -std::expm1(-2.0 * 1.6);  // from 3.45 to 5.05
  // The share that a bin takes of evenly spread numbers.
  constexpr int kNumbers = 200000;
  std::array<int, 16> bins = {};
  for (int i = 0; i < kNumbers; ++i) {
    const double magnitude = law.Draw((i + 0.5) / kNumbers);
    const double bin = (magnitude - 3.5) / 0.1;
    ASSERT_NEAR(bin, std::round(bin), 1e-6);
    ++bins.at(static_cast<size_t>(std::lround(bin)));
  }
  for (size_t k = 0; k < bins.size(); ++k) {
    const double low = 0.1 * static_cast<double>(k);
    const double share = (std::exp(-2.0 * low) - std::exp(-2.0 * (low + 0.1))) / whole;
    EXPECT_NEAR(bins[k] / static_cast<double>(kNumbers), share, 1.1 / kNumbers) << k;
  }
  EXPECT_EQ(law.Draw(0), 3.5);
  EXPECT_NEAR(law.Draw(0.9999999999999999), 5, 1e-9);
}

TEST(MagnitudeLaw, RoundsHalvesUpAsListed) {
  const MagnitudeLaw law{3, 0.1, 2.3, 9};
  EXPECT_NEAR(law.Binned(3.649), 3.6, 1e-9);
  EXPECT_NEAR(law.Binned(3.65), 3.7, 1e-9);
  EXPECT_EQ((MagnitudeLaw{3, 0, 2.3, 9}).Binned(3.6543), 3.6543);
  EXPECT_EQ(ValidateMagnitudeLaw({3, 0.1, 0, 9}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ValidateMagnitudeLaw({3, 0.1, 2, 3}).code(), absl::StatusCode::kInvalidArgument);
}

// The largest bin is the last that does not lie above `largest`, for the draw and the mean alike.
TEST(MagnitudeLaw, IsCutAtOnePlace) {
  for (const MagnitudeLaw& law : {MagnitudeLaw{3.5, 0.1, 1.2, 5.0}, MagnitudeLaw{3.5, 0.1, 1.2, 5.07},
                                  MagnitudeLaw{3.55, 0.1, 1.2, 5.0}, MagnitudeLaw{3.5, 0, 1.2, 5.07}}) {
    EtasParameters p;
    constexpr int kNumbers = 200000;
    const double lowest = ExpectedChildren(p, law, law.lower());
    double sum = 0;
    for (int i = 0; i < kNumbers; ++i) {
      const double magnitude = law.Draw((i + 0.5) / kNumbers);
      EXPECT_LE(magnitude, law.largest + 1e-9);
      sum += lowest * std::exp(p.alpha() * (magnitude - law.lower()));
    }
    EXPECT_NEAR(BranchingRatio(p, law) / (sum / kNumbers), 1, 1e-4) << law.completeness << " " << law.largest;
  }
}

// The closed form against the mean over what is drawn, with bins and without, above and below the
// point where alpha is beta.
TEST(BranchingRatio, IsTheMeanOfTheChildrenOfWhatIsDrawn) {
  for (const double bin : {0.0, 0.1}) {
    for (const double beta : {2.302585, 1.9, 1.0678}) {
      EtasModel model = WorldModel();
      model.magnitudes = {3.5, bin, beta, 7};
      constexpr int kNumbers = 200000;
      const double lowest = ExpectedChildren(model.parameters, model.magnitudes, model.magnitudes.lower());
      double sum = 0;
      for (int i = 0; i < kNumbers; ++i) {
        const double excess = model.magnitudes.Draw((i + 0.5) / kNumbers) - model.magnitudes.lower();
        sum += lowest * std::exp(model.parameters.alpha() * excess);
      }
      EXPECT_NEAR(ExpectedChildren(model.parameters, model.magnitudes, 5) / lowest,
                  std::exp(model.parameters.alpha() * (5 - model.magnitudes.lower())), 1e-9);
      EXPECT_NEAR(BranchingRatio(model.parameters, model.magnitudes) / (sum / kNumbers), 1, 1e-3) << bin << " " << beta;
    }
  }
}

}  // namespace
}  // namespace tremorcast
