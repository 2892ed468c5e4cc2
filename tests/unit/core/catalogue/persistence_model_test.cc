#include "core/catalogue/persistence_model.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/catalogue/climatology.h"
#include "core/verification/scores.h"

namespace tremorcast {
namespace {

WeeklyClasses History(std::vector<std::vector<int8_t>> classes) {
  WeeklyClasses history;
  history.first_week = absl::FromUnixSeconds(1607184000);
  history.weeks = static_cast<int>(classes[0].size());
  for (size_t r = 0; r < classes.size(); ++r)
    history.regions.push_back(RegionId(std::string(1, static_cast<char>('a' + r))));
  history.classes = std::move(classes);
  return history;
}

absl::Time Week(const WeeklyClasses& history, int t) { return history.grid.At(history.first_week, t).begin; }

// After an event week another one comes with chance `after_event`, else with 0.15.
WeeklyClasses Random(int weeks, double after_event, uint64_t seed) {
  RandomStream random({seed});
  std::vector<std::vector<int8_t>> classes(3);
  for (auto& row : classes) {
    for (int t = 0; t < weeks; ++t) {
      const bool after = t > 0 && row[t - 1] >= 1;
      row.push_back(
          static_cast<int8_t>(random.Uniform() < (after ? after_event : 0.15) ? 1 + (random.Bits() >> 62) : 0));
    }
  }
  return History(classes);
}

// One region, six weeks 0 1 1 0 0 2, by the formulas of the header.
TEST(PersistenceModelTest, CountsAndSmoothsAsTheHeaderSays) {
  const WeeklyClasses history = History({{0, 1, 1, 0, 0, 2}});
  const PersistenceModel model = PersistenceModel::Fit(history, Week(history, 6)).value();
  const ClassProbabilities pi = JeffreysSmoothed({3, 2, 1, 0, 0});
  const ClassProbabilities c = RegionClimatology({3, 2, 1, 0, 0}, pi);
  const ClassCounts after_one = {1, 1, 0, 0, 0};
  ClassProbabilities expected;
  double sum = 0;
  for (int k = 0; k < kClasses; ++k) sum += expected[k] = c[k] * ((after_one[k] + 20 * pi[k]) / 22) / pi[k];
  for (int k = 0; k < kClasses; ++k) expected[k] = (after_one[k] + 20 * expected[k] / sum) / 22;
  const ClassProbabilities p = model.Predict(history, RegionId("a"), Week(history, 2)).value();
  for (int k = 0; k < kClasses; ++k) EXPECT_NEAR(p[k], expected[k], 1e-12) << k;
}

TEST(PersistenceModelTest, GivesClimatologyWhereLastWeekIsUnknown) {
  const WeeklyClasses history = History({{0, 1, 1, 0, 0, 2}});
  const PersistenceModel model = PersistenceModel::Fit(history, Week(history, 6)).value();
  const ClassProbabilities pi = JeffreysSmoothed({3, 2, 1, 0, 0});
  const ClassProbabilities c = RegionClimatology({3, 2, 1, 0, 0}, pi);
  const ClassProbabilities p = model.Predict(history, RegionId("a"), Week(history, 0)).value();
  for (int k = 0; k < kClasses; ++k) EXPECT_NEAR(p[k], c[k], 1e-12) << k;
}

double Gain(const WeeklyClasses& history, int fit_weeks) {
  const PersistenceModel model = PersistenceModel::Fit(history, Week(history, fit_weeks)).value();
  double gain = 0;
  for (size_t r = 0; r < history.regions.size(); ++r) {
    ClassCounts counts = {};
    for (int t = 0; t < fit_weeks; ++t) ++counts[history.classes[r][t]];
    const ClassProbabilities c = RegionClimatology(counts, JeffreysSmoothed(counts));
    for (int t = fit_weeks; t < history.weeks; ++t) {
      const ClassProbabilities p = model.Predict(history, history.regions[r], Week(history, t)).value();
      EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
      gain += InformationGain(p, c, history.classes[r][t]);
    }
  }
  return gain / (3.0 * (history.weeks - fit_weeks));
}

TEST(PersistenceModelTest, GainsWhereEventsPersistAndNothingElsewhere) {
  EXPECT_GT(Gain(Random(900, 0.7, 1), 500), 0.05);
  EXPECT_LT(Gain(Random(900, 0.15, 1), 500), 0.01);
}

TEST(PersistenceModelTest, NeverLooksAtTheFitTimeOrLater) {
  WeeklyClasses history = Random(300, 0.6, 2);
  const absl::Time until = Week(history, 200);
  const PersistenceModel model = PersistenceModel::Fit(history, until).value();
  const ClassProbabilities before = model.Predict(history, RegionId("b"), until).value();
  for (auto& row : history.classes) std::fill(row.begin() + 200, row.end(), 4);
  const PersistenceModel again = PersistenceModel::Fit(history, until).value();
  EXPECT_EQ(again.Predict(history, RegionId("b"), until).value(), before);
  for (auto& row : history.classes) std::fill(row.begin(), row.begin() + 199, 3);
  EXPECT_EQ(model.Predict(history, RegionId("b"), until).value(), before);
}

TEST(PersistenceModelTest, RefusesWhatItDidNotSee) {
  const WeeklyClasses history = Random(60, 0.5, 3);
  EXPECT_EQ(PersistenceModel::Fit(history, Week(history, 1)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(PersistenceModel::Fit(WeeklyClasses(), absl::UnixEpoch()).status().code(),
            absl::StatusCode::kInvalidArgument);
  const PersistenceModel model = PersistenceModel::Fit(history, Week(history, 60)).value();
  EXPECT_TRUE(model.Predict(history, RegionId("a"), Week(history, 60)).ok());
  EXPECT_FALSE(model.Predict(history, RegionId("a"), Week(history, 61)).ok());
  EXPECT_FALSE(model.Predict(history, RegionId("a"), Week(history, -1)).ok());
  EXPECT_EQ(model.Predict(history, RegionId("z"), Week(history, 9)).status().code(), absl::StatusCode::kNotFound);
  WeeklyClasses other = history;
  other.regions[0] = RegionId("z");
  EXPECT_EQ(model.Predict(other, RegionId("a"), Week(history, 9)).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
