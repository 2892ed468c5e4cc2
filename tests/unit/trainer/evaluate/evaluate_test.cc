#include "trainer/evaluate/evaluate.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include <absl/strings/str_split.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "files/system_clock.h"
#include "tests/unit/trainer/small_set.h"
#include "trainer/evaluate/report/report_text.h"
#include "trainer/evaluate/sets/describe_set.h"
#include "trainer/evaluate/sets/row_scores.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

EvaluateOptions Quick() {
  EvaluateOptions options;
  options.training.heads = 1;
  options.training.max_epochs = 2;
  options.seeds = 2;
  options.shift_runs = 2;
  options.tables = {StudyTable::kMethods};
  options.bootstrap.replicates = 200;
  return options;
}

EvaluationReport Evaluated(const EvaluationSet& set, const EvaluateOptions& options) {
  absl::StatusOr<EvaluationReport> report = RunEvaluation({set}, options, SystemClock());
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *std::move(report) : EvaluationReport();
}

const MethodRow* Find(const EvaluationReport& report, const std::string& table, const std::string& name) {
  for (const MethodRow& row : report.rows) {
    if (row.table == table && row.name == name) return &row;
  }
  return nullptr;
}

TEST(RowScorerTest, ClimatologyGainsNothingAndAPerfectForecastIsRight) {
  const EvaluationSet set = SmallSet();
  const RowScorer scorer(set.view, {}, nullptr);
  for (double gain : scorer.Gains(scorer.climatology())) EXPECT_EQ(gain, 0);
  Probabilities perfect;
  for (int y : scorer.labels()) {
    std::vector<double> p(5, 0);
    p[static_cast<size_t>(y)] = 1;
    perfect.push_back(p);
  }
  MethodRow row;
  ASSERT_TRUE(scorer.Score(std::vector<SeedAnswers>{{perfect, perfect, perfect, 1, 0}}, row).ok());
  EXPECT_EQ(row.calibrated[0].first, "accuracy");
  EXPECT_DOUBLE_EQ(row.calibrated[0].second.mean, 1);
  EXPECT_GT(row.gain_interval->low, 0);
  EXPECT_NEAR(row.brier.mean, 0, 1e-6);
}

TEST(RowScorerTest, GivesMeanAndDeviationOverSeeds) {
  const std::vector<double> values = {1, 2, 4};
  const OverSeeds summary = Summarise(values);
  EXPECT_NEAR(summary.mean, 7.0 / 3, 1e-12);
  EXPECT_NEAR(summary.sd, std::sqrt(7.0 / 3), 1e-12);
  EXPECT_EQ(Summarise(std::vector<double>{5}).sd, 0);
}

TEST(EvaluateTest, ReportsEveryRowWithReferencesPlacebosAndAVerdict) {
  const EvaluationReport report = Evaluated(SmallSet(), Quick());
  for (const char* name : {"CNN", "DenseNet", "stage 1 + T + pool", "proposed", "Weighted-DT", "Weighted-SVM"}) {
    EXPECT_NE(Find(report, "IV", name), nullptr) << name;
  }
  for (const char* name : {"climatology", "uniform", "persistence", "catalogue-only"}) {
    EXPECT_NE(Find(report, "reference", name), nullptr) << name;
  }
  const MethodRow* proposed = Find(report, "IV", "proposed");
  ASSERT_NE(proposed, nullptr);
  EXPECT_EQ(proposed->gain.seeds, 2);
  EXPECT_TRUE(proposed->paper.has_value());
  EXPECT_TRUE(proposed->gain_before_pool.has_value());
  EXPECT_TRUE(proposed->gain_over_catalogue.has_value());
  std::vector<int> numbers;
  for (const PlaceboRow& row : report.placebos) numbers.push_back(row.number);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  for (const int vetoing : {1, 2, 7}) EXPECT_NEAR(report.placebos[vetoing - 1].level.value_or(0), 1 - 0.05 / 3, 1e-12);
  for (const int telling : {4, 5}) EXPECT_EQ(report.placebos[telling - 1].level, 0.95);
  // 20 test weeks are no evidence.
  EXPECT_FALSE(report.demonstrated_skill);
  EXPECT_THAT(report.verdict, HasSubstr("20 test weeks, at least 52 are needed"));
  EXPECT_EQ(report.by_region.size(), 3u);
  EXPECT_TRUE(report.event_diagrams.has_value());
  EXPECT_FALSE(report.curves.empty());
}

