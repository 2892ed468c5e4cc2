// The catalogue-only reference on the real catalogue: clustering is real, so it must beat
// climatology there, by a little.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/catalogue/catalogue_model.h"
#include "core/catalogue/climatology.h"
#include "core/skill/gate.h"
#include "core/verification/scores.h"
#include "tests/unit/core/shared_data.h"

namespace tremorcast {
namespace {

TEST(CatalogueTruthTest, BeatsClimatologyOnRealEarthquakesByClusteringAlone) {
  TREMORCAST_SHARED_OR_SKIP(areas_json, "aeta/areas.json");
  TREMORCAST_SHARED_OR_SKIP(catalogue, "catalog/cenc_2012_2022.csv");
  const std::vector<Region> areas = ReadAreas(areas_json);
  const std::vector<SeismicEvent> events = ReadEvents(catalogue);
  ASSERT_EQ(events.size(), 10122u);
  const Interval period = {ParseTime("2012-04-29").value(), ParseTime("2022-05-01").value()};
  const WeeklyClasses history = BuildWeeklyClasses(areas, events, period, WeekGrid::Service(), MagnitudeClasses());

  // Fitted anew each year on everything before, as in service.
  std::vector<ScoredWeek> rows;
  for (int year = 2014; year <= 2022; ++year) {
    const absl::Time from = history.grid.Containing(ParseTime(std::to_string(year) + "-01-07").value()).begin;
    const absl::Time to = history.grid.Containing(ParseTime(std::to_string(year + 1) + "-01-07").value()).begin;
    const CatalogueModel model = CatalogueModel::Fit(history, from, CatalogueModelOptions()).value();
    const ClimatologyTable climatology =
        BuildClimatology(areas, events, {period.begin, from}, history.grid, MagnitudeClasses());
    for (size_t r = 0; r < areas.size(); ++r) {
      for (int64_t t = history.IndexOf(from); t < history.IndexOf(to) && t < history.weeks; ++t) {
        const absl::Time week = history.grid.At(history.first_week, t).begin;
        rows.push_back({week, model.Predict(history, areas[r].id, week).value(), climatology.For(areas[r].id),
                        history.classes[r][t]});
      }
    }
  }
  const MeanInterval gain = BootstrapGain(rows, BootstrapOptions()).value();
  RecordProperty("gain", FormatGain(gain));
  EXPECT_GT(gain.low, 0);
  // About a hundredth of a nat; much more would mean that the model saw the week it predicts.
  EXPECT_LT(gain.mean, 0.02);
}

TEST(CatalogueTruthTest, CencAndComcatAreOneCatalogueTogether) {
  TREMORCAST_SHARED_OR_SKIP(cenc, "catalog/cenc_2012_2022.csv");
  TREMORCAST_SHARED_OR_SKIP(comcat, "catalog/usgs_M5plus_2013_20231104_box22-34N_98-107E.csv");
  std::vector<SeismicEvent> events = ReadEvents(cenc);
  const size_t of_cenc = events.size();
  const absl::Time end = ParseTime("2022-05-03").value();
  size_t of_comcat = 0;
  for (SeismicEvent& event : ReadEvents(comcat)) {
    if (event.origin_time >= end) continue;
    events.push_back(std::move(event));
    ++of_comcat;
  }
  ASSERT_EQ(of_comcat, 66u);
  // One is in CENC's list nowhere, one is a shock 33 s after another.
  EXPECT_EQ(MergeCatalogues(std::move(events), DefaultCataloguePrecedence()).size(), of_cenc + 2);
}

}  // namespace
}  // namespace tremorcast
