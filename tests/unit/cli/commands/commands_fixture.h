#pragma once

// Small services that the commands are run against, and the fixture that starts them.

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/support/test_service.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"
#include "tremorcast/v1/model_service.grpc.pb.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast::cli {

class TestNetwork final : public v1::NetworkService::Service {
 public:
  std::map<std::string, v1::Station> stations;
  std::map<std::string, v1::Region> regions;

 private:
  // A page holds two, so that every list is paged.
  template <typename Map, typename Add>
  static std::string Page(const Map& all, const std::string& token, const Add& add) {
    int n = 0;
    for (auto it = all.upper_bound(token); it != all.end(); ++it) {
      add(it->second);
      if (++n == 2 && std::next(it) != all.end()) return it->first;
    }
    return "";
  }
  grpc::Status ListStations(grpc::ServerContext*, const v1::ListStationsRequest* request,
                            v1::ListStationsResponse* response) override {
    response->set_next_page_token(
        Page(stations, request->page_token(), [&](const v1::Station& s) { *response->add_stations() = s; }));
    return grpc::Status::OK;
  }
  grpc::Status ListRegions(grpc::ServerContext*, const v1::ListRegionsRequest* request,
                           v1::ListRegionsResponse* response) override {
    response->set_next_page_token(
        Page(regions, request->page_token(), [&](const v1::Region& r) { *response->add_regions() = r; }));
    return grpc::Status::OK;
  }
  template <typename Item>
  static void Upsert(std::map<std::string, Item>& all, Item item, Item* answer) {
    const auto before = all.find(item.name());
    item.set_revision(before == all.end() ? 1 : before->second.revision());
    if (before != all.end() && before->second.SerializeAsString() != item.SerializeAsString())
      item.set_revision(item.revision() + 1);
    *answer = all[item.name()] = item;
  }
  grpc::Status UpdateStation(grpc::ServerContext*, const v1::UpdateStationRequest* request,
                             v1::UpdateStationResponse* response) override {
    EXPECT_TRUE(request->allow_missing());
    Upsert(stations, request->station(), response->mutable_station());
    return grpc::Status::OK;
  }
  grpc::Status UpdateRegion(grpc::ServerContext*, const v1::UpdateRegionRequest* request,
                            v1::UpdateRegionResponse* response) override {
    EXPECT_TRUE(request->allow_missing());
    Upsert(regions, request->region(), response->mutable_region());
    return grpc::Status::OK;
  }
};

class TestCatalog final : public v1::CatalogService::Service {
 public:
  std::vector<v1::ImportEventsRequest> imports;
  std::vector<v1::StateCompletenessRequest> statements;
  std::vector<v1::SeismicEvent> events;  // of every list
  std::vector<v1::ListEventsRequest> lists;

 private:
  grpc::Status StateCompleteness(grpc::ServerContext*, const v1::StateCompletenessRequest* request,
                                 v1::StateCompletenessResponse* response) override {
    statements.push_back(*request);
    *response->mutable_statement() = request->statement();
    response->mutable_statement()->set_id(static_cast<int64_t>(statements.size()));
    return grpc::Status::OK;
  }
  grpc::Status ListCompleteness(grpc::ServerContext*, const v1::ListCompletenessRequest*,
                                v1::ListCompletenessResponse* response) override {
    for (const auto& one : statements) *response->add_statements() = one.statement();
    return grpc::Status::OK;
  }
  grpc::Status RevokeCompleteness(grpc::ServerContext*, const v1::RevokeCompletenessRequest* request,
                                  v1::RevokeCompletenessResponse* response) override {
    if (request->id() != 1) return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no such statement");
    *response->mutable_statement() = statements.at(0).statement();
    response->mutable_statement()->mutable_revoke_time()->set_seconds(1610208000);
    return grpc::Status::OK;
  }
  grpc::Status ListEvents(grpc::ServerContext*, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* response) override {
    lists.push_back(*request);
    for (const v1::SeismicEvent& event : events) {
      if (!event.deleted() || request->include_deleted()) *response->add_events() = event;
    }
    return grpc::Status::OK;
  }
  grpc::Status ImportEvents(grpc::ServerContext*, const v1::ImportEventsRequest* request,
                            v1::ImportEventsResponse* response) override {
    imports.push_back(*request);
    response->set_inserted_count(request->events_size());
    return grpc::Status::OK;
  }
};

inline v1::Forecast MakeForecast(const std::string& region, int revision, int64_t sequence) {
  v1::Forecast f;
  f.set_name(absl::StrCat(region, "/forecasts/f", revision));
  f.set_region(region);
  f.set_region_title("Title");
  f.set_revision(revision);
  f.set_revision_reason(revision == 1 ? v1::REVISION_REASON_FIRST_ISSUE : v1::REVISION_REASON_LATE_DATA);
  f.set_purpose(v1::FORECAST_PURPOSE_OPERATIONAL);
  f.set_status(v1::FORECAST_STATUS_DEGRADED);
  f.mutable_valid_from_time()->set_seconds(1610208000);
  f.mutable_valid_to_time()->set_seconds(1610208000 + 7 * 86400);
  for (double magnitude : {3.5, 4.0, 4.5, 5.0}) {
    v1::Exceedance* e = f.add_exceedances();
    e->set_magnitude(magnitude);
    e->set_display(magnitude == 5.0 ? "<1 %" : "12 %");
    e->set_climatology(.1);
  }
  f.mutable_coverage()->set_usable_count(2);
  f.mutable_coverage()->set_enrolled_count(5);
  f.mutable_coverage()->add_missing("stations/101");
  f.set_verdict("no demonstrated skill: climatology");
  f.set_audience_notice("research use");
  f.set_sequence(sequence);
  return f;
}

