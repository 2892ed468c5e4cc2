#include "trainer/evaluate/sets/set_views.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/trainer/small_set.h"
#include "trainer/run/experiment.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<float> Values(const SetView& view, int window) {
  std::vector<float> values(static_cast<size_t>(view.samples.source->channels()) *
                            static_cast<size_t>(view.samples.source->slots()));
  EXPECT_TRUE(view.samples.source->Read(window, absl::MakeSpan(values)).ok());
  return values;
}

const Sample& SampleOf(const SetView& view, int sample) { return view.samples.samples[static_cast<size_t>(sample)]; }
absl::Time WeekOf(const SetView& view, int sample) { return view.weeks[static_cast<size_t>(sample)]; }

std::vector<int> AllOf(const SetView& view) {
  std::vector<int> all;
  for (const auto* slice : {&view.train, &view.early_stop, &view.calibration, &view.test}) {
    all.insert(all.end(), slice->begin(), slice->end());
  }
  return all;
}

TEST(EvaluationSetTest, SplitsASetWithTimesInTime) {
  const EvaluationSet set = SmallSet();
  ASSERT_TRUE(set.ordered_in_time);
  EXPECT_EQ(set.view.test.size(), 60u);
  EXPECT_EQ(set.view.calibration.size(), 24u);
  EXPECT_EQ(set.view.early_stop.size(), 24u);
  // Two of the 60 training weeks are left out between slices and one before the test.
  EXPECT_EQ(set.view.train.size(), 3u * (60 - 16 - 3));
  for (int earlier : set.view.calibration) {
    for (int later : set.view.test) EXPECT_LE(WeekOf(set.view, earlier) + 2 * kWeekLength, WeekOf(set.view, later));
  }
}

TEST(EvaluationSetTest, LearnsReferencesFromTheLabelsBeforeTheTest) {
  const EvaluationSet set = SmallSet();
  ASSERT_TRUE(set.Find("catalogue-only") != nullptr);
  ASSERT_TRUE(set.Find("persistence") != nullptr);
  for (const ReferenceForecast& reference : set.references) {
    ASSERT_EQ(reference.probabilities.size(), set.view.test.size());
    for (const std::vector<double>& p : reference.probabilities) {
      EXPECT_NEAR(p[0] + p[1] + p[2] + p[3] + p[4], 1, 1e-12);
    }
  }
}

TEST(EvaluationSetTest, CountsClimatologyByRegionWithTwentyWeeksOfAllRegions) {
  const EvaluationSet set = SmallSet();
  std::map<RegionId, std::vector<double>> counts;
  std::vector<double> all(5, 0.5);
  for (const auto* slice : {&set.view.train, &set.view.early_stop, &set.view.calibration}) {
    for (int sample : *slice) {
      counts.try_emplace(SampleOf(set.view, sample).region, 5, 0).first->second[set.view.label(sample)] += 1;
      all[set.view.label(sample)] += 1;
    }
  }
  double total = 0;
  for (double n : all) total += n;
  const std::map<RegionId, std::vector<double>> counted = CountClimatology(set.view);
  for (const auto& [region, own] : counts) {
    double rows = 0;
    for (double n : own) rows += n;
    for (size_t k = 0; k < 5; ++k) {
      EXPECT_NEAR(counted.at(region)[k], (own[k] + 20 * all[k] / total) / (rows + 20), 1e-12);
    }
  }
}

TEST(SetViewsTest, PresenceKeepsTheGapsAndNothingElse) {
  const EvaluationSet set = SmallSet();
  const auto view = PresenceOnly(set);
  ASSERT_TRUE(view.ok());
  const std::vector<float> raw = Values(set.view, 5), seen = Values(*view, 5);
  for (size_t i = 0; i < raw.size(); ++i) EXPECT_EQ(seen[i], std::isnan(raw[i]) ? 0.0F : 1.0F);
}

TEST(SetViewsTest, StationAndCalendarReadNothingMeasured) {
  const EvaluationSet quiet = SmallSet();
  const EvaluationSet loud = SmallSet({.strength = 50});
  const auto a = StationAndCalendar(quiet), b = StationAndCalendar(loud);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->samples.source->channels(), 10);
  const std::vector<float> first = Values(*a, 0), next_week = Values(*a, 1), other_region = Values(*a, 60);
  EXPECT_EQ(first, Values(*b, 0));
  const auto code = [](const std::vector<float>& v) { return std::vector<float>(v.begin(), v.begin() + 8 * 14); };
  EXPECT_EQ(code(first), code(next_week));
  EXPECT_NE(code(first), code(other_region));
  EXPECT_NE(first, next_week);  // the calendar went on
}

