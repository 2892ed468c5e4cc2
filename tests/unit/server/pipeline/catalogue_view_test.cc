#include "server/pipeline/catalogue_view.h"

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

SeismicEvent Event(const std::string& source, double magnitude) {
  SeismicEvent event;
  event.source = source;
  event.source_event_id = "1";
  event.origin_time = absl::FromUnixSeconds(1'600'000'000);
  event.epicenter = {30, 102};
  event.magnitude = magnitude;
  return event;
}

TEST(CatalogueViewTest, NeverMixesSimulatedAndRealEvents) {
  const std::vector<SeismicEvent> both = {Event("cenc", 4), Event("simulated", 6)};
  const std::vector<SeismicEvent> real = CatalogueFor(false, both, DefaultCataloguePrecedence());
  ASSERT_EQ(real.size(), 1u);
  EXPECT_EQ(real[0].source, "cenc");
  const std::vector<SeismicEvent> simulated = CatalogueFor(true, both, DefaultCataloguePrecedence());
  ASSERT_EQ(simulated.size(), 1u);
  EXPECT_EQ(simulated[0].source, "simulated");
}

std::vector<Completeness> Statements(const std::vector<std::pair<std::string, absl::Time>>& until) {
  std::vector<Completeness> statements;
  for (const auto& [source, time] : until) {
    statements.emplace_back().source = source;
    statements.back().period.end = time;
  }
  return statements;
}

TEST(CatalogueViewTest, ASimulatedRegionUsesTheRealCatalogueOnlyWhereThereIsNoSimulatedOne) {
  const absl::Time t1 = absl::FromUnixSeconds(100);
  const absl::Time t2 = absl::FromUnixSeconds(200);
  const auto both = Statements({{"cenc", t1}, {"simulated", t2}});
  EXPECT_FALSE(UsesSimulatedCatalogue(true, Statements({{"cenc", t1}})));
  EXPECT_TRUE(UsesSimulatedCatalogue(true, both));
  EXPECT_FALSE(UsesSimulatedCatalogue(false, both));
  EXPECT_EQ(CataloguePeriod(false, both, {}, {}).end, t1);
  EXPECT_EQ(CataloguePeriod(true, both, {}, {}).end, t2);
  EXPECT_EQ(CataloguePeriod(false, Statements({{"simulated", t2}}), {}, {}).end, absl::InfinitePast());
}

TEST(CatalogueViewTest, TheSnapshotNamesTheLastEventTheCountAndTheContent) {
  EXPECT_EQ(CatalogueSnapshot({}), "none");
  const std::string one = CatalogueSnapshot({Event("cenc", 4)});
  EXPECT_EQ(one.substr(0, one.rfind('/')), "2020-09-13T12:26:40Z/1");
  EXPECT_NE(one, CatalogueSnapshot({Event("cenc", 4.1)}));
}

}  // namespace
}  // namespace tremorcast