TEST(EvaluateTest, SaysThatASetWithoutTimeIsNoForecast) {
  EvaluateOptions options = Quick();
  options.training.max_epochs = 30;
  const EvaluationReport report = Evaluated(SmallSet({.timed = false, .strength = 6}), options);
  EXPECT_THAT(report.verdict, StartsWith("no verdict on forecasts"));
  const MethodRow* proposed = Find(report, "IV", "proposed");
  ASSERT_NE(proposed, nullptr);
  // What is shown is the classifier's answer, not a pool that always has weight 0 here.
  EXPECT_GT(proposed->calibrated[0].second.mean, 0.75);
  EXPECT_FALSE(proposed->paper.has_value());
  EXPECT_EQ(report.placebos[1].outcome, PlaceboOutcome::kNotApplicable);
}

// Nine classes told apart by the level of the first dimension, as evenly as the normalisation sees
// it; the series of class k are 6 + k steps
// long.
SeriesPair NineClasses() {
  SeriesPair pair;
  pair.name = "Nine";
  pair.data_hash = "nine";
  for (SeriesSet* half : {&pair.train, &pair.test}) {
    half->dimensions = 2;
    half->length = 14;
    for (int k = 1; k <= 9; ++k) half->class_names.push_back(std::to_string(k));
    for (int i = 0; i < 180; ++i) {
      Random random(MixSeed({static_cast<uint64_t>(i), half == &pair.test ? 1u : 0u}));
      const int label = i % 9, own = 6 + label;
      std::vector<float> values(2 * 14, kMissing);
      for (int t = 0; t < own; ++t) {
        values[static_cast<size_t>(t)] = static_cast<float>(std::expm1(label + 0.1 * random.Normal()));
        values[static_cast<size_t>(14 + t)] = static_cast<float>(random.Normal());
      }
      half->series.push_back(std::move(values));
      half->lengths.push_back(own);
      half->labels.push_back(label);
    }
  }
  return pair;
}

TEST(EvaluateTest, TakesTheClassesOfTheSet) {
  EvaluateOptions options = Quick();
  options.seeds = 1;
  options.training.max_epochs = 40;
  options.placebos = false;
  const EvaluationReport report =
      Evaluated(SeriesEvaluationSet(*BuildSeriesData(NineClasses(), SeriesOptions())), options);
  EXPECT_EQ(report.class_names.size(), 9u);
  ASSERT_TRUE(report.calibrated_confusion.has_value());
  EXPECT_EQ(report.calibrated_confusion->classes(), 9);
  const MethodRow* proposed = Find(report, "IV", "proposed");
  ASSERT_NE(proposed, nullptr);
  EXPECT_GT(proposed->balanced[0].second.mean, 0.7);  // five classes of nine: .56 at best
  EXPECT_GT(proposed->gain_interval->low, 0);
  EXPECT_NE(ReportToText(report).find("proposed"), std::string::npos);
}

