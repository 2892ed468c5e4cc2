#include "core/network/rings.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using Ring = std::vector<GeoPoint>;

double Area(const Ring& ring) { return TwiceSignedArea(ring) / 2; }

std::vector<double> Areas(const std::vector<Ring>& rings) {
  std::vector<double> areas;
  for (const Ring& ring : rings) areas.push_back(Area(ring));
  std::sort(areas.begin(), areas.end());
  return areas;
}

TEST(RingsTest, SplitRingsUndoesJoinRingsWhicheverWayEachWasDrawn) {
  const Ring outer = BoxPolygon(20, 30, 100, 110), hole = BoxPolygon(22, 24, 102, 105),
             island = BoxPolygon(20, 21, 112, 113);
  for (int turned = 0; turned < 8; ++turned) {
    std::vector<DrawnRing> drawn = {{outer, false}, {hole, true}, {island, false}};
    for (int r = 0; r < 3; ++r) {
      if ((turned >> r & 1) != 0)
        std::reverse(drawn[static_cast<size_t>(r)].points.begin(), drawn[static_cast<size_t>(r)].points.end());
    }
    EXPECT_THAT(Areas(SplitRings(JoinRings(drawn))), testing::ElementsAre(-6, 1, 100)) << turned;
    // As rings were joined that were left as they had been drawn.
    Ring joined = drawn[0].points;
    for (size_t r = 1; r < 3; ++r) {
      joined.push_back(drawn[0].points.front());
      joined.insert(joined.end(), drawn[r].points.begin(), drawn[r].points.end());
      joined.push_back(drawn[r].points.front());
    }
    EXPECT_THAT(Areas(SplitRings(joined)), testing::ElementsAre(-6, 1, 100)) << turned;
  }
}

TEST(RingsTest, RingsThatTouchInACornerAreRingsOfTheirOwn) {
  // Two squares, and a hole that begins in a corner of the edge.
  EXPECT_THAT(Areas(SplitRings({{0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 1}, {1, 1}, {1, 0}})),
              testing::ElementsAre(1, 1));
  EXPECT_THAT(Areas(SplitRings({{0, 0}, {0, 4}, {4, 4}, {4, 0}, {0, 0}, {2, 1}, {1, 2}})),
              testing::ElementsAre(-1.5, 16));
}

TEST(RingsTest, SidesThatRunAlongEachOtherHaveNoInside) {
  EXPECT_TRUE(SplitRings({{0, 0}, {0, 2}, {0, 1}, {1, 1}}).empty());
}

// Two squares of one size, drawn one this way and one that way: their signed areas cancel.
TEST(RingsTest, ARegionHasItsAreaWhicheverWayItsPartsWereDrawn) {
  Region region;
  region.id = RegionId("two");
  region.polygon = {{0, 0}, {0, 1}, {1, 1}, {1, 0}, {0, 0}, {0, 2}, {1, 2}, {1, 3}, {0, 3}, {0, 2}};
  EXPECT_EQ(TwiceSignedArea(region.polygon), 0);
  EXPECT_EQ(TwiceArea(region.polygon), 4);
  EXPECT_EQ(ValidateRegion(region), absl::OkStatus());
  // A hole counts against its surroundings, and a line has none.
  EXPECT_EQ(TwiceArea({{0, 0}, {0, 4}, {4, 4}, {4, 0}, {0, 0}, {1, 1}, {1, 2}, {2, 2}, {2, 1}, {1, 1}}), 30);
  EXPECT_EQ(TwiceArea({{0, 0}, {0, 1}, {0, 2}}), 0);
}

}  // namespace
}  // namespace tremorcast
