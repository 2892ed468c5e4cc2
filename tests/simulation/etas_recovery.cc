// Twenty simulated catalogues, each fitted: how often the reported standard errors cover the truth.
// docs/METHOD.md, section 7, says what came. tests/run --label soak --filter etas_recovery

#include <cmath>
#include <cstdint>
#include <cstdio>

#include <gtest/gtest.h>

#include "core/etas/etas_fit.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

constexpr uint64_t kCatalogues = 20;

TEST(EtasRecovery, StandardErrorsCoverTheTruth) {
  const EtasModel world = WorldModel(25);
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  options.rupture_lengths = 1000;
  std::array<int, kEtasParameters> covered = {};
  EtasVector bias = {};
  int fits = 0;
  for (uint64_t seed = 1; seed <= kCatalogues; ++seed) {
    const EtasFit fit = *FitEtas(WorldEvents(world, 40, seed), world.region, world.magnitudes,
                                 Days(10 * kDaysPerYear, 40 * kDaysPerYear), options);
    if (!fit.accepted()) {
      std::printf("%2d targets %5d: %s\n", static_cast<int>(seed), fit.targets, fit.refusal.c_str());
      continue;
    }
    ++fits;
    std::printf("%2d targets %5d", static_cast<int>(seed), fit.targets);
    for (size_t i = 0; i < kEtasParameters; ++i) {
      const double misses = (fit.model.parameters.value[i] - world.parameters.value[i]) / fit.standard_errors[i];
      std::printf(" %6.2f", misses);
      covered[i] += std::abs(misses) < 1.96 ? 1 : 0;
      bias[i] += misses;
    }
    std::printf("\n");
  }
  ASSERT_GE(fits, 18);
  int all = 0;
  for (size_t i = 0; i < kEtasParameters; ++i) {
    std::printf("%-10s covered %2d of %d, mean miss %+.2f standard errors\n",
                std::string(EtasParameterName(static_cast<EtasParameter>(i))).c_str(), covered[i], fits,
                bias[i] / fits);
    all += covered[i];
    // 19 of 20 on average; 15 or fewer come by chance once in 400.
    EXPECT_GE(covered[i], fits - 5) << i;
  }
  EXPECT_GE(all, 0.9 * fits * kEtasParameters);
}

}  // namespace
}  // namespace tremorcast
