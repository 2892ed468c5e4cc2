// The ladder as its operators live it, by the real programs: a catalogue is fitted and promoted,
// weeks are issued from it, an M 6.5 is imported, and the watchers are told within seconds that the
// chances have risen; a server that is killed and a model that is replaced in between change nothing
// of what was issued.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "formats/etas_artifact_json.h"
#include "storage/store.h"
#include "tests/e2e/server_process.h"
#include "tests/integration/trainer/trainer_program.h"
#include "tests/support/http_get.h"
#include "tests/support/service_world.h"
#include "tests/support/temp_cluster.h"
#include "tests/unit/core/etas/etas_worlds.h"
#include "tests/unit/core/ladder/ladder_worlds.h"

namespace tremorcast {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kPromoted = 0;  // exit status of the trainer
constexpr absl::Duration kPatience = absl::Minutes(2);

double EventProbability(const v1::Forecast& f) { return 1 - f.class_probabilities(0); }

class LadderTimelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
    for (const Region& region : WorldTrial().regions) ASSERT_TRUE(store_->network().UpsertRegion(region).ok());
  }

  // Five years of a clustered catalogue that end some days ago: whole weeks later than they were
  // drawn, so that the trainer's verdict does not depend on the day.
  void LoadCatalogue() {
    const absl::Time end = Days(0, kDaysPerYear * kLastingWorld.years).end;
    const absl::Duration shift = absl::Floor(absl::Now() - absl::Hours(48 + 1) - end, kWeekLength);
    std::vector<SeismicEvent> events = ClusteredWorld(10, kLastingWorld);
    for (SeismicEvent& event : events) {
      event.source = "cenc";
      event.origin_time += shift;
    }
    ASSERT_TRUE(store_->events().Import(events, end + shift).ok());
    Completeness statement;
    statement.source = "cenc";
    statement.period = {DayZero() + shift, end + shift};
    statement.stated_at = absl::Now();
    ASSERT_TRUE(store_->events().StateComplete(statement, false).ok());
  }

  // Exit status; what it said is in said_.
  int Run(const std::string& program, std::vector<std::string> arguments) {
    const std::string out = folder_ / "out", err = folder_ / "err";
    const int status = ExitStatus(Program(std::move(arguments), out, err, program).Wait());
    said_ = absl::StrCat(ReadFile(out), ReadFile(err));
    return status;
  }

  void Serve(std::vector<std::string> flags = {}) {
    server_ = nullptr;
    flags.emplace_back("--grace=0s");
    auto server = ServerProcess::Start(conninfo_, flags);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    forecasts_ = v1::ForecastService::NewStub(server_->NewChannel());
  }

  // The newest forecast of the region once there is one of this kind.
  std::optional<v1::Forecast> AwaitLatest(const std::string& region, v1::IssueKind kind) {
    const absl::Time deadline = absl::Now() + kPatience;
    v1::GetForecastRequest request;
    request.set_name(absl::StrCat("regions/", region, "/forecasts/latest"));
    while (absl::Now() < deadline) {
      v1::GetForecastResponse response;
      const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::GetForecast, request, &response);
      if (status.ok() && response.forecast().issue_kind() == kind) return response.forecast();
      absl::SleepFor(absl::Milliseconds(50));
    }
    return std::nullopt;
  }

  // The page once there is one: a map is drawn while nobody waits for it.
  std::string AwaitPage(const std::string& path) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      const HttpResult page = HttpGet(server_->http().host, server_->http().port, path);
      if (page.code == 200) return page.body;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return "";
  }

  v1::ReplayForecastResponse Replay(const v1::Forecast& archived) {
    v1::ReplayForecastRequest request;
    request.set_name(archived.name());
    v1::ReplayForecastResponse response;
    const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::ReplayForecast, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // What the client writes with these arguments, and the file of that name in the folder.
  std::string Written(std::vector<std::string> arguments, const char* name) {
    arguments.insert(arguments.end(), {"--out", folder_ / name, "--server", server_->address()});
    EXPECT_EQ(Run("tremorcast", std::move(arguments)), 0) << said_;
    return ReadFile(folder_ / name);
  }

  std::string conninfo_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<v1::ForecastService::Stub> forecasts_;
  TempFolder folder_;
  std::string said_;
};

// The columns of each line that does not begin with `comment`.
std::vector<std::vector<std::string>> Table(const std::string& text, char separator, char comment) {
  std::vector<std::vector<std::string>> rows;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (line.front() != comment) rows.push_back(absl::StrSplit(line, separator));
  }
  return rows;
}

