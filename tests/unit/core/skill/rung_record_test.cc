#include "core/skill/rung_record.h"

#include <cmath>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

constexpr ClassProbabilities kUsual = {.7, .15, .08, .04, .03};
constexpr ClassProbabilities kAlarmed = {.4, .45, .08, .04, .03};

class RungRecordTest : public ::testing::Test {
 protected:
  // An event in every third window.
  std::string Verify(int at, absl::Duration step, IssueKind issue) {
    Verification v;
    v.valid_from = absl::FromUnixSeconds(1'577'548'800) + at * step;  // a Sunday 00:00 UTC+8
    v.forecast_id = absl::StrCat(IssueKindName(issue), at);
    v.issue = issue;
    v.observed_class = at % 3 == 0 ? 1 : 0;
    v.climatology = v.probabilities = kUsual;
    verifications_.push_back(v);
    return v.forecast_id;
  }
  std::vector<Verification> verifications_;
  std::vector<ArchivedRung> rungs_;
};

TEST_F(RungRecordTest, HasARowForEachRungAndKindOfIssue) {
  for (int week = 0; week < 30; ++week) {
    const std::string id = Verify(week, kWeekLength, IssueKind::kWeekly);
    rungs_.push_back({id, Rung::kCatalogue, kAlarmed, week < 15});
    rungs_.push_back({id, Rung::kStations, kUsual, false});
  }
  for (int day = 0; day < 210; ++day) {
    rungs_.push_back({Verify(day, absl::Hours(24), IssueKind::kDaily), Rung::kCatalogue, kAlarmed, true});
  }
  const std::vector<RungRecord> records = BuildRungRecords(verifications_, rungs_);
  ASSERT_EQ(records.size(), 3u);
  const double gain = (std::log(.45 / .15) + 2 * std::log(.4 / .7)) / 3;
  EXPECT_EQ(records[0].rung, Rung::kCatalogue);
  EXPECT_EQ(records[0].issue, IssueKind::kWeekly);
  EXPECT_EQ(records[0].issues, 30);
  EXPECT_EQ(records[0].event_issues, 10);
  EXPECT_NEAR(records[0].over_climatology->mean, gain, 1e-12);
  EXPECT_TRUE(records[0].over_climatology->low.has_value());
  EXPECT_FALSE(records[0].over_below.has_value()) << "climatology stands below it";

  EXPECT_EQ(records[1].rung, Rung::kStations);
  EXPECT_NEAR(records[1].over_climatology->mean, 0, 1e-12);
  EXPECT_NEAR(records[1].over_below->mean, -gain / 2, 1e-12) << "of the weeks in which the rung below might answer";

  EXPECT_EQ(records[2].issue, IssueKind::kDaily);
  EXPECT_EQ(records[2].issues, 210);
  EXPECT_EQ(records[2].over_climatology->weeks, 30) << "windows overlap, and an interval counts weeks";
  EXPECT_NEAR(records[2].over_climatology->mean, gain, 1e-12);
}

TEST_F(RungRecordTest, HasNoneWithoutVerifiedAnswers) {
  rungs_.push_back({"weekly0", Rung::kCatalogue, kAlarmed, true});
  EXPECT_TRUE(BuildRungRecords(verifications_, rungs_).empty());
  rungs_.clear();
  Verify(0, kWeekLength, IssueKind::kWeekly);
  EXPECT_TRUE(BuildRungRecords(verifications_, rungs_).empty()) << "issued before there were rungs";
}

}  // namespace
}  // namespace tremorcast
