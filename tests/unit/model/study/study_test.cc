#include "model/study/study.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

StudyOptions TinyStudy() {
  StudyOptions options;
  options.network.channels = 8;
  options.network.input_slots = options.network.slots = 24;
  options.training = QuickTraining();
  return options;
}

std::map<std::string, const StudyRow*> ByName(const StudyResult& result) {
  std::map<std::string, const StudyRow*> rows;
  for (const StudyRow& row : result.rows) rows[std::string(StudyTableName(row.table)) + ": " + row.name] = &row;
  return rows;
}

void ExpectProbabilities(const StudyRow& row, size_t samples) {
  for (const auto* answers : {&row.balanced, &row.calibrated, &row.pooled}) {
    ASSERT_EQ(answers->size(), samples) << row.name;
    for (const auto& p : *answers) {
      ASSERT_EQ(p.size(), 5u);
      EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-9) << row.name;
    }
  }
}

TEST(StudyTest, OneRunGivesEveryRowOfTheTables) {
  const TinyData data = MakeTinyData({.issues = 40});
  const auto result = RunStudy(TinyStudy(), {data.training(), data.test});
  ASSERT_TRUE(result.ok()) << result.status();
  std::vector<std::string> names;
  for (const StudyRow& row : result->rows) {
    if (row.table != StudyTable::kLongTail) names.push_back(row.name);
    ExpectProbabilities(row, data.test.size());
    EXPECT_GT(row.parameters, 0);
    EXPECT_TRUE(std::isfinite(row.early_stop_log_score));
    EXPECT_FALSE(row.pool_reason.empty());
  }
  EXPECT_THAT(names, ElementsAre("implicit", "explicit", "fused", "Flatten", "CNN", "decoupled DenseNet classifier",
                                 "CNN", "DenseNet", "stage 1 + T + pool", "proposed"));
  EXPECT_EQ(result->rows.size(), 10u + 25u);
}

TEST(StudyTest, TheBackboneIsTrainedOnceAndSoIsEachSetOfHeads) {
  const TinyData data = MakeTinyData({.issues = 40});
  StudyOptions options = TinyStudy();
  std::map<std::string, int> epochs_of_stage1;
  int finished = 0, curves = 0;
  options.progress = [&](const StudyProgress& p) {
    if (p.training.stage == 1) ++epochs_of_stage1[p.what];
    EXPECT_GE(p.finished, finished);
    finished = p.finished;
    curves = p.curves;
  };
  const auto result = RunStudy(options, {data.training(), data.test});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(epochs_of_stage1, (std::map<std::string, int>{{"stage 1", 2}}));
  // Stage 1, the plain CNN, and two heads each of: three inputs, two other kinds, three other
  // samplings, three other losses, three augmentations.
  EXPECT_EQ(result->curves.size(), 2u + 2 * 14);
  EXPECT_EQ(curves, 30);
  std::set<std::string> names;
  for (const LossCurve& curve : result->curves) {
    EXPECT_FALSE(curve.epochs.empty());
    names.insert(curve.name);
  }
  EXPECT_EQ(names.size(), result->curves.size());
  EXPECT_EQ(names.count("fused DenseNet classifier, class-balanced, head 2"), 1u);
  const auto rows = ByName(*result);
  EXPECT_EQ(rows.at("II: fused")->pooled, rows.at("IV: proposed")->pooled);
  EXPECT_EQ(rows.at("III: decoupled DenseNet classifier")->pooled, rows.at("long tail: class-balanced, tau")->pooled);
}

