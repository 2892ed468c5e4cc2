#include "tests/unit/core/ladder/ladder_worlds.h"

#include <algorithm>
#include <cmath>

#include <absl/strings/str_cat.h>

#include "core/base/random.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
std::vector<SeismicEvent> ClusteredWorld(uint64_t seed, const World& world) {
  EtasModel model = WorldModel(world.background);
  model.magnitudes.completeness = 3;
  // Most children come within days, as after a mainshock; those of WorldModel take years.
  EtasVector& p = model.parameters.value;
  p[kA] = 1.9;
  p[kLog10C] = world.log10_c;
  p[kOmega] = world.omega;
  p[kLog10Tau] = world.log10_tau;
  p[kLog10K0] += std::log10(world.branching / BranchingRatio(model.parameters, model.magnitudes));
  std::vector<SeismicEvent> catalogue;
  for (const EtasEvents::Event& drawn : WorldEvents(model, world.years, seed).events) {
    SeismicEvent event;
    event.source = "simulated";
    event.source_event_id = absl::StrCat(catalogue.size());
    event.origin_time = DayZero() + absl::Seconds(drawn.day * 86400);
    event.epicenter = drawn.place;
    event.magnitude = drawn.magnitude;
    catalogue.push_back(event);
  }
  return catalogue;
}

std::vector<SeismicEvent> PoissonWorld(uint64_t seed, bool halved, const World& world) {
  std::vector<SeismicEvent> catalogue = ClusteredWorld(seed, world);
  RandomStream random({seed, 7});
  const double days = world.years * kDaysPerYear;
  for (SeismicEvent& event : catalogue) {
    // Two of three events fall into the first half.
    const double u = random.Uniform();
    const double share = !halved ? u : u < 2.0 / 3 ? u * .75 : .5 + (u - 2.0 / 3) * 1.5;
    event.origin_time = DayZero() + absl::Seconds(share * days * 86400);
  }
  std::sort(catalogue.begin(), catalogue.end(),
            [](const SeismicEvent& a, const SeismicEvent& b) { return a.origin_time < b.origin_time; });
  return catalogue;
}

LadderTrialOptions WorldTrial() {
  LadderTrialOptions options;
  for (int r = 0; r < 6; ++r) {
    Region region;
    region.id = RegionId(absl::StrCat("area-", r));
    const double south = 28 + 2.5 * (r / 3), west = 100 + 2 * (r % 3);
    region.polygon = BoxPolygon(south, south + 2.5, west, west + 2);
    options.regions.push_back(region);
  }
  options.period = Days(0, kWorldYears * kDaysPerYear);
  options.test_begin = DayZero() + absl::Hours(24 * kDaysPerYear * (kWorldYears - 8));
  options.origins = 3;
  options.catalogues = 200;
  return options;
}

}  // namespace tremorcast
