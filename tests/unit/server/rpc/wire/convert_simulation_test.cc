#include "server/rpc/wire/convert_simulation.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/etas/etas_outlook.h"
#include "core/etas/etas_rate_map.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast::rpc {
namespace {

// A day after an M 6.5, in the western half of the world.
class ConvertSimulationTest : public testing::Test {
 protected:
  ConvertSimulationTest() {
    EtasEvents past = NoEvents();
    past.events.push_back({40, 6.5, {30.05, 103.05}, ToUnitVector({30.05, 103.05}), true});
    simulator_ = std::make_unique<EtasSimulator>(*EtasSimulator::Create(WorldModel(200), past, 41, 7, 1));
    grid_ = LatticeOver(simulator_->model().region.shape, MagnitudeClasses());
    Region west;
    west.id = RegionId("west");
    west.polygon = BoxPolygon(28, 33, 100, 103);
    cells_ = CellsOf(grid_, *MakeEtasRegion(west));
  }

  // Index, number within the catalogue and time of each event, and the empty catalogues, read in
  // pages of this size.
  std::vector<std::string> Read(const SimulationLimits& limits, int64_t catalogues, int* pages = nullptr) const {
    std::vector<std::string> lines;
    SimulationPosition at;
    int read = 0;
    while (at.index < catalogues) {
      v1::ListSimulatedCataloguesResponse page;
      at = FillSimulationPage({*simulator_, catalogues, DayZero(), grid_, cells_}, at, limits, &page);
      int events = 0;
      for (const v1::SimulatedCatalogue& catalogue : page.catalogues()) {
        if (catalogue.first_event() == 0 && catalogue.events().empty()) {
          lines.push_back(std::to_string(catalogue.index()) + " empty");
        }
        int number = catalogue.first_event();
        for (const v1::SimulatedEvent& event : catalogue.events()) {
          lines.push_back(std::to_string(catalogue.index()) + " " + std::to_string(++number) + " " +
                          event.ShortDebugString());
        }
        events += catalogue.events_size();
      }
      EXPECT_LE(events, limits.events);
      EXPECT_LE(page.catalogues_size(), limits.catalogues);
      ++read;
    }
    if (pages != nullptr) *pages = read;
    return lines;
  }

  std::unique_ptr<EtasSimulator> simulator_;
  SpaceMagnitudeGrid grid_;
  std::vector<int32_t> cells_;
};

TEST_F(ConvertSimulationTest, PagesOfAnySizeAreTheSameCatalogues) {
  const std::vector<std::string> whole = Read({1000, 1'000'000}, 40);
  int pages = 0;
  EXPECT_EQ(Read({7, 1'000'000}, 40, &pages), whole);
  EXPECT_EQ(pages, 6);
  // Catalogues that are longer than a page, and pages that end with one.
  for (const int events : {1, 2, 3, 5, 64}) EXPECT_EQ(Read({1000, events}, 40, &pages), whole) << events;
  EXPECT_GT(whole.size(), 100U);
}

TEST_F(ConvertSimulationTest, ListsTheEventsOfTheCellsWithinThePeriod) {
  v1::ListSimulatedCataloguesResponse page;
  const SimulationPosition end =
      FillSimulationPage({*simulator_, 50, DayZero(), grid_, cells_}, {}, {1000, 1'000'000}, &page);
  EXPECT_EQ(end.index, 50);
  ASSERT_EQ(page.catalogues_size(), 50) << "the empty ones too";
  int64_t listed = 0, counted = 0;
  for (int i = 0; i < 50; ++i) {
    absl::Time before = absl::InfinitePast();
    for (const v1::SimulatedEvent& event : page.catalogues(i).events()) {
      EXPECT_GE(event.magnitude(), 3.5);
      EXPECT_TRUE(event.longitude_degrees() >= 100 && event.longitude_degrees() < 103);
      const absl::Time time =
          absl::FromUnixSeconds(event.origin_time().seconds()) + absl::Nanoseconds(event.origin_time().nanos());
      EXPECT_GE(time, before);
      EXPECT_TRUE(time >= DayZero() && time < DayZero() + absl::Hours(7 * 24));
      before = time;
    }
    listed += page.catalogues(i).events_size();
    for (const SimulatedEarthquake& one : simulator_->Simulate(i)) {
      counted += one.magnitude > 3.45 && one.place.longitude_deg >= 100 && one.place.longitude_deg < 103 &&
                 one.place.latitude_deg >= 28 && one.place.latitude_deg < 33;
    }
  }
  EXPECT_EQ(listed, counted);
}

}  // namespace
}  // namespace tremorcast::rpc
