#include "trainer/evaluate/origins.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/system_clock.h"
#include "tests/unit/trainer/small_set.h"

namespace tremorcast {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

SeriesOptions Options() {
  SeriesOptions options;
  options.split = {0, 8, 8, 0, 1};
  return options;
}

// Events come more often towards the end, so that a climatology tells from when it is.
SeriesPair Rising() {
  SeriesPair pair = SmallSeries({.train_weeks = 60, .test_weeks = 30});
  for (size_t i = 0; i < pair.test.labels.size(); ++i) {
    pair.test.labels[i] = 1;
    pair.test_places[i].label = "1";
  }
  return pair;
}

std::vector<EvaluationSet> Two() { return SeriesOrigins(Rising(), Options(), 2).value(); }

TEST(OriginsTest, EachOriginTestsItsOwnWeeksAfterAllThatItLearntFrom) {
  const std::vector<EvaluationSet> origins = Two();
  ASSERT_EQ(origins.size(), 2u);
  std::set<absl::Time> tested;
  for (const EvaluationSet& origin : origins) {
    const SetView& view = origin.view;
    EXPECT_EQ(view.test.size(), 3u * 15);
    for (int earlier : view.calibration) {
      for (int later : view.test) {
        EXPECT_LE(view.weeks[static_cast<size_t>(earlier)] + 2 * kWeekLength, view.weeks[static_cast<size_t>(later)]);
      }
    }
    for (int sample : view.test) tested.insert(view.weeks[static_cast<size_t>(sample)]);
  }
  EXPECT_EQ(tested.size(), 30u);
  // The second origin learns from the weeks that the first one tested.
  EXPECT_GT(origins[1].view.train.size(), origins[0].view.train.size());
}

TEST(OriginsTest, RowsKeepTheClimatologyOfTheirOwnOrigin) {
  const std::vector<EvaluationSet> origins = Two();
  const EvaluationSet pooled = PoolOrigins(origins);
  ASSERT_EQ(pooled.view.test.size(), 90u);
  const RowScorer scorer(pooled.view, {}, nullptr);
  for (size_t i = 0; i < 90; ++i) {
    const EvaluationSet& own = origins[i / 45];
    EXPECT_EQ(scorer.climatology()[i], own.view.ClimatologyOf(own.view.test[i % 45])) << i;
    EXPECT_EQ(scorer.labels()[i], own.view.label(own.view.test[i % 45]));
    EXPECT_EQ(scorer.weeks()[i], own.view.weeks[static_cast<size_t>(own.view.test[i % 45])]);
  }
  // Fifteen weeks full of events lie between the two.
  EXPECT_LT(scorer.climatology()[89][0], scorer.climatology()[0][0] - 0.05);
  const ReferenceForecast* const persistence = pooled.Find("persistence");
  ASSERT_NE(persistence, nullptr);
  EXPECT_EQ(persistence->probabilities.size(), 90u);
  EXPECT_EQ(persistence->probabilities[89], origins[1].Find("persistence")->probabilities[44]);
}

TEST(OriginsTest, AReferenceThatOneOriginLacksIsNotPooled) {
  std::vector<EvaluationSet> origins = Two();
  std::erase_if(origins[0].references, [](const ReferenceForecast& r) { return r.name == "persistence"; });
  const EvaluationSet pooled = PoolOrigins(origins);
  EXPECT_EQ(pooled.Find("persistence"), nullptr);
  EXPECT_NE(pooled.Find("catalogue-only"), nullptr);
}

TEST(OriginsTest, OneOriginIsTheSetItself) {
  const std::vector<EvaluationSet> one = SeriesOrigins(SmallSeries({}), Options(), 1).value();
  const EvaluationSet pooled = PoolOrigins(one);
  EXPECT_EQ(pooled.view.test, one[0].view.test);
  EXPECT_EQ(pooled.view.train, one[0].view.train);
  EXPECT_TRUE(pooled.view.own_climatology.empty());
}

TEST(OriginsTest, AnswersOfLaterOriginsFollowAndWeightsAreAveragedByRows) {
  SeedAnswers answers;
  Append({{{1}}, {{2}}, {{3}}, 0.5, 1}, answers);
  Append({{{4}, {5}, {6}}, {{7}, {8}, {9}}, {{10}, {11}, {12}}, 0.1, 2}, answers);
  EXPECT_DOUBLE_EQ(answers.pool_weight, 0.2);
  EXPECT_DOUBLE_EQ(answers.seconds, 3);
  EXPECT_EQ(answers.pooled, (Probabilities{{3}, {10}, {11}, {12}}));
  const std::vector<SeedAnswers> part = RowsOf({answers}, 1, 2);
  EXPECT_EQ(part[0].balanced, (Probabilities{{4}, {5}}));
  EXPECT_EQ(part[0].calibrated, (Probabilities{{7}, {8}}));
}

TEST(OriginsTest, AReportOverSeveralOriginsScoresAllTheirWeeksAndNamesEach) {
  EvaluateOptions options;
  options.training.heads = 1;
  options.training.max_epochs = 2;
  options.seeds = 1;
  options.shift_runs = 2;
  options.tables = {StudyTable::kMethods};
  options.bootstrap.replicates = 200;
  options.station_mode = true;
  const absl::StatusOr<EvaluationReport> report = RunEvaluation(Two(), options, SystemClock());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->slices.back().rows, 90);
  EXPECT_EQ(report->slices.back().issues, 30);
  EXPECT_THAT(report->verdict, HasSubstr("30 test weeks"));
  EXPECT_EQ(std::count_if(report->variants.begin(), report->variants.end(),
                          [](const VariantRow& row) { return row.experiment == "rolling origin"; }),
            2);
  for (const MethodRow& row : report->rows) EXPECT_TRUE(row.gain_interval.has_value()) << row.name;
  ASSERT_EQ(report->placebos.size(), 8u);
  EXPECT_THAT(report->caveats, Contains(HasSubstr("2 rolling origins")));
}

TEST(OriginsTest, SeriesWithoutTimesHaveNoOriginsAndNoDates) {
  const SeriesPair untimed = SmallSeries({.timed = false});
  EXPECT_THAT(SeriesOrigins(untimed, Options(), 2).status().message(), HasSubstr("no sample table"));
  SeriesOptions dated = Options();
  dated.test_period = Interval{SmallSetWeek(40), SmallSetWeek(50)};
  EXPECT_THAT(SeriesOrigins(untimed, dated, 1).status().message(), HasSubstr("no sample table"));
}

TEST(OriginsTest, ADatedSplitTakesTestWeeksFromBothHalvesAndLeavesLaterOnesOut) {
  SeriesOptions dated = Options();
  dated.test_period = Interval{SmallSetWeek(50), SmallSetWeek(70)};
  const std::vector<EvaluationSet> sets = SeriesOrigins(SmallSeries({}), dated, 1).value();
  const SetView& view = sets[0].view;
  EXPECT_EQ(view.test.size(), 60u);
  for (int sample : view.train) EXPECT_LT(view.weeks[static_cast<size_t>(sample)], SmallSetWeek(50));
  for (int sample : view.test) EXPECT_TRUE(dated.test_period->Contains(view.weeks[static_cast<size_t>(sample)]));
}

}  // namespace
}  // namespace tremorcast
