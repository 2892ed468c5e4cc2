// The published labels of real weeks against our own label code.

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/catalogue/labels.h"
#include "tests/unit/core/shared_data.h"

namespace tremorcast {
namespace {

TEST(LabelTruthTest, ReproducesAllPublishedLabels) {
  TREMORCAST_SHARED_OR_SKIP(areas_json, "aeta/areas.json");
  TREMORCAST_SHARED_OR_SKIP(catalogue, "aeta/eqlst.csv");
  TREMORCAST_SHARED_OR_SKIP(train, "timeseries/AETAAreaWeek_TRAIN.meta.csv");
  TREMORCAST_SHARED_OR_SKIP(test, "timeseries/AETAAreaWeek_TEST.meta.csv");
  const std::vector<Region> areas = ReadAreas(areas_json);
  ASSERT_EQ(areas.size(), 8u);
  const std::vector<SeismicEvent> events = ReadEvents(catalogue);
  ASSERT_EQ(events.size(), 189u);

  int rows = 0;
  std::map<int, int> classes;
  for (const std::string& path : {train, test}) {
    for (auto& row : ReadTable(path)) {
      const Region& area = areas.at(static_cast<size_t>(std::atoi(row["area"].c_str())));
      const absl::Time start = ParseTime(row["label_week_start"]).value();
      const RegionLabel label = LabelRegion(area, {start, start + kWeekLength}, events, MagnitudeClasses());
      // The file writes 0.0 for a week without an event.
      EXPECT_EQ(label.largest_magnitude.value_or(0), std::atof(row["max_magnitude"].c_str()))
          << area.id.value() << " " << row["label_week_start"];
      EXPECT_EQ(label.magnitude_class, std::atoi(row["label"].c_str()))
          << area.id.value() << " " << row["label_week_start"];
      ++classes[label.magnitude_class];
      ++rows;
    }
  }
  EXPECT_EQ(rows, 1543);
  EXPECT_EQ(classes, (std::map<int, int>{{0, 1420}, {1, 57}, {2, 32}, {3, 20}, {4, 14}}));
}

}  // namespace
}  // namespace tremorcast