// The files of the issue after the M 6.5 at 29.2 N 101.1 E, whose region lies on the lattice, against
// what the forecast said.
void CheckSimulationFiles(const v1::Forecast& event, const std::string& rates, const std::string& catalogues) {
  const v1::HorizonOutlook& week = event.catalogue_outlook().horizons(1);
  ASSERT_EQ(week.days(), 7);
  double sum = 0, most = 0, north = 0, east = 0;
  for (const std::vector<std::string>& cell : Table(rates, ' ', '#')) {
    ASSERT_EQ(cell.size(), 10U);
    const double rate = std::stod(cell[8]);
    sum += rate;
    if (rate <= most) continue;
    most = rate, east = std::stod(cell[0]) + 0.05, north = std::stod(cell[2]) + 0.05;
  }
  EXPECT_EQ(Table(rates, ' ', '#').size(), 25U * 20 * 4) << "cells of .1 degrees, four magnitude bins";
  EXPECT_NEAR(north, 29.2, 0.15);
  EXPECT_NEAR(east, 101.1, 0.15);
  EXPECT_THAT(rates, HasSubstr(event.name()));
  // The forecast drew the background too, of which the map has the mean.
  EXPECT_NEAR(sum, week.expected_events(),
              5 * std::sqrt(week.expected_events() / static_cast<double>(week.catalogues())));
  std::set<int64_t> numbers;
  double events = 0;
  for (const std::vector<std::string>& line : Table(catalogues, ',', 'l')) {
    ASSERT_EQ(line.size(), 7U);
    numbers.insert(std::stoll(line[5]));
    events += line[0].empty() ? 0 : 1;
  }
  EXPECT_EQ(static_cast<int64_t>(numbers.size()), week.catalogues()) << "empty ones too";
  EXPECT_NEAR(events / static_cast<double>(week.catalogues()), week.expected_events(), 1e-9)
      << "they are what the forecast counted";
}

