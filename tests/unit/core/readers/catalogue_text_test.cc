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
