// The client's catalogue commands against the service and its database: what a file is said to be
// complete for, and that events outside any use stay without harm.

#include <map>
#include <string>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <gmock/gmock.h>

#include "cli/cli.h"
#include "core/readers/catalogue_csv.h"
#include "core/simulator/simulator.h"
#include "files/text_file.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_service.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

constexpr char kHeader[] =
    "source,source_event_id,time,latitude,longitude,depth_km,magnitude,magnitude_type,place,status\n";

class CatalogueImportTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    StartServer();
    SimulatorConfig config;
    config.weeks = 150;
    config.regions = 8;
    config.stations_per_region = 1;
    simulator_ = std::make_unique<Simulator>(Simulator::Create(config).value());
    for (const Region& region : simulator_->regions()) AddRegion(region);
  }

  void AddRegion(const Region& region) {
    v1::UpdateRegionRequest request;
    request.mutable_region()->set_name("regions/" + region.id.value());
    for (const GeoPoint& point : region.polygon) {
      v1::GeoPoint* added = request.mutable_region()->mutable_polygon()->add_points();
      added->set_latitude_degrees(point.latitude_deg);
      added->set_longitude_degrees(point.longitude_deg);
    }
    request.set_allow_missing(true);
    v1::UpdateRegionResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    ASSERT_TRUE(Network()->UpdateRegion(&context, request, &response).ok());
  }

  // The simulator's catalogue as if it were a real one.
  std::string RealCatalogue() const {
    std::vector<SeismicEvent> events = simulator_->events();
    for (SeismicEvent& event : events) event.source = "cenc";
    return WriteCatalogue(events);
  }

  cli::ExitCode Invoke(std::vector<std::string> arguments) {
    cli::TestConsole console;
    cli::TestPacer pacer;
    const cli::ExitCode code = cli::RunCli(arguments, {server_->grpc_address().ToString()}, console.console, pacer);
    out_ = console.out.str();
    err_ = console.err.str();
    return code;
  }
  cli::ExitCode Import(const std::string& text, std::vector<std::string> flags = {}) {
    const std::string path = folder_ / "catalogue.csv";
    EXPECT_TRUE(WriteTextFile(path, text).ok());
    flags.insert(flags.begin(), {"catalog", "import", path});
    return Invoke(flags);
  }

  // P(M >= edge) by climatology, region by region and edge by edge.
  std::vector<double> Climatology() {
    std::vector<double> all;
    for (const Region& region : simulator_->regions()) {
      v1::ComputeForecastRequest request;
      request.set_region("regions/" + region.id.value());
      request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(kWeek));
      request.set_validate_only(true);
      v1::ComputeForecastResponse response;
      grpc::ClientContext context;
      SetDeadline(&context);
      const grpc::Status status = Forecasts()->ComputeForecast(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const auto& one : response.forecast().exceedances()) all.push_back(one.climatology());
    }
    return all;
  }

  TempFolder folder_;
  std::unique_ptr<Simulator> simulator_;
  std::string out_, err_;
};

