// What the catalogue says later reaches what was judged by it: through the client, the whole server with
// its jobs, and the database, to what readers see.

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "cli/cli.h"
#include "files/text_file.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/http_get.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_service.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The week that ended a week before the present.
const absl::Time kJudged = kWeek - 2 * kWeekLength;
constexpr char kHeader[] = "time,latitude,longitude,depth,mag,magType,id,updated,place,type,status\n";

class LaterTruthTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    StoreOptions store_options;
    store_options.conninfo = conninfo_;
    auto store = OpenStore(store_options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    Forecast f;
    f.region = RegionId("area1");
    f.region_polygon = {{29, 102}, {29, 104}, {31, 104}, {31, 102}};
    f.issued_at = kJudged + absl::Minutes(30);
    f.valid_from = kJudged;
    f.valid_to = kJudged + kWeekLength;
    f.id = MakeForecastId(f.valid_from, f.purpose, 1);
    f.scored = true;
    f.probabilities = {.5, .2, .15, .1, .05};
    f.climatology = {.7, .15, .08, .04, .03};
    f.input_hash = "x";
    ASSERT_TRUE(store_->forecasts().Append(f).ok());
    Lead();
    RegisterRegion("area1");
  }
  void Lead() {
    ServerOptions options = Options();
    options.jobs.lead = true;
    options.jobs.issue.period = absl::Hours(1);
    options.jobs.verify.period = absl::ZeroDuration();
    options.jobs.runner.tick = absl::Milliseconds(20);
    StartServer(options);
  }

  cli::ExitCode Invoke(const std::vector<std::string>& arguments) {
    cli::TestConsole console;
    cli::TestPacer pacer;
    const cli::ExitCode code = cli::RunCli(arguments, {server_->grpc_address().ToString()}, console.console, pacer);
    out_ = console.out.str();
    err_ = console.err.str();
    return code;
  }
  // Lines of a ComCat file.
  cli::ExitCode Import(const std::string& lines, std::vector<std::string> flags = {"--not-complete"}) {
    const std::string path = folder_ / "catalogue.csv";
    EXPECT_TRUE(WriteTextFile(path, kHeader + lines).ok());
    flags.insert(flags.begin(), {"catalog", "import", path});
    return Invoke(flags);
  }
  static std::string Line(const std::string& id, const std::string& magnitude, int updated_day,
                          const std::string& type = "earthquake") {
    return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", kJudged + absl::Hours(50), absl::UTCTimeZone()),
                        ",30,103,10,", magnitude, ",ml,", id, ",2020-12-0", updated_day, "T00:00:00Z,Sichuan,", type,
                        ",reviewed\n");
  }
  // The record once the verification of its only week has this revision; what there is after a minute.
  v1::TrackRecord AwaitRevision(int revision) {
    v1::GetTrackRecordRequest request;
    request.set_region("regions/area1");
    for (const absl::Time end = absl::Now() + absl::Minutes(1);; absl::SleepFor(absl::Milliseconds(10))) {
      v1::GetTrackRecordResponse response;
      grpc::ClientContext context;
      SetDeadline(&context);
      const grpc::Status status = Forecasts()->GetTrackRecord(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      const v1::TrackRecord& record = response.track_record();
      const int seen = record.last_weeks_size() == 1 ? record.last_weeks(0).verification_revision() : 0;
      if (seen == revision || absl::Now() > end) return record;
    }
  }

  TempFolder folder_;
  std::unique_ptr<Store> store_;
  std::string out_, err_;
};

