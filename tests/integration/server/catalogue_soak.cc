// Soaks over a catalogue of 200,000 events: imported twice, listed, exported, and imported and exported again
// elsewhere: nothing is lost, doubled or altered, and the bytes are the same.

#include <iostream>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "cli/cli.h"
#include "core/readers/catalogue_csv.h"
#include "files/text_file.h"
#include "server/jobs/verify_job.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/complete_until.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_service.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

class CatalogueSoak : public ServerTest {
 protected:
  void Invoke(const std::vector<std::string>& arguments) {
    const absl::Time begin = absl::Now();
    cli::TestConsole console;
    cli::TestPacer pacer;
    ASSERT_EQ(cli::RunCli(arguments, {server_->grpc_address().ToString()}, console.console, pacer), cli::ExitCode::kOk)
        << console.err.str();
    out_ = console.out.str();
    err_ = console.err.str();
    std::cout << arguments[1] << ": " << absl::FormatDuration(absl::Now() - begin) << "\n";
  }

  TempFolder folder_;
  std::string out_, err_;
};

TEST_F(CatalogueSoak, TwoHundredThousandEventsComeBackByteForByte) {
  constexpr int kEvents = 200'000;
  StartServer();
  std::vector<SeismicEvent> events(kEvents);
  for (int i = 0; i < kEvents; ++i) {
    SeismicEvent& event = events[static_cast<size_t>(i)];
    event.source = "comcat";
    event.source_event_id = absl::StrCat("us", i);
    event.origin_time = kPresent - (kEvents - i) * absl::Minutes(30) + absl::Microseconds(i);
    event.epicenter = {i % 170 - 85 + .125, i % 350 - 175 + .0625};
    if (i % 3 != 0) event.depth_km = i % 600 + .5;
    event.magnitude = 1 + i % 60 / 10.0;
    event.place = i % 5 == 0 ? "a \"quoted\" place, with a comma" : "地震";
    if (i % 2 == 0) event.updated = event.origin_time + absl::Hours(50);
    event.deleted = i % 97 == 0;
  }
  const std::string first = folder_ / "first.csv", second = folder_ / "second.csv", third = folder_ / "third.csv";
  ASSERT_TRUE(WriteTextFile(first, WriteCatalogue(events)).ok());
  Invoke({"catalog", "import", first, "--not-complete"});
  EXPECT_THAT(out_, HasSubstr("200,000 new, 0 revised, 0 as they were"));
  Invoke({"catalog", "import", first, "--not-complete"});
  EXPECT_THAT(out_, HasSubstr("0 new, 0 revised, 200,000 as they were"));
  Invoke({"catalog", "list", "--deleted"});
  EXPECT_THAT(err_, HasSubstr("50 of 200,000 events"));
  Invoke({"catalog", "export", "--out", second});
  EXPECT_EQ(*ReadTextFile(second), *ReadTextFile(first));

  StopServer();
  SetUp();  // an empty database
  StartServer();
  Invoke({"catalog", "import", second, "--not-complete"});
  Invoke({"catalog", "export", "--out", third});
  EXPECT_EQ(*ReadTextFile(third), *ReadTextFile(first));
}

// Ten years of eight regions over such a catalogue: what the verification of the weeks costs, a new leader, a
// minute without news, and one with a corrected event.
TEST_F(CatalogueSoak, TenYearsOfVerifiedWeeksAreComparedOnceAndOneIsRevised) {
  constexpr int kWeeks = 520, kRegions = 8, kEvents = 200'000;
  StoreOptions options;
  options.conninfo = conninfo_;
  const auto store = OpenStore(options);
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Time begin = kWeek - kWeeks * kWeekLength;
  std::vector<SeismicEvent> events(kEvents);
  for (int i = 0; i < kEvents; ++i) {
    SeismicEvent& event = events[static_cast<size_t>(i)];
    event.source = "comcat";
    event.source_event_id = absl::StrCat("us", i);
    event.origin_time = begin + i * (kWeeks * kWeekLength / kEvents);
    event.epicenter = {30, 100 + i % kRegions + .5};
    event.magnitude = 2 + i % 30 / 10.0;
  }
  ASSERT_TRUE((*store)->events().Import(events, kPresent).ok());
  ASSERT_TRUE(SetCompleteUntil((*store)->events(), "comcat", kWeek + kWeekLength).ok());
  for (int week = 0; week < kWeeks; ++week) {
    for (int region = 0; region < kRegions; ++region) {
      Forecast f;
      f.region = RegionId(absl::StrCat("area-", region));
      f.region_polygon = BoxPolygon(29, 31, 100 + region, 101 + region);
      f.valid_from = begin + week * kWeekLength;
      f.valid_to = f.valid_from + kWeekLength;
      f.issued_at = f.valid_from;
      f.id = MakeForecastId(f.valid_from, f.purpose, 1);
      f.scored = true;
      f.probabilities = f.climatology = {.6, .1, .1, .1, .1};
      f.input_hash = "x";
      for (int station = 0; station < 16; ++station)
        f.stations.push_back({StationId(absl::StrCat("s", station)), true, 1, {}, {}});
      ASSERT_TRUE((*store)->forecasts().Append(f).ok());
    }
  }
  const auto tick = [&](VerifyJob& job, const char* what, size_t revisions) {
    const absl::Time from = absl::Now();
    ASSERT_TRUE(job.Tick(kPresent + 2 * kWeekLength, [] { return true; }).ok());
    std::cout << what << ": " << absl::FormatDuration(absl::Now() - from) << "\n";
    EXPECT_EQ((*store)->forecasts().ListVerificationRevisions()->size(), revisions) << what;
  };
  VerifyJob first({}, (*store)->forecasts(), (*store)->events(), *log_);
  tick(first, "verify all", kWeeks * kRegions);
  VerifyJob next({}, (*store)->forecasts(), (*store)->events(), *log_);
  tick(next, "a new leader", kWeeks * kRegions);
  tick(next, "no news", kWeeks * kRegions);
  SeismicEvent corrected = events[kEvents / 2];
  corrected.magnitude = 7;
  ASSERT_TRUE((*store)->events().Import({corrected}, kPresent).ok());
  tick(next, "a corrected event", kWeeks * kRegions + 1);
}

}  // namespace
}  // namespace tremorcast