TEST(EvaluateTest, PaddingIsNotCalledMissing) {
  const EvaluationSet set = SeriesEvaluationSet(*BuildSeriesData(NineClasses(), SeriesOptions()));
  EvaluationReport report;
  DescribeSet({set}, set, report);
  for (const SliceFacts& slice : report.slices) EXPECT_EQ(slice.missing_fraction, 0) << slice.name;
  EXPECT_THAT(report.caveats, ::testing::Contains(HasSubstr("series have 6 to 14 steps")));
  // A gap inside a series still is: one of 2 x 6 values of one of twenty series of its class.
  SeriesPair gappy = NineClasses();
  gappy.test.series[0][3] = kMissing;
  const EvaluationSet with_gap = SeriesEvaluationSet(*BuildSeriesData(std::move(gappy), SeriesOptions()));
  EvaluationReport second;
  DescribeSet({with_gap}, with_gap, second);
  EXPECT_NEAR(second.slices.back().missing_fraction, 1.0 / (20 * 2 * (6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14)), 1e-12);
}

TEST(EvaluateTest, ASetInTimeMayHaveMoreClassesThanTheService) {
  SeriesPair pair = SmallSeries({});
  for (SeriesSet* half : {&pair.train, &pair.test}) {
    half->class_names = {"0", "1", "2", "3", "4", "5", "6"};
    for (size_t i = 0; i < half->labels.size(); i += 5) half->labels[i] = 6;
  }
  SeriesOptions series;
  series.split = {0, 8, 8, 0, 1};
  const EvaluationReport report = Evaluated(SeriesEvaluationSet(*BuildSeriesData(std::move(pair), series)), Quick());
  EXPECT_EQ(report.class_names.size(), 7u);
  EXPECT_FALSE(report.shift_p_value.has_value());
  EXPECT_THAT(report.caveats, ::testing::Contains(HasSubstr("no persistence and catalogue-only reference")));
}

TEST(EvaluateTest, SaysWhereTrainingsWereCutOff) {
  EvaluateOptions options = Quick();
  options.training.max_epochs = 1;
  options.placebos = false;
  const EvaluationReport report = Evaluated(SmallSet({.timed = false}), options);
  EXPECT_THAT(report.caveats,
              ::testing::Contains(HasSubstr("stage 1: the last epoch was the best in 2 of 2 trainings")));
}

TEST(EvaluateTest, RunsTheVariantsThatWereAskedFor) {
  EvaluateOptions options = Quick();
  options.seeds = 1;
  options.placebos = false;
  options.variants.leave_one_region_out = true;
  options.variants.learning_curve = true;
  const EvaluationReport report = Evaluated(SmallSet(), options);
  EXPECT_TRUE(report.placebos.empty());
  std::vector<std::string> experiments;
  for (const VariantRow& row : report.variants) experiments.push_back(row.experiment);
  EXPECT_EQ(std::count(experiments.begin(), experiments.end(), "leave one region out"), 3);
  EXPECT_EQ(std::count(experiments.begin(), experiments.end(), "learning curve"), 4);
}

TEST(EvaluateTest, StopsWhenAsked) {
  std::atomic<bool> stop = true;
  EvaluateOptions options = Quick();
  options.stop = &stop;
  EXPECT_EQ(RunEvaluation({SmallSet()}, options, SystemClock()).status().code(), absl::StatusCode::kCancelled);
}

TEST(EvaluateTest, RefusesTablesWithoutTheRowTheVerdictIsAbout) {
  EvaluateOptions options = Quick();
  options.tables = {StudyTable::kInputs};
  EXPECT_EQ(RunEvaluation({SmallSet()}, options, SystemClock()).status().code(), absl::StatusCode::kInvalidArgument);
}

class ReportTextTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { report_ = new EvaluationReport(Evaluated(SmallSet(), Quick())); }
  static void TearDownTestSuite() {
    delete report_;
    report_ = nullptr;
  }
  static EvaluationReport* report_;
};
EvaluationReport* ReportTextTest::report_ = nullptr;

TEST_F(ReportTextTest, BeginsAndEndsWithTheVerdict) {
  const std::string text = ReportToText(*report_);
  const size_t first = text.find("VERDICT  "), last = text.rfind("VERDICT  ");
  EXPECT_LT(first, 40u);
  EXPECT_GT(last, text.size() / 2);
  EXPECT_THAT(text, HasSubstr("as printed; which averages, it does not say"));
  EXPECT_THAT(text, HasSubstr("(3) labels shifted in time"));
}

