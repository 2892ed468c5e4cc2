// The rules that every reader of catalogues shares.

#include "core/readers/catalogue_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/time/time.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CatalogueText Read(const std::vector<EventRecord>& records) {
  CatalogueBuilder builder(CatalogueFormat::kFdsnText, {});
  for (const EventRecord& record : records) builder.Add(record);
  return std::move(builder).Finish().value();
}

EventRecord Record(const std::string& id, const std::string& type, const std::string& place) {
  EventRecord record;
  record.source = "fdsn:isc";
  record.id = id;
  record.time = absl::FromUnixSeconds(1559373966);
  record.latitude = "27.25";
  record.longitude = "101.5";
  record.magnitude = "5.1";
  record.magnitude_type = type;
  record.place = place;
  return record;
}

std::vector<std::string> Ids(const CatalogueText& text) {
  std::vector<std::string> ids;
  for (const SeismicEvent& event : text.events) ids.push_back(event.source_event_id);
  return ids;
}

TEST(CatalogueTextTest, WhatNobodySeesIsASpaceAndATextThatIsTooLongIsLeftOut) {
  const CatalogueText text =
      Read({Record("ev\u200b1", "M\ufeffw", "\u202eA\u0085\u200f\u2066B\u061c\u2060"),
            Record("ev2", "Mw", std::string(501, 'p')), Record("ev3", std::string(201, 'm'), std::string(500, 'p'))});
  EXPECT_THAT(Ids(text), ElementsAre("ev 1", "ev2", "ev3"));
  EXPECT_THAT(text.bad_lines, IsEmpty());
  EXPECT_EQ(text.events[0].place, "A   B");
  EXPECT_EQ(text.events[0].magnitude_type, "M w");
  EXPECT_EQ(text.events[1].place, "");
  EXPECT_EQ(text.events[2].place.size(), 500U);
  EXPECT_EQ(text.events[2].magnitude_type, "");
  ASSERT_EQ(text.left_out.size(), 2U);
  EXPECT_EQ(text.left_out[0].reason, "place has 501 bytes; at most 500 are taken");
  EXPECT_EQ(text.left_out[1].reason, "magnitude type has 201 bytes; at most 200 are taken");
}

TEST(CatalogueTextTest, AnIdThatNobodyCanTakeIsLeftOutAndTheEventNamedByTimeAndPlace) {
  const CatalogueText text = Read({Record(std::string(201, 'e'), "", ""), Record("ev\xff", "", "somewhere else")});
  EXPECT_THAT(Ids(text), ElementsAre("20190601T072606_27.25_101.50"));
  ASSERT_EQ(text.left_out.size(), 2U);
  EXPECT_EQ(text.left_out[0].reason, "id has 201 bytes; at most 200 are taken");
  EXPECT_EQ(text.left_out[1].reason, "id is not UTF-8");
  ASSERT_EQ(text.bad_lines.size(), 1U);
  EXPECT_EQ(text.bad_lines[0].reason, "repeats line 0");
}

std::vector<std::string> Reasons(const CatalogueText& text) {
  std::vector<std::string> reasons;
  for (const BadEvent& bad : text.bad_lines) {
    reasons.push_back(std::to_string(bad.line) + ": " + bad.reason + (bad.lost ? " (lost)" : ""));
  }
  return reasons;
}

EventRecord Line(int64_t line, const std::string& id, const std::string& magnitude) {
  EventRecord record = Record(id, "ML", "");
  record.line = line;
  record.magnitude = magnitude;
  return record;
}

TEST(CatalogueTextTest, OfOneIdTheLastStandsAndTheOthersAreListed) {
  const CatalogueText text =
      Read({Line(1, "a", "5.1"), Line(2, "b", "4.0"), Line(3, "a", "5.1"), Line(4, "a", "5.3"), Line(5, "a", "5.3")});
  EXPECT_THAT(Ids(text), ElementsAre("b", "a"));
  EXPECT_EQ(text.events[1].magnitude, 5.3);
  EXPECT_THAT(Reasons(text), ElementsAre("1: line 5 lists 'a' anew", "3: line 5 lists 'a' anew", "4: repeats line 5"));
}