TEST(SetViewsTest, ShiftTakesTheLabelsOfLaterWeeksOfTheSameRegion) {
  const EvaluationSet set = SmallSet();
  const auto view = ShiftedLabels(set, 7);
  ASSERT_TRUE(view.ok());
  for (int sample : view->train) {
    const int week = static_cast<int>((WeekOf(*view, sample) - SmallSetWeek(0)) / kWeekLength);
    const int region = SampleOf(*view, sample).region.value().back() - '0';
    EXPECT_EQ(view->label(sample), SmallSetLabel(region, (week + 7) % 80));
    EXPECT_EQ(SampleOf(*view, sample).windows, SampleOf(set.view, sample).windows);
  }
}

TEST(SetViewsTest, LastWeeksLabelIsThatOfTheWeekBefore) {
  const EvaluationSet set = SmallSet();
  const auto view = LastWeekLabels(set);
  ASSERT_TRUE(view.ok());
  ASSERT_THAT(view->test, Not(IsEmpty()));
  for (int sample : AllOf(*view)) {
    const int week = static_cast<int>((WeekOf(*view, sample) - SmallSetWeek(0)) / kWeekLength);
    const int region = SampleOf(*view, sample).region.value().back() - '0';
    EXPECT_EQ(view->label(sample), SmallSetLabel(region, week - 1));
  }
}

TEST(SetViewsTest, RandomSplitDealsTheSameSamplesAndMixesWeeks) {
  const EvaluationSet set = SmallSet();
  const auto view = RandomSplit(set, 3);
  ASSERT_TRUE(view.ok());
  std::vector<int> before = AllOf(set.view), after = AllOf(*view);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  EXPECT_EQ(before, after);
  EXPECT_EQ(view->test.size(), set.view.test.size());
  EXPECT_NE(view->test, set.view.test);
  std::set<absl::Time> trained;
  for (int sample : view->train) trained.insert(WeekOf(*view, sample));
  EXPECT_TRUE(std::any_of(view->test.begin(), view->test.end(),
                          [&](int sample) { return trained.contains(WeekOf(*view, sample)); }));
}

TEST(SetViewsTest, OtherRegionsStationsComeFromTheNextRegionAndTheSameWeek) {
  const EvaluationSet set = SmallSet();
  const auto view = OtherRegionsStations(set);
  ASSERT_TRUE(view.ok());
  for (int sample : view->test) {
    const int region = SampleOf(*view, sample).region.value().back() - '0';
    const int window = SampleOf(*view, sample).windows.front();  // windows are numbered as samples
    EXPECT_EQ(SampleOf(set.view, window).region.value().back() - '0', (region + 1) % 3);
    EXPECT_EQ(WeekOf(set.view, window), WeekOf(*view, sample));
    EXPECT_EQ(view->label(sample), set.view.label(sample));
  }
}

TEST(SetViewsTest, ARegionLeftOutIsTestedAndNeverTrained) {
  const EvaluationSet set = SmallSet();
  const auto view = WithoutRegion(set, RegionId("area-1"));
  ASSERT_TRUE(view.ok());
  for (const auto* slice : {&view->train, &view->early_stop, &view->calibration}) {
    for (int sample : *slice) EXPECT_NE(SampleOf(*view, sample).region, RegionId("area-1"));
  }
  EXPECT_EQ(view->test.size(), 20u);
  for (int sample : view->test) EXPECT_EQ(SampleOf(*view, sample).region, RegionId("area-1"));
}

TEST(SetViewsTest, ChannelsLeftOutAreMissingEverywhere) {
  const EvaluationSet set = SmallSet();
  const auto view = OnlyChannels(set, {false, true, false, true});
  ASSERT_TRUE(view.ok());
  const std::vector<float> raw = Values(set.view, 9), seen = Values(*view, 9);
  for (size_t i = 0; i < raw.size(); ++i) {
    const bool kept = (i / 14) % 2 == 1;
    if (!kept || std::isnan(raw[i])) {
      EXPECT_TRUE(std::isnan(seen[i]));
    } else {
      EXPECT_EQ(seen[i], raw[i]);
    }
  }
  EXPECT_THAT(std::string(OnlyChannels(set, {true}).status().message()), HasSubstr("no such channels"));
}

