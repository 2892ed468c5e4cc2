#include "core/base/time_grid.h"

#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

absl::Time At(const char* text) {
  const absl::StatusOr<absl::Time> t = ParseTime(text);
  EXPECT_TRUE(t.ok()) << t.status();
  return t.value_or(absl::UnixEpoch());
}

TEST(SlotTest, AcceptsOnlyMultiplesOfTenMinutes) {
  ASSERT_TRUE(SlotAt(absl::FromUnixSeconds(1606752000)).ok());
  EXPECT_EQ(SlotAt(absl::FromUnixSeconds(1606752000))->index, 1606752000 / 600);
  EXPECT_FALSE(SlotAt(absl::FromUnixSeconds(1606752001)).ok());
  EXPECT_FALSE(SlotAt(absl::FromUnixSeconds(1606752000) + absl::Nanoseconds(1)).ok());
}

TEST(SlotTest, HoldsItsStartAndNotItsEnd) {
  const Slot slot = SlotContaining(absl::FromUnixSeconds(1199));
  EXPECT_EQ(slot.index, 1);
  EXPECT_EQ(SlotContaining(slot.start()), slot);
  EXPECT_EQ(SlotContaining(slot.end()).index, 2);
}

TEST(SlotTest, CountsBackwardsBeforeTheEpoch) {
  EXPECT_EQ(SlotContaining(absl::FromUnixSeconds(-1)).index, -1);
  EXPECT_EQ(SlotContaining(absl::FromUnixSeconds(-600)).index, -1);
  EXPECT_EQ(SlotContaining(absl::FromUnixSeconds(-601)).index, -2);
}

TEST(OverlapsTest, TouchingIntervalsDoNotOverlapEitherWay) {
  const Interval first = {absl::FromUnixSeconds(0), absl::FromUnixSeconds(600)};
  const Interval second = {absl::FromUnixSeconds(600), absl::FromUnixSeconds(1200)};
  EXPECT_FALSE(Overlaps(first, second));
  EXPECT_FALSE(Overlaps(second, first));
  const Interval across = {absl::FromUnixSeconds(599), absl::FromUnixSeconds(601)};
  EXPECT_TRUE(Overlaps(first, across));
  EXPECT_TRUE(Overlaps(across, second));
}

TEST(OverlapsTest, AnEmptyIntervalOverlapsNothing) {
  const Interval whole = {absl::FromUnixSeconds(0), absl::FromUnixSeconds(600)};
  const Interval empty = {absl::FromUnixSeconds(300), absl::FromUnixSeconds(300)};
  EXPECT_FALSE(Overlaps(whole, empty));
  EXPECT_FALSE(Overlaps(empty, whole));
  EXPECT_FALSE(Overlaps(empty, empty));
}

TEST(WeekGridTest, ServiceWeeksStartOnSundayInUtcPlusEight) {
  const Interval week = WeekGrid::Service().Containing(At("2020-12-09 12:34"));
  EXPECT_EQ(FormatNetworkTime(week.begin), "2020-12-06T00:00:00+08:00");
  EXPECT_EQ(FormatUtc(week.begin), "2020-12-05T16:00:00Z");
  EXPECT_EQ(week.length(), kWeekLength);
  EXPECT_EQ(absl::GetWeekday(absl::ToCivilDay(week.begin, NetworkTimeZone())), absl::Weekday::sunday);
}

TEST(WeekGridTest, TheEndOfAWeekBelongsToTheNext) {
  const WeekGrid& grid = WeekGrid::Service();
  const absl::Time start = At("2020-12-06");
  EXPECT_EQ(grid.Containing(start - absl::Nanoseconds(1)).begin, grid.At(start, -1).begin);
  EXPECT_EQ(grid.Containing(start).begin, start);
  EXPECT_EQ(grid.Containing(grid.At(start, 0).end).begin, grid.At(start, 1).begin);
  EXPECT_TRUE(grid.IsStart(start));
  EXPECT_FALSE(grid.IsStart(start + kSlotLength));
}

TEST(WeekGridTest, CountsWeeksAcrossTheOrigin) {
  const WeekGrid& grid = WeekGrid::Service();
  EXPECT_EQ(grid.WeeksBetween(At("2020-12-12"), At("2020-12-13")), 1);
  EXPECT_EQ(grid.WeeksBetween(At("2020-12-13"), At("2020-12-12")), -1);
  EXPECT_EQ(grid.WeeksBetween(At("1969-12-27"), At("1970-01-04")), 2);
}

TEST(WeekGridTest, TakesAnyOriginAndLengthOnTheSlotGrid) {
  const absl::StatusOr<WeekGrid> wednesdays = WeekGrid::Create(At("2020-12-02"), kWeekLength);
  ASSERT_TRUE(wednesdays.ok());
  EXPECT_EQ(wednesdays->Containing(At("2020-12-08 23:59")).begin, At("2020-12-02"));
  EXPECT_EQ(wednesdays->slots(), kSlotsPerWeek);
  const absl::StatusOr<WeekGrid> short_windows = WeekGrid::Create(At("2020-12-02"), 168 * kSlotLength);
  ASSERT_TRUE(short_windows.ok());
  EXPECT_EQ(short_windows->slots(), 168);

  EXPECT_FALSE(WeekGrid::Create(At("2020-12-02"), absl::ZeroDuration()).ok());
  EXPECT_FALSE(WeekGrid::Create(At("2020-12-02"), absl::Minutes(15)).ok());
  EXPECT_FALSE(WeekGrid::Create(At("2020-12-02") + absl::Seconds(1), kWeekLength).ok());
  EXPECT_FALSE(WeekGrid::Create(absl::InfinitePast(), kWeekLength).ok());
}

TEST(ParseTimeTest, ReadsZonesAndTakesCivilTimeAsUtcPlusEight) {
  for (const char* text : {"2020-12-06T00:00:00+08:00", "2020-12-05T16:00:00Z", "2020-12-06", "2020-12-06 00:00",
                           "2020-12-06 00:00:00", " 2020-12-06 "}) {
    EXPECT_EQ(At(text), absl::FromUnixSeconds(1607184000)) << text;
  }
}

TEST(ParseTimeTest, RefusesEverythingElse) {
  for (const char* text : {"", "yesterday", "infinite-past", "2020-13-01", "2020-12-06T00:00:00", "2020-12-06 25:00",
                           "2020-12-06 00:00 x", "1607184000", "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01",
                           "0001-01-01", "99999999999999999999-01-01"}) {
    EXPECT_FALSE(ParseTime(text).ok()) << text;
  }
}

TEST(LocalMinuteTest, IsInTheNetworksTime) {
  EXPECT_EQ(LocalMinute(*ParseTime("2020-12-05T16:00:59Z")), "2020-12-06 00:00");
}

}  // namespace
}  // namespace tremorcast