TEST(CatalogueTextTest, OfOneIdTheOneStandsThatTheCatalogueUpdatedLast) {
  EventRecord newer = Line(1, "a", "5.3"), older = Line(2, "a", "5.1");
  newer.updated = absl::FromUnixSeconds(1559460000);
  older.updated = absl::FromUnixSeconds(1559450000);
  const CatalogueText text = Read({newer, older});
  ASSERT_THAT(Ids(text), ElementsAre("a"));
  EXPECT_EQ(text.events[0].magnitude, 5.3);
  EXPECT_THAT(Reasons(text), ElementsAre("2: line 1 lists 'a' anew"));
}

TEST(CatalogueTextTest, AnUpdateThatLiesInTheFutureIsLeftOut) {
  EventRecord misdated = Line(1, "a", "5.3");
  misdated.updated = absl::FromUnixSeconds(99999999999);
  CatalogueOptions options;
  options.now = *misdated.time;
  CatalogueBuilder builder(CatalogueFormat::kFdsnText, options);
  builder.Add(misdated);
  const CatalogueText text = std::move(builder).Finish().value();
  ASSERT_EQ(text.events.size(), 1U);
  EXPECT_EQ(text.events[0].updated, std::nullopt) << "else no later state of it would be newer";
  ASSERT_EQ(text.left_out.size(), 1U);
  EXPECT_EQ(text.left_out[0].reason, "the time of its update lies in the future");
}

TEST(CatalogueTextTest, AnIdThatIsGivenToAnotherEarthquakeLosesTheFirst) {
  EventRecord other = Line(2, "1", "6.0");
  other.time = *other.time + absl::Hours(24 * 365);
  EventRecord elsewhere = Line(3, "2", "4.0");
  elsewhere.source = "fdsn:other";
  const CatalogueText text = Read({Line(1, "1", "5.1"), other, Line(2, "2", "4.5"), elsewhere});
  EXPECT_THAT(Ids(text), ElementsAre("1", "2", "2"));
  EXPECT_EQ(text.events[0].magnitude, 6.0);
  ASSERT_THAT(Reasons(text), ElementsAre("1: line 2 lists another earthquake as '1' (lost)"));
  EXPECT_EQ(text.bad_lines[0].not_before, Line(1, "1", "5.1").time);
  EXPECT_EQ(text.bad_lines[0].magnitude, 5.1);
}

TEST(CatalogueTextTest, WhatALaterLineCallsSomethingElseIsNoEarthquakeAnyMoreAndTheOtherWayRound) {
  EventRecord blast = Line(2, "a", "2.1"), first = Line(3, "b", "2.2");
  blast.type = first.type = "quarry blast";
  const CatalogueText text = Read({Line(1, "a", "2.1"), blast, first, Line(4, "b", "2.2")});
  EXPECT_THAT(Ids(text), ElementsAre("b"));
  EXPECT_THAT(Reasons(text), ElementsAre("1: line 2 lists 'a' as quarry blast"));
  ASSERT_EQ(Withdrawals(text).size(), 1U);
  EXPECT_EQ(Withdrawals(text)[0].source_event_id, "a");
}

TEST(CatalogueTextTest, ALostEventWithoutATimeLiesBetweenItsNeighboursInAListInOrder) {
  const auto bounds = [](const std::vector<int>& days) {  // a lost event between the first and the others
    std::vector<EventRecord> records;
    for (const int day : days) {
      EventRecord record = Record(std::to_string(day), "", "");
      record.line = static_cast<int64_t>(records.size()) * 2;
      record.time = absl::UnixEpoch() + absl::Hours(24 * day);
      records.push_back(record);
    }
    EventRecord lost = Record("lost", "", "");
    lost.line = 1;
    lost.time.reset();
    records.insert(records.begin() + 1, lost);
    const CatalogueText text = Read(records);
    return std::pair(text.bad_lines.at(0).not_before, text.bad_lines.at(0).not_after);
  };
  const auto day = [](int number) { return std::optional(absl::UnixEpoch() + absl::Hours(24 * number)); };
  EXPECT_EQ(bounds({1, 3, 9}), std::pair(day(1), day(3)));
  EXPECT_EQ(bounds({9, 3, 1}), std::pair(day(3), day(9)));
  EXPECT_EQ(bounds({3, 9, 1}), (std::pair<std::optional<absl::Time>, std::optional<absl::Time>>()));
  EXPECT_EQ(bounds({3}), (std::pair<std::optional<absl::Time>, std::optional<absl::Time>>()))
      << "newest first, or last";
}

}  // namespace
}  // namespace tremorcast
