#include "core/verification/splits.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

const absl::Time kSunday = absl::FromUnixSeconds(1607184000);

absl::Time Issue(int week) { return kSunday + week * kWeekLength; }

std::vector<absl::Time> Issues(int n) {
  std::vector<absl::Time> issues;
  for (int i = 0; i < n; ++i) issues.push_back(Issue(i));
  return issues;
}

TEST(SplitIssuesTest, OrdersFourSlicesWithOneIssueSkippedBetween) {
  SplitSizes sizes;
  sizes.train = 104;
  const Slices slices = SplitIssues(Issues(220), sizes).value();
  ASSERT_EQ(slices.train.size(), 104u);
  ASSERT_EQ(slices.early_stop.size(), 26u);
  ASSERT_EQ(slices.calibration.size(), 26u);
  ASSERT_EQ(slices.test.size(), 52u);
  EXPECT_EQ(slices.test.back(), Issue(219));
  EXPECT_EQ(slices.test.front() - slices.calibration.back(), 2 * kWeekLength);
  EXPECT_EQ(slices.calibration.front() - slices.early_stop.back(), 2 * kWeekLength);
  EXPECT_EQ(slices.early_stop.front() - slices.train.back(), 2 * kWeekLength);
  EXPECT_EQ(slices.train.front(), Issue(9));
}

TEST(SplitIssuesTest, TrainsOnEverythingBeforeUnlessTold) {
  const Slices slices = SplitIssues(Issues(220), SplitSizes()).value();
  EXPECT_EQ(slices.train.front(), Issue(0));
  EXPECT_EQ(slices.train.size(), 220u - 104 - 3);
}

TEST(SplitIssuesTest, CountsEachIssueOnceInAnyOrder) {
  std::vector<absl::Time> issues;
  for (int i = 9; i >= 0; --i) issues.insert(issues.end(), {Issue(i), Issue(i)});
  const Slices slices = SplitIssues(issues, {0, 2, 2, 2, 1}).value();
  EXPECT_EQ(slices.train, (std::vector<absl::Time>{Issue(0)}));
  EXPECT_EQ(slices.test, (std::vector<absl::Time>{Issue(8), Issue(9)}));
}