TEST_F(CatalogueImportTest, AThousandForeignAncientFutureAndBrokenEventsMoveNoClimatology) {
  ASSERT_EQ(Import(RealCatalogue()), cli::ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("cenc complete from 2017-01-0"));
  const std::vector<double> before = Climatology();
  ASSERT_EQ(before.size(), 8U * 4U);
  EXPECT_GT(before[0], .05);

  std::string junk = kHeader;
  for (int i = 0; i < 250; ++i) {
    absl::StrAppendFormat(&junk, "cenc,foreign-%d,%d-03-01T00:00:%02dZ,61.5,%d.5,10,5.%d,,Alaska,\n", i, 1970 + i % 50,
                          i % 60, -150 + i % 20, i % 10);
    absl::StrAppendFormat(&junk, "cenc,ancient-%d,%04d-03-01T00:00:%02dZ,%d.5,%d.5,10,6.%d,,long ago,\n", i, 1 + i * 7,
                          i % 60, 23 + i % 10, 99 + i % 7, i % 10);
    absl::StrAppendFormat(&junk, "cenc,future-%d,2033-03-01T00:00:%02dZ,30.5,102.5,10,6.%d,,misdated,\n", i, i % 60,
                          i % 10);
    absl::StrAppendFormat(&junk, "cenc,broken-%d,%s,30.5,%s,-999,%s,,broken,\n", i,
                          i % 3 == 0 ? "2019-13-01T00:00:00Z" : "2019-03-01T00:00:00Z", i % 3 == 1 ? "463" : "102.5",
                          i % 3 == 2 ? "0x1p3" : "6.5");
  }
  EXPECT_EQ(Import(junk), cli::ExitCode::kPartial);
  EXPECT_THAT(err_, HasSubstr("lies in the future"));
  EXPECT_EQ(Query("SELECT count(*) FROM events WHERE source_event_id LIKE 'foreign-%'"), 250);
  EXPECT_EQ(Query("SELECT count(*) FROM events WHERE source_event_id LIKE 'ancient-%'"), 250) << "kept, and harmless";
  EXPECT_EQ(Climatology(), before) << "to the bit: none of them lies in a region while the catalogue is complete";

  Invoke({"doctor"});
  EXPECT_THAT(out_, HasSubstr("250 events of before 1900 not counted"));
}

TEST_F(CatalogueImportTest, WhatIsSaidOfCompletenessIsShownLoweredAndRevoked) {
  ASSERT_EQ(Import(RealCatalogue()), cli::ExitCode::kOk) << err_;
  EXPECT_EQ(Invoke({"catalog", "completeness"}), cli::ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("inferred"));
  const std::vector<double> all = Climatology();
  EXPECT_EQ(Invoke({"catalog", "complete", "cenc", "--until", "2018-01-07"}), cli::ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("2018-01-07 00:00")) << out_;
  EXPECT_NE(Climatology(), all) << "weeks that nobody vouches for are not counted";
  EXPECT_EQ(Query("SELECT count(*) FROM catalogue_completeness WHERE revoked_at IS NULL"), 1);
  EXPECT_EQ(Invoke({"catalog", "revoke", "2"}), cli::ExitCode::kOk);
  EXPECT_EQ(Query("SELECT count(*) FROM catalogue_completeness WHERE revoked_at IS NULL"), 0);
  EXPECT_EQ(Query("SELECT count(*) FROM catalogue_completeness"), 2) << "the ledger keeps all";
  EXPECT_EQ(Invoke({"catalog", "complete", "cenc", "--until", "2033-01-01"}), cli::ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("lies in the future"));
  EXPECT_EQ(Invoke({"catalog", "complete", "cenc", "--until", "2018-01-07", "--region", "area-77"}),
            cli::ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("no region area-77"));
}

TEST_F(CatalogueImportTest, ACharacterThatNobodySeesOrALongNameCostsNoEvent) {
  std::string text = kHeader;
  for (int i = 0; i < 20; ++i) {
    const std::string id = i == 11 ? "\u202eev\u200b11" : i == 12 ? std::string(201, 'e') : absl::StrCat("ev", i);
    const std::string place = i == 13 ? "\ufeffA\u0085B" : i == 14 ? std::string(501, 'p') : "A";
    absl::StrAppendFormat(&text, "cenc,%s,2019-03-01T00:00:%02dZ,30.5,102.5,,4,%s,%s,\n", id, i,
                          i == 15 ? std::string(201, 'm') : "ML\u2060", place);
  }
  EXPECT_EQ(Import(text, {"--not-complete"}), cli::ExitCode::kOk) << err_;
  EXPECT_EQ(Query("SELECT count(*) FROM events"), 20);
  EXPECT_EQ(Query("SELECT count(*) FROM events WHERE place = 'A B' AND magnitude_type = 'ML'"), 1);
  EXPECT_THAT(err_, HasSubstr("catalogue.csv:16: place has 501 bytes; at most 500 are taken; left out, the event"));
}

