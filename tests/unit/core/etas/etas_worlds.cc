#include "tests/unit/core/etas/etas_worlds.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/etas/etas_simulator.h"

namespace tremorcast {

absl::Time DayZero() { return absl::FromUnixSeconds(1483200000); }

Interval Days(double begin, double end) {
  return {DayZero() + absl::Seconds(begin * 86400), DayZero() + absl::Seconds(end * 86400)};
}

EtasRegion EtasRegionOf(std::vector<GeoPoint> ring) {
  Region region;
  region.id = RegionId("region");
  region.polygon = std::move(ring);
  const absl::StatusOr<EtasRegion> made = MakeEtasRegion(region);
  EXPECT_TRUE(made.ok()) << made.status();
  return made.value_or(EtasRegion());
}

EtasModel WorldModel(double per_year) {
  EtasModel model;
  model.parameters.value = {0, -2.55, 1.69, -2.95, -0.03, 3.99, -0.35, 1.22, 0.51};
  model.magnitudes = {3.5, 0.1, 2.302585, 8};
  Region region;
  region.id = RegionId("world");
  region.polygon = BoxPolygon(28, 33, 100, 106);
  model.region = *MakeEtasRegion(region);
  model.parameters.value[kLog10Mu] = std::log10(per_year / kDaysPerYear / model.region.area_km2);
  return model;
}

EtasModel DateLineModel() {
  EtasModel model = WorldModel(2000);
  Region across;
  across.id = RegionId("across");
  across.polygon = BoxPolygon(-20, -15, 177, -177);
  const absl::StatusOr<EtasRegion> region = MakeEtasRegion(across);
  EXPECT_TRUE(region.ok()) << region.status();
  if (region.ok()) model.region = *region;
  return model;
}

EtasEvents WorldEvents(const EtasModel& model, double years, uint64_t seed) {
  const absl::StatusOr<EtasSimulator> simulator =
      EtasSimulator::Create(model, NoEvents(), 0, years * kDaysPerYear, seed);
  EXPECT_TRUE(simulator.ok()) << simulator.status();
  EtasEvents world = NoEvents();
  for (const SimulatedEarthquake& event : simulator->Simulate(0)) {
    world.events.push_back(
        {event.day, event.magnitude, event.place, ToUnitVector(event.place), model.region.Contains(event.place)});
  }
  return world;
}

EtasEvents NoEvents() {
  EtasEvents none;
  none.day_zero = DayZero();
  return none;
}

}  // namespace tremorcast
