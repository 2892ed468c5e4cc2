// NetworkService, CatalogService, ModelService and the archive's reads over a real channel.

#include <cmath>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/integration/server/server_fixture.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Calls a unary method of a stub; the status, and the response in `*response`.
template <typename Stub, typename Method, typename Request, typename Response>
grpc::Status Call(const Stub& stub, Method method, const Request& request, Response* response) {
  grpc::ClientContext context;
  SetDeadline(&context);
  response->Clear();
  return ((*stub).*method)(&context, request, response);
}

class ServicesTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    StartServer();
  }
};

TEST_F(ServicesTest, PagesThroughStationsInIdOrder) {
  for (const char* id : {"c", "a", "e", "b", "d"}) RegisterStation(id);
  v1::ListStationsRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  v1::ListStationsResponse response;
  do {
    ASSERT_TRUE(Call(Network(), &v1::NetworkService::Stub::ListStations, request, &response).ok());
    EXPECT_LE(response.stations_size(), 2);
    for (const auto& station : response.stations()) names.push_back(station.name());
    request.set_page_token(response.next_page_token());
  } while (!response.next_page_token().empty());
  EXPECT_THAT(names, ElementsAre("stations/a", "stations/b", "stations/c", "stations/d", "stations/e"));
}

TEST_F(ServicesTest, UpdatesOnlyWhatTheMaskNamesAndMakesNothingByAccident) {
  RegisterStation("a");
  v1::UpdateStationRequest request;
  request.mutable_station()->set_name("stations/a");
  request.mutable_station()->set_title("New title");
  request.mutable_update_mask()->add_paths("title");
  v1::UpdateStationResponse response;
  ASSERT_TRUE(Call(Network(), &v1::NetworkService::Stub::UpdateStation, request, &response).ok());
  EXPECT_EQ(response.station().title(), "New title");
  EXPECT_EQ(response.station().location().latitude_degrees(), 30);
  EXPECT_EQ(response.station().revision(), 2);
  request.mutable_station()->set_name("stations/unknown");
  EXPECT_EQ(Call(Network(), &v1::NetworkService::Stub::UpdateStation, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.mutable_station()->set_name("a");
  const grpc::Status malformed = Call(Network(), &v1::NetworkService::Stub::UpdateStation, request, &response);
  EXPECT_THAT(FieldsOf(DetailsOf(malformed)), ElementsAre("station.name"));
}

TEST_F(ServicesTest, GivesTheFeatureSchema) {
  v1::GetFeatureSchemaResponse response;
  ASSERT_TRUE(
      Call(Network(), &v1::NetworkService::Stub::GetFeatureSchema, v1::GetFeatureSchemaRequest(), &response).ok());
  EXPECT_EQ(response.magn_features_size(), 51);
  EXPECT_EQ(response.sound_features_size(), 44);
  EXPECT_EQ(response.hash(), FeatureSchemaHash());
}

v1::SeismicEvent Quake(int i, double magnitude) {
  v1::SeismicEvent event;
  event.set_source("cenc");
  event.set_source_event_id(absl::StrCat("q", i));
  event.mutable_origin_time()->set_seconds(absl::ToUnixSeconds(kWeek - absl::Hours(1000)) +
                                           i / 2);  // pairs share their time
  event.mutable_epicenter()->set_latitude_degrees(30);
  event.mutable_epicenter()->set_longitude_degrees(103);
  event.set_magnitude(magnitude);
  return event;
}

TEST_F(ServicesTest, ImportsRevisesAndPagesThroughEventsAsOfOneMoment) {
  v1::ImportEventsRequest import;
  for (int i = 0; i < 7; ++i) *import.add_events() = Quake(i, 3.0);
  v1::ImportEventsResponse counts;
  ASSERT_TRUE(Call(Catalog(), &v1::CatalogService::Stub::ImportEvents, import, &counts).ok());
  EXPECT_EQ(counts.inserted_count(), 7);
  clock_.Advance(absl::Hours(1));
  v1::ListEventsRequest request;
  request.set_page_size(3);
  v1::ListEventsResponse page;
  ASSERT_TRUE(Call(Catalog(), &v1::CatalogService::Stub::ListEvents, request, &page).ok());
  std::vector<std::string> ids;
  for (const auto& event : page.events()) ids.push_back(event.source_event_id());
  // What is recorded between two pages is not in the second one.
  clock_.Advance(absl::Hours(1));
  import.mutable_events(5)->set_magnitude(6);
  *import.add_events() = Quake(8, 5.5);
  ASSERT_TRUE(Call(Catalog(), &v1::CatalogService::Stub::ImportEvents, import, &counts).ok());
  EXPECT_EQ(counts.inserted_count(), 1);
  EXPECT_EQ(counts.revised_count(), 1);
  EXPECT_EQ(counts.unchanged_count(), 6);
  while (!page.next_page_token().empty()) {
    request.set_page_token(page.next_page_token());
    ASSERT_TRUE(Call(Catalog(), &v1::CatalogService::Stub::ListEvents, request, &page).ok());
    for (const auto& event : page.events()) {
      ids.push_back(event.source_event_id());
      EXPECT_EQ(event.magnitude(), 3.0);
    }
  }
  EXPECT_THAT(ids, ElementsAre("q0", "q1", "q2", "q3", "q4", "q5", "q6"));
  request.set_include_deleted(true);
  EXPECT_EQ(Call(Catalog(), &v1::CatalogService::Stub::ListEvents, request, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT)
      << "a token of another query";
}

TEST_F(ServicesTest, NamesTheBadEventAndImportsNone) {
  v1::ImportEventsRequest import;
  *import.add_events() = Quake(0, 3.0);
  *import.add_events() = Quake(1, 3.0);
  import.mutable_events(1)->mutable_epicenter()->set_latitude_degrees(123);
  v1::ImportEventsResponse counts;
  const grpc::Status status = Call(Catalog(), &v1::CatalogService::Stub::ImportEvents, import, &counts);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(DetailsOf(status)), ElementsAre("events[1]"));
  EXPECT_EQ(Query("SELECT count(*) FROM events"), 0);
}

TEST_F(ServicesTest, NoUpdateIsOfTheFutureAndNoMagnitudeNan) {
  v1::ImportEventsRequest import;
  *import.add_events() = Quake(0, 3.0);
  import.mutable_events(0)->mutable_update_time()->set_seconds(99999999999);
  v1::ImportEventsResponse counts;
  EXPECT_THAT(FieldsOf(DetailsOf(Call(Catalog(), &v1::CatalogService::Stub::ImportEvents, import, &counts))),
              ElementsAre("events[0].update_time"));
  import.clear_events();
  v1::EventWithdrawal* withdrawal = import.add_withdrawals();
  withdrawal->set_source("cenc");
  withdrawal->set_source_event_id("1");
  withdrawal->mutable_update_time()->set_seconds(99999999999);
  EXPECT_THAT(FieldsOf(DetailsOf(Call(Catalog(), &v1::CatalogService::Stub::ImportEvents, import, &counts))),
              ElementsAre("withdrawals[0].update_time"));
  v1::ListEventsRequest list;
  list.set_min_magnitude(std::nan(""));
  v1::ListEventsResponse page;
  EXPECT_THAT(FieldsOf(DetailsOf(Call(Catalog(), &v1::CatalogService::Stub::ListEvents, list, &page))),
              ElementsAre("min_magnitude"));
}

TEST_F(ServicesTest, DoesNotBelieveACatalogueCompleteInTheFuture) {
  v1::ImportEventsRequest import;
  import.set_complete_source("cenc");
  import.mutable_complete_until_time()->set_seconds(absl::ToUnixSeconds(kPresent + absl::Hours(1)));
  v1::ImportEventsResponse counts;
  EXPECT_EQ(Call(Catalog(), &v1::CatalogService::Stub::ImportEvents, import, &counts).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServicesTest, PromotesRollsBackAndKeepsTheLedger) {
  const std::string first = PublishModel(1), second = PublishModel(2);
  v1::PromoteModelRequest promote;
  v1::PromoteModelResponse promoted;
  promote.set_name("models/" + first);
  EXPECT_THAT(FieldsOf(DetailsOf(Call(Models(), &v1::ModelService::Stub::PromoteModel, promote, &promoted))),
              ElementsAre("reason"));
  promote.set_reason("first");
  promote.set_actor("someone");
  ASSERT_TRUE(Call(Models(), &v1::ModelService::Stub::PromoteModel, promote, &promoted).ok());
  EXPECT_EQ(promoted.promotion().scope(), "regions/_network");
  promote.set_name("models/" + second);
  ASSERT_TRUE(Call(Models(), &v1::ModelService::Stub::PromoteModel, promote, &promoted).ok());
  EXPECT_EQ(promoted.promotion().previous_model(), "models/" + first);
  promote.set_name("models/20200101T000000-00000000");
  EXPECT_EQ(Call(Models(), &v1::ModelService::Stub::PromoteModel, promote, &promoted).error_code(),
            grpc::StatusCode::NOT_FOUND);
  promote.set_name("models/" + first);
  promote.set_scope("regions/nowhere");
  EXPECT_EQ(Call(Models(), &v1::ModelService::Stub::PromoteModel, promote, &promoted).error_code(),
            grpc::StatusCode::NOT_FOUND);

  v1::ListModelsResponse models;
  ASSERT_TRUE(Call(Models(), &v1::ModelService::Stub::ListModels, v1::ListModelsRequest(), &models).ok());
  ASSERT_EQ(models.models_size(), 2);
  EXPECT_EQ(models.models(0).name(), "models/" + second);
  EXPECT_THAT(models.models(0).champion_scopes(), ElementsAre("regions/_network"));
  EXPECT_EQ(models.models(1).champion_scopes_size(), 0);
  EXPECT_EQ(models.models(0).scores().at("gain"), 0.25);

  v1::RollbackModelRequest rollback;
  v1::RollbackModelResponse rolled_back;
  rollback.set_reason("worse");
  ASSERT_TRUE(Call(Models(), &v1::ModelService::Stub::RollbackModel, rollback, &rolled_back).ok());
  EXPECT_EQ(rolled_back.promotion().model(), "models/" + first);
  EXPECT_EQ(Call(Models(), &v1::ModelService::Stub::RollbackModel, rollback, &rolled_back).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);

  v1::ListPromotionsRequest list;
  list.set_page_size(2);
  v1::ListPromotionsResponse page;
  std::vector<v1::PromotionKind> kinds;
  do {
    ASSERT_TRUE(Call(Models(), &v1::ModelService::Stub::ListPromotions, list, &page).ok());
    for (const auto& promotion : page.promotions()) kinds.push_back(promotion.kind());
    list.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_THAT(kinds, ElementsAre(v1::PROMOTION_KIND_ROLLBACK, v1::PROMOTION_KIND_PROMOTE, v1::PROMOTION_KIND_PROMOTE));
}

TEST_F(ServicesTest, SaysThatARegionIsUnknownOrHasNoForecastYet) {
  v1::GetForecastRequest request;
  v1::GetForecastResponse response;
  request.set_name("regions/area1/forecasts/latest");
  grpc::Status status = Call(Forecasts(), &v1::ForecastService::Stub::GetForecast, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(DetailsOf(status)), "REGION_NOT_FOUND");
  RegisterRegion("area1");
  status = Call(Forecasts(), &v1::ForecastService::Stub::GetForecast, request, &response);
  EXPECT_EQ(ReasonOf(DetailsOf(status)), "NO_FORECAST_YET");
  request.set_name("area1");
  EXPECT_THAT(FieldsOf(DetailsOf(Call(Forecasts(), &v1::ForecastService::Stub::GetForecast, request, &response))),
              ElementsAre("name"));
}

TEST_F(ServicesTest, RefusesAnIssueTimeOffTheGridOrInTheFuture) {
  RegisterStation("s1");
  RegisterRegion("area1");
  v1::ComputeForecastRequest request;
  v1::ComputeForecastResponse response;
  request.set_region("regions/area1");
  for (const absl::Time time : {kWeek + absl::Seconds(1), kPresent + absl::Hours(1)}) {
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(time));
    const grpc::Status status = Call(Forecasts(), &v1::ForecastService::Stub::ComputeForecast, request, &response);
    EXPECT_THAT(FieldsOf(DetailsOf(status)), ElementsAre("issue_time")) << status.error_message();
  }
}

TEST_F(ServicesTest, PagesThroughForecastsNewestFirst) {
  RegisterStation("s1");
  for (const char* region : {"area1", "area2", "area3"}) RegisterRegion(region);
  // Without a model the answer is climatology, which needs a catalogue.
  v1::ImportEventsRequest import;
  *import.add_events() = Quake(0, 4.0);
  import.mutable_events(0)->mutable_origin_time()->set_seconds(absl::ToUnixSeconds(kWeek - 60 * kWeekLength));
  import.set_complete_source("cenc");
  import.mutable_complete_until_time()->set_seconds(absl::ToUnixSeconds(kWeek));
  v1::ImportEventsResponse counts;
  ASSERT_TRUE(Call(Catalog(), &v1::CatalogService::Stub::ImportEvents, import, &counts).ok());
  v1::ComputeForecastRequest compute;
  v1::ComputeForecastResponse computed;
  std::vector<std::string> expected;
  for (int week = 0; week < 3; ++week) {
    for (const char* region : {"area1", "area2", "area3"}) {
      compute.set_region(absl::StrCat("regions/", region));
      compute.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(kWeek - week * kWeekLength));
      const grpc::Status status = Call(Forecasts(), &v1::ForecastService::Stub::ComputeForecast, compute, &computed);
      ASSERT_TRUE(status.ok()) << status.error_message();
      expected.push_back(computed.forecast().name());
    }
  }
  v1::ListForecastsRequest list;
  list.set_parent("regions/-");
  list.add_purposes(v1::FORECAST_PURPOSE_HINDCAST);
  list.set_page_size(2);
  v1::ListForecastsResponse page;
  std::vector<std::string> names;
  do {
    ASSERT_TRUE(Call(Forecasts(), &v1::ForecastService::Stub::ListForecasts, list, &page).ok());
    EXPECT_LE(page.forecasts_size(), 2);
    for (const auto& forecast : page.forecasts()) names.push_back(forecast.name());
    list.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(names, expected);
  list.clear_page_token();
  list.clear_purposes();
  ASSERT_TRUE(Call(Forecasts(), &v1::ForecastService::Stub::ListForecasts, list, &page).ok());
  EXPECT_EQ(page.forecasts_size(), 0) << "hindcasts are not listed unless asked for";
}

TEST_F(ServicesTest, ListsTheNewestSlotOfEachStationAndSignalByPages) {
  for (const char* id : {"s1", "s2"}) {
    RegisterStation(id);
    v1::BatchVerdict verdict;
    ASSERT_TRUE(Send(MakeBatch(id, "b1", kWeek, 3), &verdict).ok());
  }
  v1::ListStationFreshnessRequest request;
  request.set_page_size(1);
  v1::ListStationFreshnessResponse page;
  std::vector<std::string> seen;
  do {
    ASSERT_TRUE(Call(Ingest(), &v1::IngestService::Stub::ListStationFreshness, request, &page).ok());
    ASSERT_EQ(page.freshness_size(), 1);
    EXPECT_EQ(page.freshness(0).last_slot_time().seconds(), absl::ToUnixSeconds(kWeek + 2 * kSlotLength));
    seen.push_back(absl::StrCat(page.freshness(0).station(), " ", page.freshness(0).signal()));
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_THAT(seen, ElementsAre("stations/s1 1", "stations/s1 2", "stations/s2 1", "stations/s2 2"));
}

}  // namespace
}  // namespace tremorcast
