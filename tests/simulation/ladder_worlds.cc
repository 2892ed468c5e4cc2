// Twenty catalogues of each kind: how often the catalogue model is said to know more than
// climatology. docs/EVALUATION.md says what came. tests/run --label soak --filter ladder_worlds

#include "tests/unit/core/ladder/ladder_worlds.h"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

constexpr uint64_t kSeeds = 20;

int Claims(const char* world, const std::function<std::vector<SeismicEvent>(uint64_t)>& make) {
  int claims = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::vector<SeismicEvent> catalogue = make(seed);
    const auto trial = TryLadder(catalogue, catalogue, WorldTrial());
    EXPECT_TRUE(trial.ok()) << trial.status();
    if (!trial.ok()) continue;
    const LadderOrigin& last = trial->origins.back();
    std::printf("%-9s %2d  %4d targets, branching %.2f, w %.2f, gain %+.4f [%+.4f, %+.4f], over its twin %+.4f: %s%s\n",
                world, static_cast<int>(seed), last.rung.fit.targets, last.rung.fit.branching_ratio, last.pool.weight,
                trial->gain->mean, trial->gain->low, trial->gain->high, trial->gain_over_twin->mean,
                trial->verdict.demonstrated_skill ? "skill" : "none",
                last.rung.accepted() ? "" : (", " + last.rung.refusal).c_str());
    std::fflush(stdout);
    claims += trial->verdict.demonstrated_skill ? 1 : 0;
  }
  return claims;
}

// 11 of 20 when this was written. Were half of them found, less than six would come twice in 100.
TEST(LadderWorlds, ClustersAreFound) {
  EXPECT_GE(Claims("clustered", [](uint64_t seed) { return ClusteredWorld(seed); }), 6);
}

// At a level of 2.5 % more than two of 20 come once in 70.
TEST(LadderWorlds, RandomTimesAreNoSkill) {
  EXPECT_LE(Claims("poisson", [](uint64_t seed) { return PoissonWorld(seed); }), 2);
}
TEST(LadderWorlds, AHalvedRateIsNoSkill) {
  EXPECT_LE(Claims("halved", [](uint64_t seed) { return PoissonWorld(seed, true); }), 2);
}

}  // namespace
}  // namespace tremorcast
