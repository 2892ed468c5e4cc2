// The commands against small services behind a real channel: what they ask for, what they print, how they end.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

#include "cli/cli.h"
#include "core/readers/catalogue_csv.h"
#include "core/readers/station_csv.h"
#include "files/text_file.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/unit/cli/test_service.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"
#include "tremorcast/v1/model_service.grpc.pb.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

 private:
  grpc::Status ImportEvents(grpc::ServerContext*, const v1::ImportEventsRequest* request,
                            v1::ImportEventsResponse* response) override {
    imports.push_back(*request);
    response->set_inserted_count(request->events_size());
    return grpc::Status::OK;
  }
};

v1::Forecast MakeForecast(const std::string& region, int revision, int64_t sequence) {
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
    (*model->mutable_scores())["gain"] = .12;
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

TEST_F(CommandsTest, StationsAreImportedAndCountedAsNewChangedOrAsTheyWere) {
  const std::string header = "station_id,title,latitude,longitude,magn_updating,sound_updating\n";
  const std::string path =
      Write("s.csv", header + "A,a,30,100,True,True\nB,b,31,100,True,False\nC,c,bad,100,True,True\n");
  EXPECT_EQ(Invoke({"stations", "import", path}), ExitCode::kPartial);
  EXPECT_THAT(out_, HasSubstr("stations: 2 new, 0 changed, 0 as they were\n1 of 2 enrolled"));
  EXPECT_THAT(err_, HasSubstr("s.csv:4: column latitude"));
  Write("s.csv", header + "A,a,30,100,True,True\nB,b,31,100,True,True\nD,d,31,100,True,True\n");
  EXPECT_EQ(Invoke({"stations", "import", path}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("stations: 1 new, 1 changed, 1 as they were"));
  EXPECT_EQ(Invoke({"stations", "import", path, "--json"}), ExitCode::kOk);
  EXPECT_EQ(nlohmann::json::parse(out_), nlohmann::json::parse(R"({"created": 0, "changed": 0, "unchanged": 3,
      "enrolled": 3, "rejected_lines": 0})"));
  EXPECT_EQ(Invoke({"stations", "list"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("D"));
  EXPECT_EQ(Invoke({"stations", "list", "--json"}), ExitCode::kOk);
  EXPECT_EQ(nlohmann::json::parse(out_)["stations"].size(), 3U);
}

TEST_F(CommandsTest, RegionsAreImportedWithTheWholeBoxWhenAskedFor) {
  const std::string path = Write(
      "areas.json",
      R"([{"area":0,"lat":[30,34],"lon":[98,101],"stations":[133]},{"area":1,"lat":[30,34],"lon":[101,104],"stations":[]}])");
  EXPECT_EQ(Invoke({"regions", "import", path, "--whole-box"}), ExitCode::kOk);
  EXPECT_EQ(network_.regions.size(), 3U);
  EXPECT_EQ(network_.regions["regions/area-0"].stations(0), "stations/133");
  EXPECT_TRUE(network_.regions["regions/whole-box"].whole_network());
  EXPECT_EQ(Invoke({"regions", "import", path, "--json"}), ExitCode::kOk);
  EXPECT_EQ(nlohmann::json::parse(out_)["unchanged"], 2);
  EXPECT_EQ(Invoke({"regions", "import", Write("bad.json", "{]")}), ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("bad.json"));
  EXPECT_EQ(Invoke({"regions", "import", "nowhere.json"}), ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("nowhere.json: No such file"));
}

TEST_F(CommandsTest, ACatalogueIsImportedInPartsAndItsCompletenessSaidLast) {
  std::string text = "Time,Magnitude,Latitude,Longtitude,deep,Location\n";
  for (int i = 0; i < 6000; ++i) {
    absl::StrAppend(&text, "2021/1/", 1 + i / 1440 % 28, " ", i / 60 % 24, ":", i % 60, ",3.", i % 10, ",",
                    20 + i / 1000, ".1,100.2,10,x\n");
  }
  EXPECT_EQ(Invoke({"catalog", "import", Write("c.csv", text)}), ExitCode::kOk) << err_;
  ASSERT_EQ(catalog_.imports.size(), 3U);
  EXPECT_EQ(catalog_.imports[0].events_size() + catalog_.imports[1].events_size(), 6000);
  EXPECT_FALSE(catalog_.imports[1].has_complete_until_time());
  EXPECT_EQ(catalog_.imports[2].complete_source(), "cenc");
  EXPECT_THAT(out_, HasSubstr("cenc: 6,000 new"));
  catalog_.imports.clear();
  EXPECT_EQ(Invoke({"catalog", "import", Write("c.csv", text.substr(0, 120)), "--complete-until", "2021-02-01"}),
            ExitCode::kPartial);
  EXPECT_EQ(Invoke({"catalog", "import", (folder_ / "c.csv").string(), "--complete-until", "2021-02-01", "--json"}),
            ExitCode::kPartial);
  EXPECT_EQ(nlohmann::json::parse(out_)["complete_until"]["cenc"], "2021-01-31T16:00:00Z");
  EXPECT_EQ(nlohmann::json::parse(out_)["rejected_lines"], 1);
  EXPECT_EQ(catalog_.imports.back().complete_until_time().seconds(), 1612108800) << "UTC+8";
  catalog_.imports.clear();
  Invoke({"catalog", "import", (folder_ / "c.csv").string(), "--not-complete"});
  EXPECT_EQ(catalog_.imports.size(), 1U);
}

TEST_F(CommandsTest, AListOfLargeEventsIsNotTakenAsComplete) {
  const std::string path =
      Write("c.csv", "Time,Magnitude,Latitude,Longtitude,deep,Location\n2021/1/4 8:05,5.1,27,102,12,A\n");
  EXPECT_EQ(Invoke({"catalog", "import", path}), ExitCode::kOk);
  EXPECT_EQ(catalog_.imports.size(), 1U) << "no word on completeness";
  EXPECT_THAT(err_, HasSubstr("cenc lists nothing below M 5.1: not taken as complete"));
  EXPECT_EQ(Invoke({"catalog", "import", path, "--complete-until", "2021-02-01"}), ExitCode::kOk);
  EXPECT_EQ(catalog_.imports.size(), 3U);
}

TEST_F(CommandsTest, ForecastPrintsATableOfAllRegionsAndWhatEveryReaderMustKnow) {
  AddRegions({"a", "b", "c"});
  EXPECT_EQ(Invoke({"forecast"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("a       2021-01-10 00:00 to 2021-01-17 00:00       12 %  10.0 %"));
  EXPECT_THAT(out_, HasSubstr("2/5"));
  EXPECT_THAT(out_, HasSubstr("a, b: no demonstrated skill"));
  EXPECT_THAT(out_, HasSubstr("research use"));
  EXPECT_THAT(err_, HasSubstr("c: no forecast has been issued yet"));
  EXPECT_EQ(Invoke({"forecast", "--json"}), ExitCode::kOk);
  EXPECT_EQ(nlohmann::json::parse(out_)["forecasts"][1]["region"], "regions/b");
}

TEST_F(CommandsTest, ForecastOfOneRegionIsABulletin) {
  EXPECT_EQ(Invoke({"forecast", "--region", "a"}), ExitCode::kOk);
  EXPECT_THAT(forecasts_.asked, ElementsAre("regions/a/forecasts/latest"));
  EXPECT_THAT(out_, HasSubstr("Title (a)"));
  EXPECT_THAT(out_, HasSubstr("Missing        101"));
  EXPECT_THAT(out_, HasSubstr("no week of this region has been verified yet"));
  EXPECT_EQ(Invoke({"forecast", "--region", "c"}), ExitCode::kFailed);
}

TEST_F(CommandsTest, ComputeLatestAsksForTheWeekThatTheNewestRowLeadsUpTo) {
  AddRegions({"a", "b"});
  EXPECT_EQ(Invoke({"forecast", "--all", "--compute-latest"}), ExitCode::kOk);
  ASSERT_EQ(forecasts_.computed.size(), 2U);
  EXPECT_EQ(forecasts_.computed[0].issue_time().seconds(), 1610208000) << "Sunday 2021-01-10 00:00 UTC+8";
  EXPECT_EQ(Invoke({"forecast", "--region", "a", "--at", "2021-01-03", "--dry-run"}), ExitCode::kOk);
  EXPECT_EQ(forecasts_.computed[2].issue_time().seconds(), 1610208000 - 7 * 86400);
  EXPECT_TRUE(forecasts_.computed[2].validate_only());
  EXPECT_EQ(Invoke({"forecast", "--at", "soon"}), ExitCode::kUsage);
}

TEST_F(CommandsTest, ReplaySaysWhetherEveryBitIsTheSame) {
  EXPECT_EQ(Invoke({"forecast", "--replay", "regions/a/forecasts/f1"}), ExitCode::kOk);
  EXPECT_EQ(out_, "identical to the bit\n");
  forecasts_.identical = false;
  EXPECT_EQ(Invoke({"forecast", "--replay", "regions/a/forecasts/f1"}), ExitCode::kFailed);
  EXPECT_THAT(out_, HasSubstr("other library"));
}

TEST_F(CommandsTest, WatchGoesOnAfterABreakWhereItWas) {
  EXPECT_EQ(Invoke({"watch", "--since", "4", "--count", "3"}), ExitCode::kOk);
  ASSERT_EQ(forecasts_.watched.size(), 3U);
  EXPECT_EQ(forecasts_.watched[0].resume_sequence(), 4);
  EXPECT_EQ(forecasts_.watched[2].resume_sequence(), 6);
  EXPECT_THAT(out_, HasSubstr("5  "));
  EXPECT_THAT(out_, HasSubstr("revision 7 (late data)  P(M>=3.5) 12 %"));
}

TEST_F(CommandsTest, ModelsAreListedAndPromotedWithAReason) {
  EXPECT_EQ(Invoke({"models", "list"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("m2"));
  EXPECT_THAT(out_, HasSubstr("+0.120"));
  EXPECT_EQ(Invoke({"models", "promote", "m2", "--reason", "reviewed", "--region", "a", "--json"}), ExitCode::kOk);
  EXPECT_TRUE(nlohmann::json::parse(out_).contains("sequence")) << out_;
  EXPECT_EQ(Invoke({"models", "promote", "m2", "--reason", "reviewed", "--region", "a"}), ExitCode::kOk);
  EXPECT_EQ(models_.promoted.name(), "models/m2");
  EXPECT_EQ(models_.promoted.scope(), "regions/a");
  EXPECT_EQ(Invoke({"models", "promote", "nothing", "--reason", "x"}), ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("NOT_FOUND: there is no models/nothing"));
}

TEST_F(CommandsTest, StatusShowsEverythingAndFailsWhenAServiceIsSick) {
  AddRegions({"a"});
  EXPECT_EQ(Invoke({"status"}), ExitCode::kOk);
  for (const char* text : {"IngestService   serving", "1 region", "newest slot 2021-01-10 03:20",
                           "3 station-weeks to seal", "network: m2, serving", "P(M>=3.5) 12 %"}) {
    EXPECT_THAT(out_, HasSubstr(text));
  }
  EXPECT_EQ(Invoke({"status", "--json"}), ExitCode::kOk);
  EXPECT_EQ(nlohmann::json::parse(out_)["health"]["ModelService"], "serving");
  health_.sick = "tremorcast.v1.ModelService";
  EXPECT_EQ(Invoke({"status"}), ExitCode::kFailed);
  EXPECT_THAT(out_, HasSubstr("not serving"));
}

TEST_F(CommandsTest, StatusWaitsUntilWeeksAreSealedAndChampionsServe) {
  EXPECT_EQ(Invoke({"status", "--wait-sealed"}), ExitCode::kOk);
  EXPECT_EQ(freshness_.unsealed, 0);
  EXPECT_THAT(out_, HasSubstr("0 station-weeks to seal"));
  models_.serving = false;
  models_.lists = 0;
  EXPECT_EQ(Invoke({"status", "--wait-serving"}), ExitCode::kOk);
  EXPECT_GT(models_.lists, 3);
  models_.lists = -1000000;
  EXPECT_EQ(Invoke({"status", "--wait-serving", "--timeout", "5s"}), ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("gave up waiting for the champion to serve"));
}

TEST_F(CommandsTest, SimulateWritesFilesThatTheOtherCommandsRead) {
  const std::string out = (folder_ / "network").string();
  EXPECT_EQ(
      Invoke({"simulate", "--out", out, "--regions", "2", "--stations", "1", "--weeks", "2", "--start", "2021-01-03"}),
      ExitCode::kOk)
      << err_;
  const auto stations = ReadStations(ReadTextFile(out + "/stations.csv").value());
  ASSERT_TRUE(stations.ok());
  EXPECT_EQ(stations->stations.size(), 2U);
  const auto catalogue = ReadCatalogue(ReadTextFile(out + "/catalogue.txt").value());
  ASSERT_TRUE(catalogue.ok());
  EXPECT_TRUE(catalogue->bad_lines.empty());
  EXPECT_GT(catalogue->events.size(), 0U);
  EXPECT_EQ(catalogue->events[0].source, "simulated");
  EXPECT_EQ(Invoke({"regions", "import", out + "/regions.json"}), ExitCode::kOk);
  EXPECT_TRUE(network_.regions["regions/sim-1"].simulated());
  const std::string rows = ReadTextFile(out + "/S0002_sound.csv").value();
  EXPECT_THAT(rows.substr(0, 40), HasSubstr("StationID,TimeStamp,sound@var"));
  EXPECT_GT(std::count(rows.begin(), rows.end(), '\n'), 500);
}

TEST(SimulateSendTest, ASimulatedNetworkIsRegisteredAndSentAndSentAgainChangesNothing) {
  TestIngestService ingest;
  TestNetwork network;
  TestCatalog catalog;
  TestServer server({&ingest, &network, &catalog});
  for (const char* id : {"S0001", "S0002"}) ingest.RegisterStation(id);
  TestPacer pacer;
  const std::vector<std::string> arguments = {"simulate", "--regions", "1", "--stations",
                                              "2",        "--weeks",   "2", "--json"};
  TestConsole first;
  ASSERT_EQ(RunCli(arguments, {server.address()}, first.console, pacer), ExitCode::kOk) << first.err.str();
  const auto summary = nlohmann::json::parse(first.out.str());
  EXPECT_GT(summary["accepted"], 4000);
  EXPECT_EQ(summary["accepted"], ingest.rows().size());
  EXPECT_EQ(network.stations.size(), 2U);
  for (const v1::ImportEventsRequest& request : catalog.imports) {
    for (const v1::SeismicEvent& event : request.events())
      EXPECT_LE(event.origin_time().seconds(), absl::ToUnixSeconds(pacer.Now()));
  }
  const size_t rows = ingest.rows().size();
  TestConsole second;
  ASSERT_EQ(RunCli(arguments, {server.address()}, second.console, pacer), ExitCode::kOk) << second.err.str();
  EXPECT_EQ(ingest.rows().size(), rows);
}

}  // namespace
}  // namespace tremorcast::cli
