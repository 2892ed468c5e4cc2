#include "core/ladder/ladder_trial.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/ladder/ladder_worlds.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

LadderTrial Try(const std::vector<SeismicEvent>& catalogue, const LadderTrialOptions& options) {
  auto trial = TryLadder(catalogue, catalogue, options);
  EXPECT_TRUE(trial.ok()) << trial.status();
  return trial.ok() ? *std::move(trial) : LadderTrial();
}

// A year is enough to see what enters what.
LadderTrialOptions ShortTrial() {
  LadderTrialOptions options = WorldTrial();
  options.period.end = options.test_begin + 60 * kWeekLength;
  options.calibration = 10 * kWeekLength;
  options.catalogues = 100;
  return options;
}

// ladder_worlds_soak asks how often, and that random times are no skill.
TEST(LadderTrialTest, ClustersAreSkill) {
  const LadderTrial trial = Try(ClusteredWorld(1), WorldTrial());
  EXPECT_TRUE(trial.verdict.demonstrated_skill) << trial.verdict.sentence;
  EXPECT_GT(trial.gain_over_twin->low, 0);
  EXPECT_EQ(trial.rows.size(), 6u * static_cast<size_t>(trial.scores.weeks));
  EXPECT_EQ(trial.origins.size(), 4u);
  EXPECT_EQ(trial.origins.front().pool.weight, 0);
  EXPECT_GT(trial.origins.back().pool.weight, 0);
}

TEST(LadderTrialTest, NothingLaterThanAnIssueEntersIt) {
  const LadderTrialOptions options = ShortTrial();
  const std::vector<SeismicEvent> catalogue = ClusteredWorld(2);
  const absl::Time change = options.test_begin + 40 * kWeekLength;
  std::vector<SeismicEvent> other = catalogue;
  for (SeismicEvent& event : other) {
    if (event.origin_time >= change) event.magnitude = 6;
  }
  const LadderTrial a = Try(catalogue, options), b = Try(other, options);
  ASSERT_EQ(a.rows.size(), b.rows.size());
  int before = 0, changed = 0;
  for (size_t i = 0; i < a.rows.size(); ++i) {
    const LadderRow &x = a.rows[i], &y = b.rows[i];
    if (x.issue <= change) {
      ++before;
      EXPECT_EQ(x.catalogue, y.catalogue);
      EXPECT_EQ(x.climatology, y.climatology);
      EXPECT_EQ(x.pooled, y.pooled);
      EXPECT_EQ(x.twin, y.twin);
      EXPECT_EQ(x.logistic, y.logistic);
    } else {
      changed += x.catalogue != y.catalogue ? 1 : 0;
    }
  }
  EXPECT_GT(before, 100);
  EXPECT_GT(changed, 50) << "a later change is seen later, or this test sees nothing";
}

