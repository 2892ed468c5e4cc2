// How often the Diebold-Mariano test rejects at 5 % (two-sided) where both forecasts are equally
// good and the weekly differences are autoregressive, and how often where they are not.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <absl/strings/str_format.h>
#include <gtest/gtest.h>

#include "core/significance/diebold_mariano.h"
#include "core/verification/weekly_series.h"
#include "tests/simulation/simulated_weeks.h"

namespace tremorcast {
namespace {

constexpr int kRuns = 4000;

// The length for Bartlett weights of Andrews (1991), Econometrica 59, from an AR(1) fit: what the
// estimated variance was weighed against.
int AndrewsLags(const std::vector<double>& series) {
  const std::vector<double> gamma = Autocovariances(series, 1);
  const double rho = std::clamp(gamma[1] / gamma[0], -0.97, 0.97);
  const double n = static_cast<double>(series.size());
  const double alpha = 4 * rho * rho / std::pow((1 - rho) * (1 + rho), 2);
  return std::min(static_cast<int>(1.1447 * std::cbrt(alpha * n)), static_cast<int>(n) - 2);
}

std::map<std::string, double> Rejected(int weeks, double phi, double shift) {
  std::map<std::string, double> rejected;
  Draws draws(1);
  for (int run = 0; run < kRuns; ++run) {
    Autoregressive noise(phi, draws);
    std::vector<double> series;
    for (int week = 0; week < weeks; ++week) series.push_back(noise.Next() + shift);
    const auto count = [&](const std::string& name, const absl::StatusOr<DieboldMarianoTest>& test) {
      rejected[name] += test.ok() && test->two_sided_p <= 0.05 ? 1.0 / kRuns : 0;
    };
    count("automatic", DieboldMariano(series));
    count("lags 0", DieboldMariano(series, 0));
    count("Andrews", DieboldMariano(series, AndrewsLags(series)));
  }
  return rejected;
}

std::string Line(int weeks, double phi, std::map<std::string, double> r) {
  return absl::StrFormat(
      "%4d weeks, phi %.1f: automatic %4.1f %%, Newey-West at Andrews' length %4.1f %%, lags 0 %4.1f %%", weeks, phi,
      100 * r["automatic"], 100 * r["Andrews"], 100 * r["lags 0"]);
}

TEST(DieboldMarianoSizeTest, HoldsItsLevelWhereWeeksDependOnEachOther) {
  for (const int weeks : {26, 52, 104}) {
    for (const double phi : {0.0, 0.3, 0.6}) {
      std::map<std::string, double> r = Rejected(weeks, phi, 0);
      std::cout << Line(weeks, phi, r) << "\n";
      EXPECT_LE(r["automatic"], weeks < 52 ? 0.085 : 0.075) << Line(weeks, phi, r);
      EXPECT_GE(r["automatic"], 0.035) << Line(weeks, phi, r);
      if (phi == 0.6) {
        EXPECT_GT(r["lags 0"], 0.25) << "otherwise this simulation shows nothing";
      }
    }
  }
}

TEST(DieboldMarianoSizeTest, FindsADifferenceNearlyAsOftenAsTheTTestDoesOnIndependentWeeks) {
  std::map<std::string, double> r = Rejected(52, 0, 0.4);
  std::cout << "a mean of .4 standard deviations: " << Line(52, 0, r) << "\n";
  EXPECT_GT(r["automatic"], 0.55);
}

}  // namespace
}  // namespace tremorcast