TEST(StudyTest, TheProposedRowIsWhatTrainGives) {
  const TinyData data = MakeTinyData({.issues = 120, .strength = 3});
  StudyOptions options = TinyStudy();
  options.tables = {StudyTable::kMethods};
  options.training.max_epochs = 12;
  const auto result = RunStudy(options, {data.training(), data.test});
  ASSERT_TRUE(result.ok()) << result.status();
  const auto model = Train(options.network, data.training(), options.training);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto outputs = (*model)->Predict(data.set, data.test);
  ASSERT_TRUE(outputs.ok());
  const auto rows = ByName(*result);
  const auto expect_near = [](const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      for (size_t k = 0; k < a[i].size(); ++k) ASSERT_NEAR(a[i][k], b[i][k], 1e-4) << i;
    }
  };
  expect_near(rows.at("IV: proposed")->balanced, outputs->balanced);
  expect_near(rows.at("IV: proposed")->calibrated, outputs->calibrated);
  expect_near(rows.at("IV: proposed")->pooled, outputs->pooled);
  expect_near(rows.at("IV: DenseNet")->calibrated, outputs->stage1);
  expect_near(rows.at("IV: stage 1 + T + pool")->pooled, outputs->stage1_pooled);
  EXPECT_EQ(rows.at("IV: proposed")->tau, (*model)->calibration().tau);
  EXPECT_GT(rows.at("IV: proposed")->pool_weight, 0);
}

// What the table shows of a method is what a training with that method serves.
TEST(StudyTest, EveryRowOfTheLongTailIsWhatTrainGives) {
  const TinyData data = MakeTinyData({.issues = 60, .strength = 2});
  StudyOptions options = TinyStudy();
  options.tables = {StudyTable::kLongTail};
  options.training.heads = 1;
  const auto result = RunStudy(options, {data.training(), data.test});
  ASSERT_TRUE(result.ok()) << result.status();
  const auto rows = ByName(*result);
  int compared = 0;
  const auto compare = [&](const std::string& name, Sampling sampling, LossKind loss, Augmentation augmentation,
                           Treatment treatment) {
    TrainOptions training = options.training;
    training.stage2_sampling = sampling;
    training.stage2_loss = loss;
    training.augmentation = augmentation;
    training.last_layer = treatment;
    const auto model = Train(options.network, data.training(), training);
    ASSERT_TRUE(model.ok()) << model.status();
    const auto outputs = (*model)->Predict(data.set, data.test);
    ASSERT_TRUE(outputs.ok());
    ASSERT_EQ(rows.count("long tail: " + name), 1u) << name;
    const StudyRow& row = *rows.at("long tail: " + name);
    for (size_t i = 0; i < row.calibrated.size(); ++i) {
      for (size_t k = 0; k < 5; ++k) {
        ASSERT_NEAR(row.balanced[i][k], outputs->balanced[i][k], 1e-4) << name;
        ASSERT_NEAR(row.calibrated[i][k], outputs->calibrated[i][k], 1e-4) << name;
      }
    }
    ++compared;
  };
  const LossKind plain = LossKind::kCrossEntropy;
  const Augmentation none = Augmentation::kNone;
  compare("instance, LWS", Sampling::kInstance, plain, none, Treatment::kScaled);
  compare("class-balanced, LWS", Sampling::kClassBalanced, plain, none, Treatment::kScaled);
  compare("sqrt, NCM", Sampling::kSquareRoot, plain, none, Treatment::kNearestMean);
  compare("class-balanced, cRT", Sampling::kClassBalanced, plain, none, Treatment::kRetrained);
  compare("instance, class-balanced loss", Sampling::kInstance, LossKind::kClassBalanced, none, Treatment::kRetrained);
  compare("instance, focal loss", Sampling::kInstance, LossKind::kFocal, none, Treatment::kRetrained);
  // tau has nothing to do on LDAM's layer.
  compare("instance, LDAM-DRW", Sampling::kInstance, LossKind::kLdam, none, Treatment::kTauNormalised);
  compare("class-balanced, SMOTE, cRT", Sampling::kClassBalanced, plain, Augmentation::kSmote, Treatment::kRetrained);
  compare("class-balanced, mixup, tau", Sampling::kClassBalanced, plain, Augmentation::kMixup,
          Treatment::kTauNormalised);
  compare("class-balanced, jitter, tau", Sampling::kClassBalanced, plain, Augmentation::kJitter,
          Treatment::kTauNormalised);
  EXPECT_EQ(compared, 10);
}