TEST_F(LaterTruthTest, ACorrectedMagnitudeAndAReclassifiedEventReviseWhatWasVerified) {
  const std::string until = absl::FormatTime("%Y-%m-%d", kWeek - absl::Hours(48), absl::UTCTimeZone());
  ASSERT_EQ(Import(Line("us1", "3.9", 1), {"--complete-until", until}), cli::ExitCode::kOk) << err_;
  v1::TrackRecord record = AwaitRevision(1);
  ASSERT_EQ(record.last_weeks_size(), 1);
  EXPECT_EQ(record.last_weeks(0).observed_class(), 1);
  EXPECT_EQ(record.last_weeks(0).verification_reason(), v1::VERIFICATION_REASON_FIRST);
  EXPECT_FALSE(record.last_weeks(0).has_replaced());

  ASSERT_EQ(Import(Line("us1", "4.1", 3)), cli::ExitCode::kOk) << err_;
  record = AwaitRevision(2);
  ASSERT_EQ(record.last_weeks_size(), 1);
  const v1::ScoredWeek& week = record.last_weeks(0);
  EXPECT_EQ(week.observed_class(), 2);
  EXPECT_EQ(week.verification_reason(), v1::VERIFICATION_REASON_CATALOGUE_CHANGED);
  EXPECT_EQ(week.replaced().observed_class(), 1);
  EXPECT_EQ(week.replaced().largest_magnitude(), 3.9);
  EXPECT_EQ(week.replaced().event_count(), 1);
  EXPECT_NEAR(record.information_gain(), std::log(.15 / .08), 1e-12) << "the record is that of the newest";
  ASSERT_EQ(Invoke({"forecast", "--region", "area1"}), cli::ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("revised 2020-12-06 01:00 by a later catalogue: class 2 of 1 event up to M 4.1; before, "
                              "class 1 of 1 event up to M 3.9"));
  const HttpResult page = HttpGet("127.0.0.1", server_->http_address().port, "/region-area1.html");
  EXPECT_EQ(page.code, 200);
  EXPECT_THAT(page.body, HasSubstr("M 4.1<br><small>revised 2020-12-06; before: M 3.9 (events: 1)</small>"));

  ASSERT_EQ(Import(Line("us1", "3.9", 2)), cli::ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("1 older than what is known, left alone"));
  ASSERT_EQ(Import(Line("us1", "4.1", 4, "Quarry Blast") + Line("us2", "3.0", 4, "explosion")), cli::ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("not imported, because they are no earthquakes: 1 explosion, 1 quarry blast\n"
                              "1 event taken out: no earthquakes any more, or"));
  record = AwaitRevision(3);
  ASSERT_EQ(record.last_weeks_size(), 1);
  EXPECT_EQ(record.last_weeks(0).observed_class(), 0);
  EXPECT_EQ(record.last_weeks(0).event_count(), 0);
  EXPECT_EQ(record.last_weeks(0).replaced().largest_magnitude(), 4.1);
  ASSERT_EQ(Invoke({"catalog", "list", "--deleted"}), cli::ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("(withdrawn) Sichuan"));
  EXPECT_EQ(Query("SELECT count(*) FROM verifications"), 3) << "each revision stays on record";
}

TEST_F(LaterTruthTest, WhatAPersonDecidesReachesWhatWasVerifiedAndCanBeTakenBack) {
  ASSERT_EQ(Import(Line("us1", "4.6", 1) + Line("us2", "4.5", 1)), cli::ExitCode::kOk) << err_;
  ASSERT_EQ(Invoke({"catalog", "complete", "comcat", "--until", "2020-12-04"}), cli::ExitCode::kOk) << err_;
  EXPECT_EQ(AwaitRevision(1).last_weeks(0).event_count(), 2);
  ASSERT_EQ(Invoke({"catalog", "duplicates"}), cli::ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("comcat/us1  comcat/us2        0   0  4.6, 4.5"));
  EXPECT_THAT(out_, HasSubstr("0.05"));
  ASSERT_EQ(Invoke({"catalog", "join", "comcat/us1", "comcat/us2", "--reason", "one id too many", "--actor", "ada"}),
            cli::ExitCode::kOk)
      << err_;
  EXPECT_THAT(out_, HasSubstr("one id too many"));
  EXPECT_EQ(AwaitRevision(2).last_weeks(0).event_count(), 1);
  ASSERT_EQ(Invoke({"catalog", "duplicates"}), cli::ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("0 of 0 pairs"));
  EXPECT_EQ(Invoke({"catalog", "split", "comcat/us2", "comcat/us1", "--reason", "no"}), cli::ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("decision 1 says the contrary"));
  ASSERT_EQ(Invoke({"catalog", "undo", "1", "--reason", "two shocks"}), cli::ExitCode::kOk) << err_;
  EXPECT_EQ(AwaitRevision(3).last_weeks(0).event_count(), 2);
  ASSERT_EQ(Invoke({"catalog", "split", "comcat/us2", "comcat/us1", "--reason", "two shocks"}), cli::ExitCode::kOk);
  ASSERT_EQ(Invoke({"catalog", "duplicates"}), cli::ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("0 of 0 pairs")) << "decided, so nobody is asked again";
  ASSERT_EQ(Invoke({"catalog", "withdraw", "comcat/us1", "--reason", "a quarry"}), cli::ExitCode::kOk) << err_;
  EXPECT_EQ(AwaitRevision(4).last_weeks(0).largest_magnitude(), 4.5);
  ASSERT_EQ(Import(Line("us1", "4.7", 9)), cli::ExitCode::kOk) << "its catalogue goes on with it";
  ASSERT_EQ(Invoke({"catalog", "list"}), cli::ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("1 of 1 event\n"));
  ASSERT_EQ(Invoke({"catalog", "decisions", "--all"}), cli::ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("taken back 2020-12-06 01:00 by unknown: two shocks"));
  EXPECT_EQ(Invoke({"catalog", "withdraw", "us1", "--reason", "x"}), cli::ExitCode::kUsage);
}

