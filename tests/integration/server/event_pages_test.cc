// Pages of ListEvents over a real channel and database: together they are the catalogue, of whatever years.

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "tests/integration/server/server_fixture.h"

namespace tremorcast {
namespace {

TEST_F(ServerTest, PagesOfEventsOfAllYearsAreTheWholeCatalogueOnce) {
  constexpr int kEvents = 20'000, kPage = 999;
  StartServer();
  StoreOptions options;
  options.conninfo = conninfo_;
  const auto store = OpenStore(options);
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<SeismicEvent> events(kEvents);
  for (int i = 0; i < kEvents; ++i) {
    SeismicEvent& event = events[static_cast<size_t>(i)];
    event.source = i % 3 == 0 ? "simulated" : "cenc";
    event.source_event_id = absl::StrCat("id with spaces, ", i);
    // One or two at each moment, from the year 1 to 9990.
    event.origin_time =
        absl::FromCivil(absl::CivilYear(1 + i * 9990 / kEvents), absl::UTCTimeZone()) + absl::Microseconds(i % 2);
    event.epicenter = {30, 103};
    event.magnitude = 3 + i % 4;
  }
  ASSERT_TRUE((*store)->events().Import(events, kPresent - absl::Hours(1)).ok());
  std::vector<EventWithdrawal> withdrawn;
  for (int i = 0; i < kEvents; i += 7) withdrawn.push_back({events[i].source, events[i].source_event_id, {}});
  ASSERT_TRUE((*store)->events().Import(CatalogueImport{{}, withdrawn}, kPresent - absl::Minutes(1)).ok());
  const auto whole = (*store)->events().List({});
  ASSERT_TRUE(whole.ok()) << whole.status();
  const size_t expected = kEvents - withdrawn.size();
  ASSERT_EQ(whole->size(), expected);

  const auto stub = Catalog();
  v1::ListEventsRequest request;
  request.set_page_size(kPage);
  size_t at = 0, pages = 0;
  do {
    v1::ListEventsResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = stub->ListEvents(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    for (const v1::SeismicEvent& event : response.events()) {
      ASSERT_LT(at, expected);
      ASSERT_EQ(event.source_event_id(), (*whole)[at].source_event_id) << at;
      ++at;
    }
    ++pages;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && pages < expected);
  EXPECT_EQ(at, expected);
  EXPECT_EQ(pages, (expected + kPage - 1) / kPage);
}

// A client takes messages of 4 MiB unless it is told otherwise.
TEST_F(ServerTest, APageOfEventsWithLongNamesIsShorterThanAskedForAndNothingIsLost) {
  constexpr int kEvents = 9'000;
  StartServer();
  const auto store = OpenStore({.conninfo = conninfo_});
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<SeismicEvent> events(kEvents);
  for (int i = 0; i < kEvents; ++i) {
    SeismicEvent& event = events[static_cast<size_t>(i)];
    event.source = "cenc";
    event.source_event_id = absl::StrCat(i);
    event.origin_time = kPresent - absl::Hours(kEvents - i);
    event.epicenter = {30, 103};
    event.magnitude = 3;
    event.place = std::string(500, 'p');
  }
  ASSERT_TRUE((*store)->events().Import(events, kPresent - absl::Hours(1)).ok());
  v1::ListEventsRequest request;
  request.set_page_size(10'000);
  int seen = 0, pages = 0;
  do {
    v1::ListEventsResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = Catalog()->ListEvents(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    for (const v1::SeismicEvent& event : response.events()) ASSERT_EQ(event.source_event_id(), absl::StrCat(seen++));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && ++pages < kEvents);
  EXPECT_EQ(seen, kEvents);
  EXPECT_EQ(pages, 1) << "after the first";
}

}  // namespace
}  // namespace tremorcast