TEST_F(CatalogueImportTest, WhatALostEventCutsShortKeepsSinceWhenItWasComplete) {
  ASSERT_EQ(Invoke({"catalog", "complete", "cenc", "--from", "2012-05-01", "--until", "2018-01-01"}),
            cli::ExitCode::kOk);
  EXPECT_EQ(Import(std::string(kHeader) + "cenc,a,2019-03-01T00:00:00Z,30.5,102.5,,4,,A,\n" +
                       "cenc,b,2019-03-02T00:00:00Z,30.5,463,,6,,A,\n",
                   {"--complete-until", "2020-01-01"}),
            cli::ExitCode::kPartial);
  EXPECT_THAT(out_, HasSubstr("cenc complete from 2012-05-01")) << err_;
  EXPECT_EQ(Query("SELECT count(*) FROM catalogue_completeness WHERE complete_from = '2012-05-01 00:00+08' "
                  "AND complete_until = '2019-03-02 00:00Z'"),
            1);
}

TEST_F(CatalogueImportTest, AnExportImportedIntoAnotherServiceGivesTheSameBytes) {
  ASSERT_EQ(Import(RealCatalogue()), cli::ExitCode::kOk) << err_;
  ASSERT_EQ(Import(std::string(kHeader) +
                   "cenc,gone,2019-03-01T00:00:00.123456Z,30.1,102.5,,4.4,ML,\"a, \"\"b\"\"\",deleted\n"),
            cli::ExitCode::kOk)
      << err_;
  ASSERT_EQ(Invoke({"catalog", "export"}), cli::ExitCode::kOk);
  const std::string exported = out_;
  EXPECT_THAT(exported, HasSubstr("2019-03-01T00:00:00.123456Z"));
  StopServer();
  ServerTest::TearDown();
  ServerTest::SetUp();  // another database
  StartServer();
  ASSERT_EQ(Import(exported, {"--not-complete"}), cli::ExitCode::kOk) << err_;
  ASSERT_EQ(Invoke({"catalog", "export"}), cli::ExitCode::kOk);
  EXPECT_EQ(out_, exported);
}

TEST_F(CatalogueImportTest, RepeatsAreNoFailureAndAnIdOfTwoEarthquakesIs) {
  const std::string first = "cenc,a,2019-03-01T00:00:00Z,30.5,102.5,10,5.1,ML,,\n";
  EXPECT_EQ(Import(kHeader + first + first, {"--not-complete", "--json"}), cli::ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("catalogue.csv:2: repeats line 3"));
  EXPECT_THAT(out_, HasSubstr("\"rejected_lines\":0,\"repeated_lines\":1"));
  const std::string other = "cenc,a,2020-03-01T00:00:00Z,30.5,102.5,10,6.1,ML,,\n";
  EXPECT_EQ(Import(kHeader + first + other, {"--not-complete"}), cli::ExitCode::kPartial);
  EXPECT_THAT(err_, HasSubstr("catalogue.csv:2: line 3 lists another earthquake as 'a'"));
}

TEST_F(CatalogueImportTest, AnEventOfTheFutureIsRefusedOfEveryClient) {
  v1::ImportEventsRequest request;
  v1::SeismicEvent& event = *request.add_events();
  event.set_source("cenc");
  event.set_source_event_id("1");
  event.mutable_origin_time()->set_seconds(absl::ToUnixSeconds(kPresent + absl::Hours(25)));
  event.mutable_epicenter()->set_latitude_degrees(30);
  event.set_magnitude(4);
  v1::ImportEventsResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  const grpc::Status status = Catalog()->ImportEvents(&context, request, &response);
  EXPECT_THAT(FieldsOf(DetailsOf(status)), testing::ElementsAre("events[0].origin_time"));
}

}  // namespace
}  // namespace tremorcast