TEST_F(LaterTruthTest, ACatalogueWithoutIdsThatMovesAnEventHasItOnce) {
  const std::string header = "Time,Magnitude,Latitude,Longtitude,deep,Location\n", path = folder_ / "cenc.csv";
  const auto import = [&](const std::string& lines) {
    ASSERT_TRUE(WriteTextFile(path, header + lines).ok());
    ASSERT_EQ(Invoke({"catalog", "import", path, "--not-complete"}), cli::ExitCode::kOk) << err_;
  };
  const std::string doublet = "2020/11/24 8:04,3.8,30.00,103.00,10,A\n";
  import("2020/11/24 8:05,4.0,30.00,103.00,10,A\n" + doublet);
  import("2020/11/24 8:06,4.1,30.01,103.00,12,A\n" + doublet);
  EXPECT_THAT(out_, HasSubstr("1 event taken out"));
  ASSERT_EQ(Invoke({"catalog", "list"}), cli::ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("2 of 2 events"));
  EXPECT_THAT(out_, HasSubstr("2020-11-24 08:06"));
  EXPECT_THAT(out_, Not(HasSubstr("2020-11-24 08:05")));
}

TEST_F(LaterTruthTest, AnEventThatIsListedAsDeletedWithoutAPlaceIsTakenOut) {
  ASSERT_EQ(Import(Line("us1", "4.6", 1)), cli::ExitCode::kOk) << err_;
  ASSERT_EQ(Invoke({"catalog", "complete", "comcat", "--until", "2020-12-04"}), cli::ExitCode::kOk) << err_;
  EXPECT_EQ(AwaitRevision(1).last_weeks(0).observed_class(), 3);
  ASSERT_EQ(Import(",,,,,,us1,2020-12-02T00:00:00Z,,earthquake,deleted\n"), cli::ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("1 event taken out"));
  const v1::TrackRecord record = AwaitRevision(2);
  ASSERT_EQ(record.last_weeks_size(), 1);
  EXPECT_EQ(record.last_weeks(0).observed_class(), 0);
}

TEST_F(LaterTruthTest, AWeekWhoseStatementIsRevokedDoesNotCountUntilAnotherVouchesForIt) {
  ASSERT_EQ(Invoke({"catalog", "complete", "comcat", "--until", "2020-12-04"}), cli::ExitCode::kOk) << err_;
  ASSERT_EQ(AwaitRevision(1).weeks_scored(), 1);
  ASSERT_EQ(Invoke({"catalog", "revoke", "1"}), cli::ExitCode::kOk) << err_;
  EXPECT_EQ(AwaitRevision(0).weeks_scored(), 0);
  StopServer();
  Lead();  // who leads now finds it as it is
  ASSERT_EQ(Invoke({"catalog", "complete", "cenc", "--until", "2020-12-04"}), cli::ExitCode::kOk) << err_;
  const v1::TrackRecord record = AwaitRevision(3);
  ASSERT_EQ(record.weeks_scored(), 1);
  EXPECT_EQ(record.last_weeks(0).verification_reason(), v1::VERIFICATION_REASON_COMPLETE_AGAIN);
  EXPECT_EQ(Query("SELECT count(*) FROM verifications"), 3);
}

}  // namespace
}  // namespace tremorcast