TEST_F(ReportTextTest, JsonHoldsEveryRowAtFullPrecision) {
  const nlohmann::json json = nlohmann::json::parse(ReportToJson(*report_));
  EXPECT_EQ(json["rows"].size(), report_->rows.size());
  const MethodRow* proposed = Find(*report_, "IV", "proposed");
  for (const auto& row : json["rows"]) {
    if (row["table"] != "IV" || row["name"] != "proposed") continue;
    EXPECT_EQ(row["log_score"]["mean"].get<double>(), proposed->log_score.mean);
    EXPECT_EQ(row["gain_interval"]["low"].get<double>(), proposed->gain_interval->low);
  }
  EXPECT_EQ(json["placebos"].size(), 8u);
}

TEST_F(ReportTextTest, CsvHasAsManyFieldsInEveryLineAsItsHeader) {
  EvaluationReport report = *report_;
  report.variants.push_back(
      {"rolling origin", "tested 2020", 60, report.rows[0].calibrated, MeanInterval{0.25, 0.125, 0.5, 20}, 0.5});
  report.variants.push_back({"shorter horizon", "9 days: not possible", 0, {}, std::nullopt, 0});
  const std::string csv = ReportToCsv(report);
  EXPECT_THAT(csv, HasSubstr(",0.25,0.125,0.5,0.5,,,\r\n"));
  const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n", absl::SkipEmpty());
  EXPECT_GT(lines.size(), 10u);
  for (const std::string& line : lines) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), std::count(lines[0].begin(), lines[0].end(), ',')) << line;
  }
}

TEST_F(ReportTextTest, CsvQuotesNamesOfOthers) {
  EvaluationReport report = *report_;
  report.rows.front().name = "a \"quoted\" name, with a comma";
  EXPECT_THAT(ReportToCsv(report), HasSubstr("\"a \"\"quoted\"\" name, with a comma\""));
}

ArtifactVerdict Artifact(int64_t seed, double pool_weight) {
  GateEvidence evidence;
  evidence.test_weeks = 52;
  evidence.event_region_weeks = 20;
  evidence.pool_weight = pool_weight;
  evidence.gain_over_climatology = evidence.gain_over_twin = evidence.gain_over_catalogue =
      MeanInterval{.1, .05, .15, 52};
  const GateVerdict verdict = DecideSkill(evidence, GatePolicy());
  return {seed, pool_weight, {}, {}, {}, verdict.demonstrated_skill, verdict.sentence};
}

// Judged by the mean over seeds, weights of 0 in three of five models were once said to have skill.
TEST(SumUpTest, EveryTrainedModelMustPassForTheMethodToHaveSkill) {
  EvaluationReport report;
  report.artifacts = {Artifact(1, .4), Artifact(2, 0), Artifact(3, .6)};
  SumUp(report);
  EXPECT_FALSE(report.demonstrated_skill);
  EXPECT_EQ(report.verdict.rfind("no demonstrated skill: 2 of 3 trained models passed the gate; seed 2: the "
                                 "calibration period gave the model no weight",
                                 0),
            0u)
      << report.verdict;
  report.artifacts = {Artifact(1, .4), Artifact(3, .6)};
  SumUp(report);
  EXPECT_TRUE(report.demonstrated_skill);
  EXPECT_EQ(report.verdict.rfind("demonstrated skill in each of 2 trained models; seed 1: over 52 test weeks", 0), 0u)
      << report.verdict;
  report.artifacts = {Artifact(2, 0)};
  SumUp(report);
  EXPECT_FALSE(report.demonstrated_skill);
  EXPECT_EQ(report.verdict, report.artifacts[0].sentence);
}

}  // namespace
}  // namespace tremorcast