TEST(SplitIssuesTest, SaysHowManyIssuesItNeeds) {
  const absl::Status status = SplitIssues(Issues(9), {0, 2, 2, 2, 1}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "split: 9 issue times, at least 10 are needed");
  EXPECT_EQ(SplitIssues(Issues(99), {0, 2, 2, 2, 0}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SplitIssues(Issues(99), {0, 2, 0, 2, 1}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SplitIssuesAtTest, TestsThePeriodAndCountsTheOthersBackFromIt) {
  const Slices slices = SplitIssuesAt(Issues(220), {Issue(150) + absl::Hours(1), Issue(190)}, SplitSizes()).value();
  EXPECT_EQ(slices.test.front(), Issue(151));
  EXPECT_EQ(slices.test.back(), Issue(189));
  EXPECT_EQ(slices.calibration.back(), Issue(149));
  EXPECT_EQ(slices.calibration.size(), 26u);
  EXPECT_EQ(slices.early_stop.back(), Issue(122));
  EXPECT_EQ(slices.train.front(), Issue(0));
  EXPECT_EQ(slices.train.back(), Issue(95));
}

TEST(SplitIssuesAtTest, TheEmbargoIsAsLongAsAsked) {
  SplitSizes sizes;
  sizes.skipped = 4;
  const Slices slices = SplitIssuesAt(Issues(220), {Issue(160), Issue(220)}, sizes).value();
  EXPECT_EQ(slices.test.front() - slices.calibration.back(), 5 * kWeekLength);
  EXPECT_EQ(slices.early_stop.front() - slices.train.back(), 5 * kWeekLength);
}

TEST(SplitIssuesAtTest, ShrinksWhatLiesBeforeButNeverTheTest) {
  const Slices slices = SplitIssuesAt(Issues(100), {Issue(43), Issue(100)}, SplitSizes()).value();
  EXPECT_EQ(slices.test.size(), 57u);
  EXPECT_EQ(slices.early_stop.size(), 10u);
  EXPECT_EQ(slices.calibration.size(), 10u);
  EXPECT_EQ(slices.train.size(), 43u - 3 - 20);
  EXPECT_EQ(SplitIssuesAt(Issues(100), {Issue(5), Issue(9)}, SplitSizes()).status().message(),
            "split: 5 issue times before the test period [2021-01-09T16:00:00Z, 2021-02-06T16:00:00Z), at least 6 are "
            "needed");
  EXPECT_EQ(SplitIssuesAt(Issues(9), {Issue(20), Issue(30)}, SplitSizes()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(RollingTestPeriodsTest, DividesTheTestedIssuesWithoutGapOrOverlap) {
  const std::vector<absl::Time> issues = Issues(11);
  const std::vector<Interval> periods = RollingTestPeriods(issues, 3).value();
  ASSERT_EQ(periods.size(), 3u);
  for (const absl::Time issue : issues) {
    int inside = 0;
    for (const Interval& period : periods) inside += period.Contains(issue) ? 1 : 0;
    EXPECT_EQ(inside, 1);
  }
  EXPECT_EQ(periods[0].end, periods[1].begin);
  EXPECT_EQ(RollingTestPeriods(issues, 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RollingTestPeriods(issues, 12).status().message(),
            "rolling: 11 issue times to test on, fewer than the 12 origins");
}

TEST(ShrinkToFitTest, KeepsWhatFitsAndShrinksTheRest) {
  const SplitSizes wanted = {104, 26, 26, 52, 1};
  EXPECT_EQ(ShrinkToFit(211, wanted)->train, 104);
  EXPECT_EQ(ShrinkToFit(211, wanted)->test, 52);
  for (int n = 7; n < 211; ++n) {
    const SplitSizes sizes = ShrinkToFit(n, wanted).value();
    const absl::StatusOr<Slices> slices = SplitIssues(Issues(n), sizes);
    ASSERT_TRUE(slices.ok()) << n << ": " << slices.status();
    EXPECT_GE(slices->train.size(), slices->early_stop.size()) << n;
  }
  EXPECT_FALSE(ShrinkToFit(6, wanted).ok());
}

SampleTimes Sample(int week, int weeks_back = 1) {
  return {Issue(week), {Issue(week - weeks_back), Issue(week)}, {Issue(week), Issue(week + 1)}};
}

std::string Leak(const std::vector<SampleTimes>& earlier, const std::vector<SampleTimes>& test) {
  return std::string(CheckNoLeak(earlier, test).message());
}

TEST(CheckNoLeakTest, PassesABlockedSplitAndALookBackOfTheTestInputs) {
  EXPECT_EQ(Leak({Sample(0), Sample(1)}, {Sample(3), Sample(4)}), "");
  // Eight weeks of look-back reach into the training labels; that alone is no leak.
  EXPECT_EQ(Leak({Sample(0), Sample(9)}, {Sample(11, 8)}), "");
}

TEST(CheckNoLeakTest, PassesEverySplitItsOwnModuleMakes) {
  const Slices slices = SplitIssues(Issues(60), {0, 8, 8, 20, 1}).value();
  std::vector<SampleTimes> earlier, test;
  for (const auto* slice : {&slices.train, &slices.early_stop, &slices.calibration}) {
    for (const absl::Time t : *slice) earlier.push_back({t, {t - kWeekLength, t}, {t, t + kWeekLength}});
  }
  for (const absl::Time t : slices.test) test.push_back({t, {t - kWeekLength, t}, {t, t + kWeekLength}});
  EXPECT_EQ(Leak(earlier, test), "");
}

TEST(CheckNoLeakTest, TripsOnEveryKindOfLeak) {
  SampleTimes long_label = Sample(0);
  long_label.label.end = Issue(3) + kSlotLength;
  SampleTimes late_input = Sample(0);
  late_input.input.end += kSlotLength;
  SampleTimes early_label = Sample(0);
  early_label.label.begin -= kSlotLength;
  const struct {
    const char* what;
    std::vector<SampleTimes> earlier, test;
    const char* message;
  } cases[] = {
      {"one week on both sides", {Sample(3)}, {Sample(3)}, "is not before the test issue"},
      {"training after test", {Sample(5)}, {Sample(3)}, "is not before the test issue"},
      {"a label that reaches into a test label", {long_label}, {Sample(3)}, "meets the label"},
      {"an input beyond its issue", {late_input}, {Sample(3)}, "after its issue"},
      {"a label before its issue", {Sample(0)}, {Sample(3), early_label}, "before its issue"},
  };
  for (const auto& c : cases) {
    EXPECT_NE(Leak(c.earlier, c.test).find(c.message), std::string::npos) << c.what << ": " << Leak(c.earlier, c.test);
  }
}

TEST(CheckNoLeakTest, SeesARandomSplitOfOverlappingWindows) {
  // Daily issues with weekly labels, every third one held out.
  std::vector<SampleTimes> earlier, test;
  for (int day = 0; day < 30; ++day) {
    const absl::Time t = kSunday + absl::Hours(24 * day);
    (day % 3 == 0 ? test : earlier).push_back({t, {t - kWeekLength, t}, {t, t + kWeekLength}});
  }
  EXPECT_NE(Leak(earlier, test), "");
}

TEST(CheckNoLeakTest, SeesDailyIssuesWithTooSmallAnEmbargo) {
  // Blocked in time, but the last training label still runs when the first test label begins.
  std::vector<SampleTimes> earlier, test;
  for (int day = 0; day < 30; ++day) {
    const absl::Time t = kSunday + absl::Hours(24 * day);
    if (day != 20) (day < 20 ? earlier : test).push_back({t, {t - kWeekLength, t}, {t, t + kWeekLength}});
  }
  EXPECT_NE(Leak(earlier, test).find("meets the label"), std::string::npos);
}

}  // namespace
}  // namespace tremorcast
