#include "core/catalogue/catalogue_model.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/catalogue/climatology.h"
#include "core/catalogue/logistic_regression.h"
#include "core/verification/scores.h"

namespace tremorcast {
namespace {

double Uniform(std::mt19937_64& generator) { return static_cast<double>(generator() >> 11) / 9007199254740992.0; }

TEST(LogisticRegressionTest, RecoversTheWeightsThatMadeTheData) {
  std::mt19937_64 generator(3);
  std::vector<double> rows;
  std::vector<bool> events;
  for (int i = 0; i < 20000; ++i) {
    const double a = 2 * Uniform(generator) - 1;
    const double b = 2 * Uniform(generator) - 1;
    rows.insert(rows.end(), {a, b});
    events.push_back(Uniform(generator) < 1 / (1 + std::exp(1 - 2 * a + 0.5 * b)));
  }
  const LogisticRegression fit = LogisticRegression::Fit(rows, 2, events, LogisticOptions()).value();
  EXPECT_NEAR(fit.intercept(), -1, 0.1);
  EXPECT_NEAR(fit.weights()[0], 2, 0.1);
  EXPECT_NEAR(fit.weights()[1], -0.5, 0.1);
}

TEST(LogisticRegressionTest, MeetsTheGradientConditionWithRidge) {
  const std::vector<double> rows = {0, 1, 2, 3};
  const std::vector<bool> events = {false, true, false, true};
  const LogisticRegression fit = LogisticRegression::Fit(rows, 1, events, LogisticOptions()).value();
  double slope = -fit.weights()[0];
  for (int i = 0; i < 4; ++i) slope += ((events[i] ? 1 : 0) - fit.Probability({rows[i]})) * rows[i];
  EXPECT_NEAR(slope, 0, 1e-9);
}

TEST(LogisticRegressionTest, StaysFiniteWhenAllRowsAgree) {
  const LogisticRegression fit =
      LogisticRegression::Fit({1, 2, 3}, 1, {false, false, false}, LogisticOptions()).value();
  EXPECT_GT(fit.Probability({2}), 0);
  EXPECT_LT(fit.Probability({2}), 0.01);
}

TEST(LogisticRegressionTest, RefusesShapesThatDoNotFit) {
  EXPECT_FALSE(LogisticRegression::Fit({1, 2, 3}, 2, {true}, LogisticOptions()).ok());
  EXPECT_FALSE(LogisticRegression::Fit({}, 1, {}, LogisticOptions()).ok());
  EXPECT_FALSE(LogisticRegression::Fit({std::nan("")}, 1, {true}, LogisticOptions()).ok());
}

// Two regions; with `clustered`, a week after an event week has an event far more often.
WeeklyClasses MakeHistory(int weeks, bool clustered, uint64_t seed) {
  std::mt19937_64 generator(seed);
  WeeklyClasses history;
  history.first_week = absl::FromUnixSeconds(1607184000);
  history.weeks = weeks;
  history.regions = {RegionId("a"), RegionId("b")};
  for (int r = 0; r < 2; ++r) {
    std::vector<int8_t>& row = history.classes.emplace_back();
    for (int t = 0; t < weeks; ++t) {
      const bool after_event = t > 0 && row[t - 1] >= 1;
      const double rate = clustered ? (after_event ? 0.6 : 0.1) : 0.2;
      row.push_back(static_cast<int8_t>(Uniform(generator) < rate ? (Uniform(generator) < 0.7 ? 1 : 2) : 0));
    }
  }
  return history;
}

absl::Time WeekStart(const WeeklyClasses& history, int t) { return history.grid.At(history.first_week, t).begin; }

MeanInterval GainOverClimatology(const WeeklyClasses& history, int fit_weeks) {
  const CatalogueModel model =
      CatalogueModel::Fit(history, WeekStart(history, fit_weeks), CatalogueModelOptions()).value();
  std::vector<ScoredWeek> rows;
  for (size_t r = 0; r < history.regions.size(); ++r) {
    ClassCounts counts = {};
    for (int t = 0; t < fit_weeks; ++t) ++counts[history.classes[r][t]];
    const ClassProbabilities climatology = RegionClimatology(counts, JeffreysSmoothed(counts));
    for (int t = fit_weeks; t < history.weeks; ++t) {
      const absl::Time week = WeekStart(history, t);
      rows.push_back(
          {week, model.Predict(history, history.regions[r], week).value(), climatology, history.classes[r][t]});
    }
  }
  return BootstrapGain(rows, BootstrapOptions()).value();
}

TEST(CatalogueModelTest, GainsFromClusteredEvents) {
  EXPECT_GT(GainOverClimatology(MakeHistory(800, true, 1), 400).low, 0);
}

TEST(CatalogueModelTest, GainsNothingWhereThereIsNothingToLearn) {
  EXPECT_LE(GainOverClimatology(MakeHistory(800, false, 1), 400).low, 0);
}

TEST(CatalogueModelTest, NeverLooksAtTheWeekItPredictsOrLaterOnes) {
  WeeklyClasses history = MakeHistory(300, true, 5);
  const absl::Time until = WeekStart(history, 200);
  const CatalogueModel model = CatalogueModel::Fit(history, until, CatalogueModelOptions()).value();
  const ClassProbabilities before = model.Predict(history, RegionId("a"), until).value();
  for (auto& row : history.classes) {
    for (int t = 200; t < 300; ++t) row[t] = 4;
  }
  EXPECT_EQ(model.Predict(history, RegionId("a"), until).value(), before);
  const CatalogueModel again = CatalogueModel::Fit(history, until, CatalogueModelOptions()).value();
  EXPECT_EQ(again.Predict(history, RegionId("a"), until).value(), before);
}

TEST(CatalogueModelTest, GivesProbabilitiesForTheWeekAfterTheLast) {
  const WeeklyClasses history = MakeHistory(60, true, 5);
  const CatalogueModel model = CatalogueModel::Fit(history, WeekStart(history, 60), CatalogueModelOptions()).value();
  const ClassProbabilities p = model.Predict(history, RegionId("b"), WeekStart(history, 60)).value();
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
  EXPECT_GT(p[1], p[4]);
  EXPECT_FALSE(model.Predict(history, RegionId("b"), WeekStart(history, 61)).ok());
  EXPECT_FALSE(model.Predict(history, RegionId("b"), WeekStart(history, -1)).ok());
  EXPECT_EQ(model.Predict(history, RegionId("c"), WeekStart(history, 9)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(CatalogueModel::Fit(history, WeekStart(history, 1), CatalogueModelOptions()).ok());
}

}  // namespace
}  // namespace tremorcast