TEST_F(LadderTimelineTest, AnM6RaisesTheChancesWithinSecondsAndAllOfItReplays) {
  LoadCatalogue();
  ASSERT_EQ(Run("tremorcast-trainer", {"catalogue", "--rolling", "1", "--catalogues", "100", "--database", conninfo_}),
            kPromoted)
      << said_;
  Serve();
  ASSERT_EQ(Run("tremorcast",
                {"catalog", "complete", "cenc", "--until", FormatUtc(absl::Now()), "--server", server_->address()}),
            0)
      << said_;
  ASSERT_EQ(Run("tremorcast", {"models", "list", "--server", server_->address()}), 0) << said_;
  EXPECT_THAT(said_, ::testing::ContainsRegex("catalogue .* catalogue .* demonstrated .*\\+0\\.[0-9]+ \\["))
      << "the rung, the scope and the gain";
  const std::optional<v1::Forecast> weekly = AwaitLatest("area-0", v1::ISSUE_KIND_WEEKLY);
  ASSERT_TRUE(weekly.has_value());
  ASSERT_EQ(weekly->rungs_size(), 3);

  // A watcher, as the clients of docs/ do it.
  grpc::ClientContext watching;
  v1::WatchForecastsRequest watch;
  watch.set_resume_sequence(weekly->sequence());
  auto stream = forecasts_->WatchForecasts(&watching, watch);
  std::optional<v1::Forecast> told;
  std::thread watcher([&] {
    v1::WatchForecastsResponse response;
    while (stream->Read(&response)) {
      if (response.forecast().issue_kind() != v1::ISSUE_KIND_EVENT) continue;
      told = response.forecast();
      return;
    }
  });

  const absl::Time quake = absl::Now() - absl::Minutes(1);
  {
    std::ofstream file(folder_ / "quake.csv");
    file << "time,latitude,longitude,depth,mag,magType,id,place,type\n"
         << FormatUtc(quake) << ",29.2,101.1,10,6.5,mw,us1,\"somewhere, in the region\",earthquake\n";
  }
  ASSERT_EQ(Run("tremorcast", {"catalog", "import", folder_ / "quake.csv", "--source", "cenc", "--complete-until",
                               FormatUtc(absl::Now()), "--server", server_->address()}),
            0)
      << said_;
  const std::optional<v1::Forecast> event = AwaitLatest("area-0", v1::ISSUE_KIND_EVENT);
  if (!event.has_value()) watching.TryCancel();
  watcher.join();
  watching.TryCancel();
  ASSERT_TRUE(event.has_value()) << "no event issue";
  ASSERT_TRUE(told.has_value()) << "the watcher was told";
  EXPECT_THAT(told->trigger(), HasSubstr("M 6.5 of"));
  EXPECT_EQ(event->rung(), v1::RUNG_CATALOGUE);
  EXPECT_EQ(event->status(), v1::FORECAST_STATUS_OK);
  EXPECT_FALSE(event->scored());
  EXPECT_GT(EventProbability(*event), 2 * EventProbability(*weekly));
  ASSERT_EQ(event->catalogue_outlook().horizons_size(), 4);
  EXPECT_GT(event->catalogue_outlook().horizons(1).expected_events(), 1);
  EXPECT_THAT(event->limitations(), Contains(HasSubstr("so soon after the M 6.5")));
  ASSERT_EQ(Run("tremorcast", {"forecast", "--region", "area-0", "--server", server_->address()}), 0) << said_;
  EXPECT_THAT(said_, HasSubstr("Issued after   M 6.5"));
  EXPECT_THAT(said_, HasSubstr("Rung catalogue"));
  EXPECT_THAT(said_, HasSubstr("Next 7 days"));

  // Where: what is downloaded agrees with what was said, whoever downloads it.
  const std::vector<std::string> ask_rates = {"outlook", "rates", "--forecast", event->name()};
  const std::vector<std::string> ask_catalogues = {"outlook", "catalogues", "--forecast", event->name()};
  const std::string rates = Written(ask_rates, "rates.dat");
  const std::string catalogues = Written(ask_catalogues, "catalogues.csv");
  CheckSimulationFiles(*event, rates, catalogues);
  EXPECT_EQ(Written({"outlook", "catalogues", "--region", "area-0"}, "newest.csv"), catalogues);
  EXPECT_THAT(AwaitPage("/"), HasSubstr("being drawn")) << "the first reader waits for no drawing";
  EXPECT_EQ(AwaitPage("/rates-area-0.dat"), rates);
  EXPECT_THAT(Written({"outlook", "rates", "--region", "area-0", "--days", "1", "--format", "geojson"}, "day.geojson"),
              AllOf(HasSubstr(event->name()), HasSubstr("\"days\":1.0"), HasSubstr("\"p_m3.5\":")));
  EXPECT_THAT(AwaitPage("/"), AllOf(HasSubstr("href=\"rates-area-0.geojson\""), HasSubstr("<g class=\"cells\"")));
  ASSERT_EQ(Run("tremorcast", {"bulletin", "-o", folder_ / "site", "--no-stations", "--server", server_->address()}), 0)
      << said_;
  EXPECT_EQ(ReadFile(folder_ / "site/rates-area-0.dat"), rates);

  // The weekly one stands as it was.
  v1::ListForecastsRequest list;
  list.set_parent("regions/area-0");
  v1::ListForecastsResponse listed;
  ASSERT_TRUE(Call(*forecasts_, &v1::ForecastService::Stub::ListForecasts, list, &listed).ok());
  ASSERT_EQ(listed.forecasts_size(), 1);
  EXPECT_EQ(listed.forecasts(0).name(), weekly->name());

  // Another model takes over, the earthquake is revised, and the server dies.
  const ModelVersion first(std::string(event->model_use().model().substr(7)));
  EtasArtifact other = *ReadEtasArtifact(*store_->models().Artifact(first));
  other.pool_weight /= 2;
  const std::string bytes = *WriteEtasArtifact(other);
  ModelRecord record = *store_->models().Get(first);
  record.created_at = absl::Now();
  record.model.weights_sha256 = Sha256Hex(bytes);
  record.model.version = MakeModelVersion(record.created_at, record.model.weights_sha256);
  ASSERT_TRUE(store_->models().Publish(record, bytes, {}, std::nullopt).ok());
  ASSERT_EQ(Run("tremorcast", {"models", "promote", record.model.version.value(), "--reason", "test", "--server",
                               server_->address()}),
            0)
      << said_;
  SeismicEvent revised;
  EventQuery of_quake;
  of_quake.origin_time = {quake - absl::Minutes(1), absl::Now()};
  const auto listed_quake = store_->events().List(of_quake);
  ASSERT_EQ(listed_quake->size(), 1u);
  revised = listed_quake->front();
  revised.magnitude = 6.9;
  ASSERT_TRUE(store_->events().Import({revised}, absl::Now()).ok());
  Serve();
  for (const v1::Forecast* forecast : {&*weekly, &*event}) {
    const v1::ReplayForecastResponse replayed = Replay(*forecast);
    EXPECT_TRUE(replayed.identical()) << replayed.explanation();
    EXPECT_EQ(replayed.replay().input_hash(), forecast->input_hash());
  }
  EXPECT_EQ(Written(ask_rates, "rates-again.dat"), rates) << "the same issue, the same bytes";
  EXPECT_EQ(Written(ask_catalogues, "catalogues-again.csv"), catalogues);
  const std::optional<v1::Forecast> later = [&]() -> std::optional<v1::Forecast> {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      auto latest = AwaitLatest("area-0", v1::ISSUE_KIND_EVENT);
      if (latest.has_value() && latest->name() != event->name()) return latest;
      absl::SleepFor(absl::Milliseconds(100));
    }
    return std::nullopt;
  }();
  ASSERT_TRUE(later.has_value()) << "a magnitude that was corrected is news";
  EXPECT_THAT(later->trigger(), HasSubstr("M 6.9 of"));
  EXPECT_EQ(later->model_use().model(), absl::StrCat("models/", record.model.version.value()));
  EXPECT_GT(later->catalogue_outlook().horizons(1).expected_events(),
            event->catalogue_outlook().horizons(1).expected_events());

  // What an earthquake of last week raised falls from day to day.
  const absl::Time first_issue =
      absl::Floor(absl::Now() - absl::Hours(24 * 6) - absl::UnixEpoch(), kSlotLength) + absl::UnixEpoch();
  SeismicEvent past = listed_quake->front();
  past.source_event_id = "us0";
  past.origin_time = first_issue - absl::Hours(1);
  ASSERT_TRUE(store_->events().Import({past}, past.origin_time + absl::Minutes(10)).ok()) << "as it was known then";
  std::vector<double> expected, chances;
  for (const int days : {0, 2, 5}) {
    v1::ComputeForecastRequest request;
    request.set_region("regions/area-0");
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(first_issue + absl::Hours(24 * days)));
    v1::ComputeForecastResponse response;
    const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::ComputeForecast, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    const v1::Forecast& f = response.forecast();
    EXPECT_EQ(f.rung(), v1::RUNG_CATALOGUE);
    expected.push_back(f.catalogue_outlook().horizons(1).expected_events());
    chances.push_back(EventProbability(f));
  }
  EXPECT_GT(expected[0], 1.5 * expected[1]);
  EXPECT_GT(expected[1], expected[2]);
  EXPECT_GT(chances[0], chances[2]);

  // A week cannot pass in a test: the same answer as if it had been issued a week ago, which the server
  // holds against what came since.
  std::optional<Forecast> last_week = *store_->forecasts().Get(RegionId("area-0"), weekly->name().substr(25));
  ASSERT_TRUE(last_week.has_value());
  for (absl::Time* time :
       {&last_week->valid_from, &last_week->valid_to, &last_week->data_cutoff, &last_week->issued_at})
    *time -= kWeekLength;
  last_week->id = MakeForecastId(last_week->valid_from, last_week->purpose, 1);
  last_week->scored = true;
  ASSERT_TRUE(store_->forecasts().Append(*last_week).ok());
  past.source_event_id = "us-1";
  past.magnitude = 5.2;
  past.origin_time = last_week->valid_from + absl::Hours(1);
  ASSERT_TRUE(store_->events().Import({past}, absl::Now()).ok());
  Serve({"--settling=0s"});
  ASSERT_EQ(Run("tremorcast",
                {"catalog", "complete", "cenc", "--until", FormatUtc(absl::Now()), "--server", server_->address()}),
            0)
      << said_;
  v1::GetTrackRecordRequest of_region;
  of_region.set_region("regions/area-0");
  v1::GetTrackRecordResponse scored;
  const absl::Time deadline = absl::Now() + kPatience;
  while (scored.track_record().weeks_scored() == 0 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(100));
    ASSERT_TRUE(Call(*forecasts_, &v1::ForecastService::Stub::GetTrackRecord, of_region, &scored).ok());
  }
  const v1::TrackRecord& record_of_week = scored.track_record();
  ASSERT_EQ(record_of_week.weeks_scored(), 1);
  EXPECT_EQ(record_of_week.event_weeks(), 1);
  EXPECT_NEAR(record_of_week.information_gain(),
              std::log(last_week->probabilities.back() / last_week->climatology.back()), 1e-9);
  const auto of_rung = std::find_if(record_of_week.rungs().begin(), record_of_week.rungs().end(),
                                    [](const v1::RungRecord& one) { return one.rung() == v1::RUNG_CATALOGUE; });
  ASSERT_NE(of_rung, record_of_week.rungs().end());
  EXPECT_EQ(of_rung->issues_scored(), 1);
  EXPECT_EQ(of_rung->information_gain(), record_of_week.information_gain());
}

}  // namespace
}  // namespace tremorcast