// What a later model is given.
TEST(LadderTrialTest, PoolAndTwinComeFromEveryAnswerOutOfSample) {
  const LadderTrialOptions options = ShortTrial();
  const LadderTrial trial = Try(ClusteredWorld(3), options);
  EXPECT_EQ(trial.answers, 6 * (10 + trial.scores.weeks));
  EXPECT_LE(trial.evidence.pool_weight, trial.pool.weight);
  EXPECT_LE(trial.evidence.pool_weight, trial.origins.back().pool.weight);
  ASSERT_EQ(trial.twin.regions.size(), 6u);
  ClassProbabilities mean = {};
  for (const auto& [region, p] : trial.twin.regions) {
    double sum = 0;
    for (int k = 0; k < kClasses; ++k) {
      sum += p[k];
      mean[k] += p[k] / 6;
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
  for (int k = 0; k < kClasses; ++k) EXPECT_NEAR(trial.twin.network[k], mean[k], 1e-12);
  // The rows are of the test alone; those of the calibration enter as well.
  double tested = 0;
  int rows = 0;
  for (const LadderRow& row : trial.rows) {
    if (row.region != 0) continue;
    tested += row.catalogue[0];
    ++rows;
  }
  EXPECT_NE(trial.twin.regions.at(options.regions[0].id)[0], tested / rows);
}

TEST(LadderTrialTest, ThreadsDoNotChangeIt) {
  LadderTrialOptions options = ShortTrial();
  const std::vector<SeismicEvent> catalogue = ClusteredWorld(3);
  const LadderTrial alone = Try(catalogue, options);
  options.for_each = [](int n, const std::function<void(int)>& one) {
    std::thread other([&] {
      for (int i = n - 1; i >= n / 2; --i) one(i);
    });
    for (int i = 0; i < n / 2; ++i) one(i);
    other.join();
  };
  const LadderTrial shared = Try(catalogue, options);
  ASSERT_EQ(alone.rows.size(), shared.rows.size());
  for (size_t i = 0; i < alone.rows.size(); ++i) EXPECT_EQ(alone.rows[i].pooled, shared.rows[i].pooled);
  EXPECT_EQ(alone.verdict.sentence, shared.verdict.sentence);
}

// What a refused fit leaves is the rung below.
TEST(LadderTrialTest, ARefusedFitLeavesClimatology) {
  LadderTrialOptions options = ShortTrial();
  options.rung.fit.least_targets = 1000000;
  const LadderTrial trial = Try(ClusteredWorld(4), options);
  EXPECT_THAT(trial.origins.back().rung.refusal, HasSubstr("1000000"));
  for (const LadderRow& row : trial.rows) {
    for (int k = 0; k < kClasses; ++k) ASSERT_NEAR(row.pooled[k], row.climatology[k], 1e-8);
  }
  EXPECT_FALSE(trial.verdict.demonstrated_skill);

  options = ShortTrial();
  options.rung.classes.edges = {2.0, 2.5, 3.0, 3.5};
  EXPECT_THAT(Try(ClusteredWorld(4), options).origins.back().rung.refusal, HasSubstr("the first class begins at 2.0"));
}

TEST(LadderTrialTest, PlacebosKeepTheEventsAndLoseTheirPlaceOrTime) {
  const std::vector<SeismicEvent> catalogue = ClusteredWorld(1);
  const LadderTrialOptions options = WorldTrial();
  const absl::Duration half = options.period.length() / 2;
  const auto shifted = ShiftedCatalogue(catalogue, options.period, half);
  ASSERT_EQ(shifted.size(), catalogue.size());
  EXPECT_TRUE(std::is_sorted(shifted.begin(), shifted.end(),
                             [](const auto& a, const auto& b) { return a.origin_time < b.origin_time; }));
  int moved = 0;
  for (const SeismicEvent& event : shifted) {
    EXPECT_TRUE(options.period.Contains(event.origin_time));
    const auto before = std::find_if(catalogue.begin(), catalogue.end(),
                                     [&](const auto& e) { return e.source_event_id == event.source_event_id; });
    moved += absl::AbsDuration(absl::AbsDuration(event.origin_time - before->origin_time) - half) < absl::Seconds(1);
  }
  EXPECT_EQ(moved, static_cast<int>(catalogue.size()));

  const auto mirrored = MirroredCatalogue(catalogue, options.regions);
  ASSERT_EQ(mirrored.size(), catalogue.size());
  for (size_t i = 0; i < mirrored.size(); ++i) {
    EXPECT_EQ(mirrored[i].origin_time, catalogue[i].origin_time);
    EXPECT_DOUBLE_EQ(mirrored[i].epicenter.longitude_deg, catalogue[i].epicenter.longitude_deg);
    EXPECT_NEAR(mirrored[i].epicenter.latitude_deg + catalogue[i].epicenter.latitude_deg, 61, 1e-9);
  }
}

TEST(LadderTrialTest, RefusesWhatIsNoTrial) {
  const std::vector<SeismicEvent> catalogue = ClusteredWorld(5);
  const auto code = [&](auto change) {
    LadderTrialOptions options = ShortTrial();
    change(options);
    return TryLadder(catalogue, catalogue, options).status().code();
  };
  EXPECT_EQ(code([](auto& o) { o.regions.clear(); }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& o) { o.origins = 0; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& o) { o.step = absl::Hours(36); }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& o) { o.step = -kWeekLength; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& o) { o.test_begin = o.period.end; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& o) { o.test_begin = o.period.begin; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& o) { o.stop = [] { return true; }; }), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace tremorcast
