// How often the 95 % interval of a mean gain misses the true one where weeks depend on each other.

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/str_format.h>
#include <gtest/gtest.h>

#include "core/verification/scores.h"
#include "tests/simulation/simulated_weeks.h"

namespace tremorcast {
namespace {

constexpr int kRuns = 2000;

struct Missed {
  double share = 0, above = 0, block = 0;  // above: the lower end lies above the true mean
};

Missed Measure(int weeks, double phi, std::optional<int> block) {
  Missed missed;
  Draws draws(3);
  BootstrapOptions options;
  options.replicates = 500;
  options.block_weeks = block;
  for (int run = 0; run < kRuns; ++run) {
    Autoregressive noise(phi, draws);
    std::vector<absl::Time> times;
    std::vector<double> values;
    for (int week = 0; week < weeks; ++week) {
      times.push_back(WeekNumber(week));
      values.push_back(noise.Next());
    }
    const MeanInterval interval = BootstrapMean(times, values, options).value();
    missed.share += interval.low > 0 || interval.high < 0 ? 1.0 / kRuns : 0;
    missed.above += interval.low > 0 ? 1.0 / kRuns : 0;
    missed.block += static_cast<double>(interval.block_weeks) / kRuns;
  }
  return missed;
}

TEST(BootstrapCoverageTest, LongerBlocksMissLessWhereWeeksDependOnEachOther) {
  for (const int weeks : {52, 104, 208}) {
    for (const double phi : {0.0, 0.3, 0.6}) {
      const Missed fixed = Measure(weeks, phi, 4), own = Measure(weeks, phi, std::nullopt);
      const std::string what = absl::StrFormat(
          "%4d weeks, phi %.1f: blocks of 4 miss %4.1f %%; blocks from the data (%.1f weeks) miss %4.1f %%, above %.1f "
          "%%",
          weeks, phi, 100 * fixed.share, own.block, 100 * own.share, 100 * own.above);
      std::cout << what << "\n";
      EXPECT_LE(own.share, phi < 0.5 ? 0.08 : 0.14) << what;
      EXPECT_LE(own.share, fixed.share + 0.01) << what;
    }
  }
}

}  // namespace
}  // namespace tremorcast
