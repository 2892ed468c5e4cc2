// Persistence and Poisson-GR on the real catalogue, fitted anew each year on everything before,
// against climatology: what docs/EVALUATION.md says of them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/catalogue/climatology.h"
#include "core/catalogue/persistence_model.h"
#include "core/catalogue/poisson_gr_model.h"
#include "core/csep/number_test.h"
#include "core/significance/circular_shift.h"
#include "core/skill/gate.h"
#include "core/verification/binary_outcome.h"
#include "core/verification/block_length.h"
#include "core/verification/scores.h"
#include "core/verification/weekly_series.h"
#include "tests/unit/core/shared_data.h"

namespace tremorcast {
namespace {

struct Hindcast {
  std::vector<ScoredWeek> rows;
  std::vector<RegionSeries> series;

  void Add(size_t region, const ScoredWeek& row) {
    rows.push_back(row);
    if (series.size() <= region) series.resize(region + 1);
    series[region].forecasts.push_back(row.forecast);
    series[region].references.push_back(row.reference);
    series[region].observed.push_back(row.observed_class);
  }
  MeanInterval Gain() const {
    std::vector<absl::Time> weeks;
    std::vector<double> gains;
    for (const ScoredWeek& row : rows) {
      weeks.push_back(row.week);
      gains.push_back(InformationGain(row.forecast, row.reference, row.observed_class));
    }
    BootstrapOptions options;
    options.block_weeks = AutomaticBlockWeeks(WeeklyMeans(weeks, gains).value()).value();
    return BootstrapMean(weeks, gains, options).value();
  }
};

struct Hindcasts {
  Hindcast persistence, poisson_gr;
};

Hindcasts RunHindcasts(const std::vector<Region>& areas, const std::vector<SeismicEvent>& events) {
  const Interval period = {ParseTime("2012-04-29").value(), ParseTime("2022-05-01").value()};
  const MagnitudeClasses classes;
  const WeeklyClasses history = BuildWeeklyClasses(areas, events, period, WeekGrid::Service(), classes);
  Hindcasts result;
  for (int year = 2014; year <= 2022; ++year) {
    const absl::Time from = history.grid.Containing(ParseTime(std::to_string(year) + "-01-07").value()).begin;
    const absl::Time to = history.grid.Containing(ParseTime(std::to_string(year + 1) + "-01-07").value()).begin;
    const Interval past = {period.begin, from};
    const PersistenceModel persistence = PersistenceModel::Fit(history, from).value();
    const PoissonGrModel poisson_gr = PoissonGrModel::Fit(areas, events, past, classes, PoissonGrOptions()).value();
    const ClimatologyTable climatology = BuildClimatology(areas, events, past, history.grid, classes);
    for (size_t r = 0; r < areas.size(); ++r) {
      const RegionId& id = areas[r].id;
      const ClassProbabilities c = FloorAndNormalise(climatology.For(id));
      for (int64_t t = history.IndexOf(from); t < history.IndexOf(to) && t < history.weeks; ++t) {
        const absl::Time week = history.grid.At(history.first_week, t).begin;
        const int y = history.classes[r][static_cast<size_t>(t)];
        result.persistence.Add(r, {week, persistence.Predict(history, id, week).value(), c, y});
        result.poisson_gr.Add(r, {week, poisson_gr.Predict(id).value(), c, y});
      }
    }
  }
  return result;
}

TEST(ReferenceTruthTest, NeitherPersistenceNorPoissonGrBeatsClimatologyOnRealEarthquakes) {
  TREMORCAST_SHARED_OR_SKIP(areas_json, "aeta/areas.json");
  TREMORCAST_SHARED_OR_SKIP(catalogue, "catalog/cenc_2012_2022.csv");
  const Hindcasts hindcasts = RunHindcasts(ReadAreas(areas_json), ReadEvents(catalogue));
  const MeanInterval persistence = hindcasts.persistence.Gain();
  const MeanInterval poisson_gr = hindcasts.poisson_gr.Gain();
  RecordProperty("persistence", FormatGain(persistence));
  RecordProperty("poisson_gr", FormatGain(poisson_gr));
  EXPECT_LE(persistence.low, 0);
  EXPECT_NEAR(persistence.mean, -0.004, 0.002);
  EXPECT_LT(poisson_gr.high, 0);
  EXPECT_NEAR(poisson_gr.mean, -0.033, 0.003);
}

// Events come in clusters, so a rate of events spread evenly over weeks promises far too many event
// weeks. And yet the circular shift finds its forecasts in their place, for the yearly fits follow
// a falling rate: that test says "belongs to its weeks", never "better than climatology".
TEST(ReferenceTruthTest, PoissonGrExpectsTooManyEventWeeksAndStillPassesTheCircularShift) {
  TREMORCAST_SHARED_OR_SKIP(areas_json, "aeta/areas.json");
  TREMORCAST_SHARED_OR_SKIP(catalogue, "catalog/cenc_2012_2022.csv");
  const Hindcast hindcast = RunHindcasts(ReadAreas(areas_json), ReadEvents(catalogue)).poisson_gr;
  const std::vector<BinaryOutcome> outcomes = ExceedanceOutcomes(hindcast.rows, 1).value();
  std::vector<double> probabilities;
  int64_t observed = 0;
  for (const BinaryOutcome& outcome : outcomes) {
    probabilities.push_back(outcome.probability);
    observed += outcome.event ? 1 : 0;
  }
  const NumberTest number = PoissonBinomialNumberTest(probabilities, observed).value();
  EXPECT_EQ(observed, 302);
  EXPECT_NEAR(number.mean, 557, 1);
  EXPECT_LT(number.at_most, 1e-6);
  EXPECT_NEAR(CircularShiftNull(hindcast.series)->p_value, 0.007, 0.001);
}

}  // namespace
}  // namespace tremorcast