TEST(StudyTest, BothConnectivitiesStandInOneTable) {
  const TinyData data = MakeTinyData({.issues = 40});
  StudyOptions options = TinyStudy();
  options.tables = {StudyTable::kMethods, StudyTable::kConnectivity};
  int finished = 0, curves = 0;
  options.progress = [&](const StudyProgress& p) {
    EXPECT_GE(p.finished, finished);
    finished = p.finished;
    curves = p.curves;
  };
  const auto result = RunStudy(options, {data.training(), data.test});
  ASSERT_TRUE(result.ok()) << result.status();
  const auto rows = ByName(*result);
  ASSERT_EQ(result->rows.size(), 4u + 4u);
  EXPECT_EQ(rows.at("connectivity: single, proposed")->pooled, rows.at("IV: proposed")->pooled);
  EXPECT_EQ(rows.at("connectivity: single, stage 1 + T + pool")->pooled, rows.at("IV: stage 1 + T + pool")->pooled);
  EXPECT_EQ(static_cast<int>(result->curves.size()), curves);
  // The other network's rows are those of a study of its own.
  StudyOptions dense = options;
  dense.network.connectivity = Connectivity::kDense;
  dense.tables = {StudyTable::kMethods};
  dense.progress = nullptr;
  const auto other = RunStudy(dense, {data.training(), data.test});
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(rows.at("connectivity: dense, proposed")->pooled, ByName(*other).at("IV: proposed")->pooled);
  EXPECT_EQ(rows.at("connectivity: dense, proposed")->parameters, ByName(*other).at("IV: proposed")->parameters);
  EXPECT_LT(rows.at("connectivity: dense, stage 1 + T + pool")->parameters,
            rows.at("connectivity: single, stage 1 + T + pool")->parameters);
}

TEST(StudyTest, TheLongTailChoiceIsTheBestEarlyStopScore) {
  const TinyData data = MakeTinyData({.issues = 60, .strength = 2});
  StudyOptions options = TinyStudy();
  options.tables = {StudyTable::kLongTail};
  options.training.heads = 1;
  const auto result = RunStudy(options, {data.training(), data.test});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->rows.size(), 25u);
  const auto best = std::min_element(
      result->rows.begin(), result->rows.end(),
      [](const StudyRow& a, const StudyRow& b) { return a.early_stop_log_score < b.early_stop_log_score; });
  EXPECT_TRUE(best->chosen);
  EXPECT_EQ(result->chosen_long_tail, best->name);
  const auto rows = ByName(*result);
  for (const char* name : {"instance, LWS", "progressive, NCM", "instance, class-balanced loss", "instance, focal loss",
                           "instance, LDAM-DRW", "class-balanced, SMOTE, cRT", "class-balanced, mixup, tau",
                           "class-balanced, jitter, tau"}) {
    EXPECT_EQ(rows.count(std::string("long tail: ") + name), 1u) << name;
  }
  EXPECT_EQ(std::count_if(result->rows.begin(), result->rows.end(), [](const StudyRow& r) { return r.chosen; }), 1);
}

TEST(StudyTest, NothingIsChosenOnTheTestSlice) {
  TinyData data = MakeTinyData({.issues = 60, .strength = 2});
  StudyOptions options = TinyStudy();
  options.training.heads = 1;
  const auto before = RunStudy(options, {data.training(), data.test});
  for (int i : data.test) {
    int& label = data.set.samples[static_cast<size_t>(i)].label;
    label = 4 - label;
  }
  const auto after = RunStudy(options, {data.training(), data.test});
  ASSERT_TRUE(before.ok() && after.ok());
  for (size_t r = 0; r < before->rows.size(); ++r) {
    EXPECT_EQ(before->rows[r].pooled, after->rows[r].pooled) << before->rows[r].name;
    EXPECT_EQ(before->rows[r].chosen, after->rows[r].chosen);
  }
}