class TestForecasts final : public v1::ForecastService::Service {
 public:
  std::vector<std::string> asked;
  std::vector<v1::WatchForecastsRequest> watched;
  std::vector<v1::ComputeForecastRequest> computed;
  bool identical = true;

 private:
  grpc::Status GetForecast(grpc::ServerContext*, const v1::GetForecastRequest* request,
                           v1::GetForecastResponse* response) override {
    asked.push_back(request->name());
    if (request->name() == "regions/c/forecasts/latest") return grpc::Status(grpc::StatusCode::NOT_FOUND, "none yet");
    *response->mutable_forecast() = MakeForecast(request->name().substr(0, request->name().find("/forecasts")), 1, 1);
    return grpc::Status::OK;
  }
  grpc::Status ComputeForecast(grpc::ServerContext*, const v1::ComputeForecastRequest* request,
                               v1::ComputeForecastResponse* response) override {
    computed.push_back(*request);
    *response->mutable_forecast() = MakeForecast(request->region(), 1, 1);
    return grpc::Status::OK;
  }
  grpc::Status ReplayForecast(grpc::ServerContext*, const v1::ReplayForecastRequest*,
                              v1::ReplayForecastResponse* response) override {
    response->set_identical(identical);
    response->set_explanation("other library");
    return grpc::Status::OK;
  }
  grpc::Status WatchForecasts(grpc::ServerContext*, const v1::WatchForecastsRequest* request,
                              grpc::ServerWriter<v1::WatchForecastsResponse>* writer) override {
    watched.push_back(*request);
    const int64_t next = request->resume_sequence() + 1;
    v1::WatchForecastsResponse response;
    *response.mutable_forecast() = MakeForecast("regions/a", static_cast<int>(next), next);
    response.set_sequence(next);
    writer->Write(response);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");  // one a stream
  }
};

class TestModels final : public v1::ModelService::Service {
 public:
  bool serving = true;
  int lists = 0;
  v1::PromoteModelRequest promoted;

 private:
  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse* response) override {
    ++lists;
    v1::Model* model = response->add_models();
    model->set_name("models/m2");
    model->add_champion_scopes("regions/_network");
    if (serving || lists > 3) model->add_serving_scopes("regions/_network");
    (*model->mutable_scores())["gain_over_climatology"] = .12;
    return grpc::Status::OK;
  }
  grpc::Status PromoteModel(grpc::ServerContext*, const v1::PromoteModelRequest* request,
                            v1::PromoteModelResponse* response) override {
    promoted = *request;
    if (request->name() == "models/nothing")
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no models/nothing");
    response->mutable_promotion()->set_scope(request->scope().empty() ? "regions/_network" : request->scope());
    response->mutable_promotion()->set_model(request->name());
    response->mutable_promotion()->set_reason(request->reason());
    return grpc::Status::OK;
  }
};

class TestHealth final : public grpc::health::v1::Health::Service {
 public:
  std::string sick;

 private:
  grpc::Status Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override {
    response->set_status(request->service() == sick && !sick.empty()
                             ? grpc::health::v1::HealthCheckResponse::NOT_SERVING
                             : grpc::health::v1::HealthCheckResponse::SERVING);
    return grpc::Status::OK;
  }
};

class TestFreshness final : public v1::IngestService::Service {
 public:
  int64_t unsealed = 3;  // one less at each look

 private:
  grpc::Status ListStationFreshness(grpc::ServerContext*, const v1::ListStationFreshnessRequest*,
                                    v1::ListStationFreshnessResponse* response) override {
    v1::StationFreshness* row = response->add_freshness();
    row->set_station("stations/7");
    row->mutable_last_slot_time()->set_seconds(1610208000 + 600 * 20);  // Sunday 2021-01-10, 03:20 UTC+8
    response->set_unsealed_week_count(unsealed > 0 ? unsealed-- : 0);
    return grpc::Status::OK;
  }
};

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest() : server_({&network_, &catalog_, &forecasts_, &models_, &health_, &freshness_}) {
    std::string name = (std::filesystem::temp_directory_path() / "tremorcast-cli-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~CommandsTest() override { std::filesystem::remove_all(folder_); }

  ExitCode Invoke(const std::vector<std::string>& arguments) {
    TestConsole console;
    const ExitCode code = RunCli(arguments, {server_.address()}, console.console, pacer_);
    out_ = console.out.str();
    err_ = console.err.str();
    return code;
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  // A box that holds 20 to 30 N, 98 to 107 E.
  void AddBox() {
    v1::Region& region = network_.regions["regions/box"];
    region.set_name("regions/box");
    for (const auto& [latitude, longitude] :
         {std::pair(20, 98), std::pair(20, 107), std::pair(30, 107), std::pair(30, 98)}) {
      v1::GeoPoint* point = region.mutable_polygon()->add_points();
      point->set_latitude_degrees(latitude);
      point->set_longitude_degrees(longitude);
    }
  }
  void AddRegions(const std::vector<std::string>& ids) {
    for (const std::string& id : ids)
      network_.regions[absl::StrCat("regions/", id)].set_name(absl::StrCat("regions/", id));
  }

  TestNetwork network_;
  TestCatalog catalog_;
  TestForecasts forecasts_;
  TestModels models_;
  TestHealth health_;
  TestFreshness freshness_;
  TestServer server_;
  TestPacer pacer_;
  std::filesystem::path folder_;
  std::string out_, err_;
};

}  // namespace tremorcast::cli
