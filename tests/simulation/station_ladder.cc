// Three worlds with stations: on which rung the ladder ends. docs/EVALUATION.md says what came.
// tests/run --label soak --filter station_ladder

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "files/system_clock.h"
#include "trainer/evaluate/placebos.h"
#include "trainer/run/experiment.h"

namespace tremorcast {
namespace {

constexpr int kSeeds = 20;

// The command is `tremorcast-trainer experiment --world WORLD --precursor S --seed N --slots 24
// --stations 2 --heads 2 --catalogues 1000 --threads 1`.
std::map<Rung, int> Ends(const char* world, double precursor) {
  const SystemClock clock;
  std::map<Rung, int> ends;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ExperimentOptions options;
    options.catalogue = *ParseSimulatedCatalogue(world);
    options.precursor = precursor;
    options.seed = options.config.training.seed = seed;
    options.slots = 24;
    options.stations = 2;
    options.config.training.heads = 2;
    options.config.training.threads = 1;
    options.config.below_catalogues = 1000;
    const auto result = RunExperiment(options, CheckPlacebos, {}, clock);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) continue;
    ++ends[result->rung()];
    std::printf("%s, strength %g, seed %d: %s; stations: %s\n", world, precursor, static_cast<int>(seed),
                std::string(RungName(result->rung())).c_str(), result->scores.verdict.sentence.c_str());
    std::fflush(stdout);
  }
  return ends;
}

// At a level of 2.5 % more than two of 20 come once in 70.
TEST(StationLadder, StationsThatKnowNothingNeverAnswer) {
  std::map<Rung, int> clustered = Ends("clustered", 0);
  EXPECT_LE(clustered[Rung::kStations], 2);
  std::map<Rung, int> poisson = Ends("poisson", 0);
  EXPECT_LE(poisson[Rung::kStations] + poisson[Rung::kCatalogue], 2);
}

TEST(StationLadder, APrecursorAmongClustersIsFound) {
  std::map<Rung, int> planted = Ends("clustered", 3);
  EXPECT_GE(planted[Rung::kStations], 16);
}

}  // namespace
}  // namespace tremorcast
