#include "core/forecast/station_question.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/skill/records.h"

namespace tremorcast {
namespace {

const absl::Time kSunday = absl::FromUnixSeconds(1483200000);  // 00:00 UTC+8

TEST(StationQuestionTest, EveryQuestionHasAScopeOfItsOwnWhichTellsIt) {
  std::set<std::string> scopes;
  for (int day = 0; day < kWeekDays; ++day) {
    for (int days = 1; days <= kWeekDays; ++days) {
      const StationQuestion question{day, days};
      EXPECT_TRUE(ValidateQuestion(question).ok());
      EXPECT_EQ(QuestionOfScope(ScopeOf(question)), question);
      EXPECT_TRUE(ValidateId("scope", ScopeOf(question).value()).ok());
      scopes.insert(ScopeOf(question).value());
    }
  }
  EXPECT_EQ(scopes.size(), 49u);
  EXPECT_EQ(ScopeOf({}).value(), kNetworkScope);
  EXPECT_EQ(ScopeOf({3, 1}).value(), "_network-day3-horizon1");
  for (const char* other : {"area-1", kCatalogueScope, "_network-day0", "_network-day7", "_network-horizon7"})
    EXPECT_FALSE(QuestionOfScope(RegionId(other)).has_value()) << other;
  EXPECT_FALSE(ValidateQuestion({7, 7}).ok());
  EXPECT_FALSE(ValidateQuestion({0, 8}).ok());
  EXPECT_FALSE(ValidateQuestion({0, 0}).ok());
}

TEST(StationQuestionTest, IssuesFallOnItsGridAndMidnightsTellTheirDay) {
  const StationQuestion question{3, 1};
  const absl::Time wednesday = kSunday + absl::Hours(72);
  EXPECT_TRUE(question.Grid().IsStart(wednesday));
  EXPECT_FALSE(question.Grid().IsStart(kSunday));
  EXPECT_EQ(question.TargetOf(wednesday), (Interval{wednesday, wednesday + absl::Hours(24)}));
  EXPECT_EQ(QuestionAt(wednesday, 1), question);
  EXPECT_EQ(QuestionAt(kSunday - absl::Hours(24))->issue_day, 6);
  EXPECT_TRUE(QuestionAt(kSunday)->weekly());
  EXPECT_FALSE(QuestionAt(wednesday + absl::Minutes(10)).has_value());
  EXPECT_EQ(DescribeQuestion(question), "issued 3 days after the week begins, of the next 1 day");
  EXPECT_EQ(DescribeQuestion({}), "");
}

TEST(StationQuestionTest, AModelIsChampionOfItsOwnQuestionAlone) {
  EXPECT_TRUE(CheckScope(RegionId("area-1"), Rung::kStations, {}).ok());
  EXPECT_TRUE(CheckScope(ScopeOf({3, 7}), Rung::kStations, {3, 7}).ok());
  EXPECT_FALSE(CheckScope(RegionId(kNetworkScope), Rung::kStations, {3, 7}).ok());
  EXPECT_FALSE(CheckScope(RegionId("area-1"), Rung::kStations, {0, 1}).ok());
  EXPECT_FALSE(CheckScope(ScopeOf({0, 1}), Rung::kStations, {}).ok());
  EXPECT_FALSE(CheckScope(ScopeOf({0, 1}), Rung::kCatalogue, {}).ok());
}

}  // namespace
}  // namespace tremorcast