TEST(SetViewsTest, LearningCurveKeepsTheNewestIssues) {
  const EvaluationSet set = SmallSet();
  const auto view = NewestTraining(set, 0.25);
  ASSERT_TRUE(view.ok());
  absl::Time first = absl::InfiniteFuture(), last_dropped = absl::InfinitePast();
  for (int sample : view->train) first = std::min(first, WeekOf(*view, sample));
  for (int sample : set.view.train) {
    if (WeekOf(set.view, sample) < first) last_dropped = std::max(last_dropped, WeekOf(set.view, sample));
  }
  EXPECT_EQ(view->train.size(), 3u * 11);  // a quarter of 41 issues, rounded up
  EXPECT_LT(last_dropped, first);
  EXPECT_EQ(view->test, set.view.test);
}

TEST(SetViewsTest, WhatNeedsTimeIsRefusedWithoutIt) {
  const EvaluationSet set = SmallSet({.timed = false});
  ASSERT_FALSE(set.ordered_in_time);
  for (const absl::Status& status :
       {StationAndCalendar(set).status(), ShiftedLabels(set, 4).status(), LastWeekLabels(set).status(),
        RandomSplit(set, 1).status(), OtherRegionsStations(set).status(), DailyIssues(set).status(),
        IssuedLater(set, absl::Hours(24)).status(), ShorterHorizon(set, 3).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  }
}

// Simulated regions of two stations, because a published series has one window a week.
class SimulatedViewsTest : public testing::Test {
 protected:
  void SetUp() override {
    ExperimentOptions options;
    options.regions = 2;
    options.stations = 2;
    options.slots = 14;
    options.weeks = {20, 6, 6, 10, 1};
    absl::StatusOr<SimulatedWorld> world = BuildSimulatedWorld(options, {});
    ASSERT_TRUE(world.ok()) << world.status();
    world_ = *std::move(world);
    const std::shared_ptr<const Dataset> data(world_.data.get(), [](const Dataset*) {});
    absl::StatusOr<EvaluationSet> set = DatasetEvaluationSet(data, world_.plan, options.config);
    ASSERT_TRUE(set.ok()) << set.status();
    set_ = *std::move(set);
  }
  SimulatedWorld world_;
  EvaluationSet set_;
};

TEST_F(SimulatedViewsTest, StationsBecomeRowsOfTheSameSliceWeekAndLabel) {
  const SetView stations = ByStation(set_.view);
  size_t windows = 0;
  for (int sample : set_.view.test) windows += SampleOf(set_.view, sample).windows.size();
  EXPECT_EQ(stations.test.size(), windows);
  std::set<absl::Time> before, after;
  for (int sample : set_.view.test) before.insert(WeekOf(set_.view, sample));
  for (int row : stations.test) {
    after.insert(WeekOf(stations, row));
    EXPECT_EQ(SampleOf(stations, row).windows.size(), 1u);
  }
  EXPECT_EQ(before, after);
}

TEST_F(SimulatedViewsTest, FewerStationsLeaveAtLeastOne) {
  const auto view = FewerTestStations(set_, 0.25, 1);
  ASSERT_TRUE(view.ok());
  for (int sample : view->test) EXPECT_EQ(SampleOf(*view, sample).windows.size(), 1u);
  for (int sample : view->train) EXPECT_EQ(SampleOf(*view, sample).windows, SampleOf(set_.view, sample).windows);
}

TEST_F(SimulatedViewsTest, DailyWindowsAreStitchedFromTheirTwoWeeks) {
  const auto daily = DailyIssues(set_);
  ASSERT_TRUE(daily.ok()) << daily.status();
  EXPECT_GT(daily->test.size(), 5 * set_.view.test.size());
  // A Wednesday, and the two Sundays around it, of one station; stations may be missing from other
  // weeks.
  int third_day = -1;
  std::map<std::pair<StationId, int64_t>, int> windows;
  for (int sample : daily->test) {
    for (int window : SampleOf(*daily, sample).windows) {
      windows[{daily->samples.source->station(window), SampleOf(*daily, sample).issue}] = window;
      if (SampleOf(*daily, sample).issue != absl::ToUnixSeconds(WeekOf(*daily, sample)) + 3 * 86400) continue;
      third_day = sample;
    }
  }
  ASSERT_GE(third_day, 0);
  const int stitched = SampleOf(*daily, third_day).windows[0];
  const StationId station = daily->samples.source->station(stitched);
  const int64_t issue = SampleOf(*daily, third_day).issue;
  const std::vector<float> first = Values(*daily, windows.at({station, issue - 3 * 86400}));
  const std::vector<float> next = Values(*daily, windows.at({station, issue + 4 * 86400}));
  const std::vector<float> mixed = Values(*daily, stitched);
  for (size_t c = 0; c < 95; ++c) {
    for (size_t t = 0; t < 14; ++t) {
      const float expected = t < 8 ? first[c * 14 + t + 6] : next[c * 14 + t - 8];
      const float seen = mixed[c * 14 + t];
      EXPECT_TRUE(seen == expected || (std::isnan(seen) && std::isnan(expected))) << c << " " << t;
    }
  }
  const absl::Time issued = absl::FromUnixSeconds(issue);
  EXPECT_EQ(daily->label(third_day), set_.label_of(SampleOf(*daily, third_day).region, {issued, issued + kWeekLength}));
}

TEST_F(SimulatedViewsTest, ALaterIssueSeesTheSevenDaysBeforeItAndAnswersForTheSevenAfter) {
  const absl::Duration later = absl::Hours(36);  // three of the fourteen steps of a week
  const auto view = IssuedLater(set_, later);
  ASSERT_TRUE(view.ok()) << view.status();
  // The last issue of a slice has no next week in it.
  EXPECT_LT(view->test.size(), set_.view.test.size());
  std::map<std::pair<StationId, absl::Time>, int> weekly;
  for (int sample : set_.view.test) {
    for (int window : SampleOf(set_.view, sample).windows) {
      weekly[{set_.view.samples.source->station(window), WeekOf(set_.view, sample)}] = window;
    }
  }
  for (int sample : view->test) {
    const absl::Time issue = absl::FromUnixSeconds(SampleOf(*view, sample).issue);
    const absl::Time week = WeekOf(*view, sample);
    EXPECT_EQ(issue, week + later);
    EXPECT_EQ(view->label(sample), set_.label_of(SampleOf(*view, sample).region, {issue, issue + kWeekLength}));
    const int window = SampleOf(*view, sample).windows[0];
    const StationId station = view->samples.source->station(window);
    const std::vector<float> first = Values(set_.view, weekly.at({station, week}));
    const std::vector<float> next = Values(set_.view, weekly.at({station, week + kWeekLength}));
    const std::vector<float> seen = Values(*view, window);
    for (size_t t = 0; t < 14; ++t) {
      const float expected = t < 11 ? first[t + 3] : next[t - 11];
      EXPECT_TRUE(seen[t] == expected || (std::isnan(seen[t]) && std::isnan(expected))) << t;
    }
  }
  EXPECT_THAT(IssuedLater(set_, absl::Hours(1)).status().message(), HasSubstr("no whole number of steps of 12h"));
  EXPECT_EQ(IssuedLater(set_, kWeekLength).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SimulatedViewsTest, AShorterHorizonCountsOnlyItsOwnDays) {
  int week_events = 0, day_events = 0;
  const auto view = ShorterHorizon(set_, 1);
  ASSERT_TRUE(view.ok()) << view.status();
  for (int sample : set_.view.train) {
    const absl::Time issue = WeekOf(set_.view, sample);
    EXPECT_EQ(view->label(sample), set_.label_of(SampleOf(set_.view, sample).region, {issue, issue + absl::Hours(24)}));
    EXPECT_LE(view->label(sample), set_.view.label(sample));
    week_events += set_.view.label(sample) > 0 ? 1 : 0;
    day_events += view->label(sample) > 0 ? 1 : 0;
  }
  EXPECT_LT(day_events, week_events);
  // The reference answers for the day too.
  const RegionId region = SampleOf(set_.view, set_.view.test[0]).region;
  EXPECT_GT(view->climatology.at(region)[0], CountClimatology(set_.view).at(region)[0]);
  EXPECT_EQ(ShorterHorizon(set_, 7).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ShorterHorizon(set_, 0).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tremorcast
