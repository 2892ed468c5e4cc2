// How often some one of eight regions is said to have shown skill where climatology is true.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

#include <absl/strings/str_format.h>
#include <gtest/gtest.h>

#include "core/skill/verified_record.h"
#include "tests/simulation/simulated_weeks.h"

namespace tremorcast {
namespace {

constexpr int kRegions = 8;
constexpr int kWeeks = 520;
constexpr int kRuns = 2000;

struct Passed {
  double uncorrected = 0, corrected = 0;  // share of runs in which some region passed, within ten years
};

// Forecasts a factor exp(+-boldness) of the odds away from climatology, without any reason.
Passed SomeRegionPasses(double rate, double boldness) {
  VerifiedRecord alone, together;
  together.looked_at = kRegions;
  Passed passed;
  Draws draws(7);
  for (int run = 0; run < kRuns; ++run) {
    double highest = 0;
    for (int region = 0; region < kRegions; ++region) {
      double evidence = 0;
      for (int week = 0; week < kWeeks; ++week) {
        const double opinion = draws.Uniform() < 0.5 ? boldness : -boldness;
        const double p = 1 / (1 + (1 - rate) / rate * std::exp(-opinion));
        evidence += draws.Uniform() < rate ? std::log(p / rate) : std::log((1 - p) / (1 - rate));
        highest = std::max(highest, evidence);
      }
    }
    passed.uncorrected += highest >= alone.log_evidence_needed() ? 1.0 / kRuns : 0;
    passed.corrected += highest >= together.log_evidence_needed() ? 1.0 / kRuns : 0;
  }
  return passed;
}

TEST(RegionsLookedAtTest, SomeOneOfEightPassesAtMostOnceInTwenty) {
  double worst = 0;
  for (const double rate : {0.05, 0.3}) {
    for (const double boldness : {0.1, 0.3, 1.0}) {
      const Passed passed = SomeRegionPasses(rate, boldness);
      worst = std::max(worst, passed.uncorrected);
      const std::string what = absl::StrFormat("rate %.2f, boldness %.1f: at ln 20 %4.1f %%, at ln 160 %4.1f %%", rate,
                                               boldness, 100 * passed.uncorrected, 100 * passed.corrected);
      std::cout << what << "\n";
      EXPECT_LE(passed.corrected, 0.05) << what;
    }
  }
  EXPECT_GT(worst, 0.15) << "otherwise this simulation shows nothing";
}

}  // namespace
}  // namespace tremorcast
