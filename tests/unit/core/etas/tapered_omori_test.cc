#include "core/etas/tapered_omori.h"

#include <cmath>
#include <limits>

#include <boost/math/special_functions/expint.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

// Gamma(a, x) for any real a: the recursion takes a negative one up to a positive.
double UpperGamma(double a, double x) {
  if (a > 0) return boost::math::tgamma(a, x);
  if (a == 0) return boost::math::expint(1, x);
  return (UpperGamma(a + 1, x) - std::pow(x, a) * std::exp(-x)) / a;
}

double Closed(double c, double omega, double tau, double t) {
  const double scale = std::exp(c / tau) * std::pow(tau, -omega);
  return scale * (UpperGamma(-omega, c / tau) - (std::isinf(t) ? 0 : UpperGamma(-omega, (t + c) / tau)));
}

struct Case {
  double c, omega, tau;
};
constexpr Case kCases[] = {
    {0.00072, -0.0432, 5115}, {0.0011, -0.03, 9772}, {0.01, 0.2, 1000}, {0.3, -0.5, 50}, {1e-5, 0, 1e6},
};

TEST(TaperedOmori, IsTheIncompleteGammaFunction) {
  for (const Case& k : kCases) {
    const TaperedOmori decay(k.c, k.omega, k.tau);
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_NEAR(decay.total() / Closed(k.c, k.omega, k.tau, infinity), 1, 1e-9);
    EXPECT_EQ(decay.Integral(infinity), decay.total());
    EXPECT_EQ(decay.Integral(0), 0);
    for (const double t : {1e-4, 0.01, 1.0, 7.0, 365.0, 9000.0}) {
      EXPECT_NEAR(decay.Integral(t), Closed(k.c, k.omega, k.tau, t), 1e-7 * decay.total())
          << "c " << k.c << " omega " << k.omega << " tau " << k.tau << " t " << t;
    }
  }
}

TEST(TaperedOmori, DensityIsTheSlopeOfTheIntegral) {
  for (const Case& k : kCases) {
    const TaperedOmori decay(k.c, k.omega, k.tau);
    for (const double t : {0.01, 1.0, 100.0}) {
      const double h = 1e-4 * t;
      const double slope = (decay.Integral(t + h) - decay.Integral(t - h)) / (2 * h);
      EXPECT_NEAR(slope / decay.Density(t), 1, 1e-4);
    }
  }
}

TEST(TaperedOmori, DerivativesAreThoseOfTheClosedForm) {
  const Case k = {0.01, 0.2, 1000};
  const TaperedOmori decay(k.c, k.omega, k.tau);
  constexpr double kStep = 1e-5;
  for (const double t : {0.5, 30.0, 2000.0}) {
    const TaperedOmori::Parts parts = decay.IntegralWithGradient(t);
    const double by_c =
        Closed(k.c * std::exp(kStep), k.omega, k.tau, t) - Closed(k.c * std::exp(-kStep), k.omega, k.tau, t);
    const double by_omega = Closed(k.c, k.omega + kStep, k.tau, t) - Closed(k.c, k.omega - kStep, k.tau, t);
    const double by_tau =
        Closed(k.c, k.omega, k.tau * std::exp(kStep), t) - Closed(k.c, k.omega, k.tau * std::exp(-kStep), t);
    EXPECT_EQ(parts[TaperedOmori::kValue], decay.Integral(t));
    EXPECT_NEAR(parts[TaperedOmori::kByLogC], by_c / (2 * kStep), 1e-5);
    EXPECT_NEAR(parts[TaperedOmori::kByOmega], by_omega / (2 * kStep), 1e-5);
    EXPECT_NEAR(parts[TaperedOmori::kByLogTau], by_tau / (2 * kStep), 1e-5);
  }
}

TEST(TaperedOmori, TimeOfInvertsTheIntegral) {
  for (const Case& k : kCases) {
    const TaperedOmori decay(k.c, k.omega, k.tau);
    for (const double share : {0.0, 1e-6, 0.2, 0.5, 0.9, 0.999, 1.0}) {
      const double t = decay.TimeOf(share * decay.total());
      ASSERT_TRUE(std::isfinite(t)) << share;
      EXPECT_NEAR(decay.Integral(t), share * decay.total(), 1e-9 * decay.total()) << share;
    }
  }
}

}  // namespace
}  // namespace tremorcast