TEST(StudyTest, StationModeAndASetWithoutCalibrationSliceRun) {
  const TinyData data = MakeTinyData({.issues = 30});
  StudyOptions options = TinyStudy();
  options.training.max_epochs = 1;
  options.training.heads = 1;
  options.network.unit = SampleUnit::kStation;
  TrainingData training = data.training();
  training.calibration.clear();
  const auto result = RunStudy(options, {training, data.test});
  ASSERT_TRUE(result.ok()) << result.status();
  for (const StudyRow& row : result->rows) {
    ExpectProbabilities(row, data.test.size());
    EXPECT_EQ(row.pool_weight, row.name == "DenseNet" ? 1 : 0) << row.pool_reason;
  }
}

TEST(StudyTest, RefusesWhatItCannotRunOn) {
  const TinyData data = MakeTinyData({.issues = 20});
  EXPECT_EQ(RunStudy(TinyStudy(), {data.training(), {100000}}).status().code(), absl::StatusCode::kInvalidArgument);
  StudyOptions options = TinyStudy();
  options.network.channels = 9;
  EXPECT_EQ(RunStudy(options, {data.training(), data.test}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(OutsideScoresTest, TakeTheSamePathToProbabilities) {
  const TinyData data = MakeTinyData({.issues = 200});
  const StudyData study{data.training(), data.test};
  OutsideScores scores;
  // A method that knows the answer with an odds of e^2, on balanced classes.
  const auto fill = [&](const std::vector<int>& slice, std::vector<std::vector<double>>& out) {
    for (int i : slice) {
      out.emplace_back(5, -10.0);
      out.back()[0] = 0;
      out.back()[1] = data.set.samples[static_cast<size_t>(i)].label == 1 ? 2 : -2;
    }
  };
  fill(data.training().early_stop, scores.early_stop);
  fill(data.training().calibration, scores.calibration);
  fill(data.test, scores.test);
  const auto row = CalibrateOutsideScores(study, 5, 10, scores);
  ASSERT_TRUE(row.ok()) << row.status();
  ExpectProbabilities(*row, data.test.size());
  EXPECT_GT(row->pool_weight, .9) << row->pool_reason;
  // Half balanced away and put back: the calibrated answer favours class 0 more than the balanced
  // one.
  EXPECT_GT(row->calibrated[0][0], row->balanced[0][0]);
  EXPECT_LT(row->early_stop_log_score, .1);

  // Above a rung that knows the answer the same method has nothing to add.
  SampleSet known = data.set;
  for (Sample& sample : known.samples) {
    sample.below = {1 - 4e-6, 1e-6, 1e-6, 1e-6, 1e-6};
    if (sample.label == 1) std::swap(sample.below[0], sample.below[1]);
  }
  StudyData over_rung = study;
  over_rung.training.set = &known;
  const auto above = CalibrateOutsideScores(over_rung, 5, 10, scores);
  ASSERT_TRUE(above.ok()) << above.status();
  EXPECT_EQ(above->pool_weight, 0) << above->pool_reason;
  for (size_t i = 0; i < data.test.size(); ++i) {
    const Sample& sample = known.samples[static_cast<size_t>(data.test[i])];
    for (size_t k = 0; k < 5; ++k) {
      EXPECT_NEAR(above->pooled[i][k],
                  above->pool_weight * above->calibrated[i][k] + (1 - above->pool_weight) * sample.below[k], 1e-3);
    }
  }
  scores.test.pop_back();
  EXPECT_THAT(CalibrateOutsideScores(study, 5, 10, scores).status().message(), HasSubstr("test slice"));
  scores.test.push_back({0, 0, 0, 0, NAN});
  EXPECT_THAT(CalibrateOutsideScores(study, 5, 10, scores).status().message(), HasSubstr("5 finite numbers"));
}

}  // namespace
}  // namespace tremorcast
