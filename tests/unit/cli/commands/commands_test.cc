// The commands against small services behind a real channel: what they ask for, what they print,
// how they end.

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "core/readers/catalogue_csv.h"
#include "core/readers/station_csv.h"
#include "files/text_file.h"
#include "tests/unit/cli/commands/commands_fixture.h"

namespace tremorcast::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

// Days of January 2021, an event of M 3.x each minute.
std::string CencText(int events) {
  std::string text = "Time,Magnitude,Latitude,Longtitude,deep,Location\n";
  for (int i = 0; i < events; ++i) {
    absl::StrAppend(&text, "2021/1/", 1 + i / 1440 % 28, " ", i / 60 % 24, ":", i % 60, ",3.", i % 10, ",",
                    20 + i / 1000, ".1,100.2,10,x\n");
  }
  return text;
}

TEST_F(CommandsTest, ACatalogueIsImportedInPartsAndItsCompletenessSaidLast) {
  AddBox();
  EXPECT_EQ(Invoke({"catalog", "import", Write("c.csv", CencText(6000))}), ExitCode::kOk) << err_;
  ASSERT_EQ(catalog_.imports.size(), 2U);
  EXPECT_EQ(catalog_.imports[0].events_size() + catalog_.imports[1].events_size(), 6000);
  EXPECT_THAT(out_, HasSubstr("cenc: 6,000 new"));
  EXPECT_THAT(err_, HasSubstr("read as CENC CSV"));
  EXPECT_TRUE(catalog_.statements.empty()) << "as many of each magnitude, so M 3.9 is as complete as M 3.0";
  EXPECT_THAT(err_, HasSubstr("not taken as complete: in the network's regions it lists every event of M"));
}

TEST_F(CommandsTest, WhatAPersonSaysOfCompletenessIsSaidAsItIs) {
  const std::string path = Write("c.csv", CencText(3));
  EXPECT_EQ(Invoke({"catalog", "import", path, "--complete-until", "2021-02-01", "--json"}), ExitCode::kOk);
  EXPECT_EQ(nlohmann::json::parse(out_)["complete_until"]["cenc"], "2021-01-31T16:00:00Z");
  ASSERT_EQ(catalog_.statements.size(), 1U);
  EXPECT_EQ(catalog_.statements[0].statement().complete_until_time().seconds(), 1612108800) << "UTC+8";
  EXPECT_FALSE(catalog_.statements[0].extend()) << "it may lower";
  catalog_.statements.clear();
  Invoke({"catalog", "import", path, "--not-complete"});
  EXPECT_TRUE(catalog_.statements.empty());
}

TEST_F(CommandsTest, ALostEventEndsWhatIsSaidOfCompleteness) {
  const std::string line = "2021/1/20 8:00,6.0,24,463,10,no longitude\n";
  EXPECT_EQ(Invoke({"catalog", "import", Write("c.csv", CencText(3) + line), "--complete-until", "2021-02-01"}),
            ExitCode::kPartial);
  ASSERT_EQ(catalog_.statements.size(), 1U);
  EXPECT_EQ(catalog_.statements[0].statement().complete_until_time().seconds(), 1611100800) << "20 January, 8:00 UTC+8";
  EXPECT_TRUE(catalog_.statements[0].extend()) << "nobody wished to lower";
  catalog_.statements.clear();
  const std::string timeless = CencText(3) + "2021/1/20 8:00,4,24,101,10,x\n2021/1/10 8:00,4,24,101,10,x\n";
  EXPECT_EQ(Invoke({"catalog", "import", Write("c.csv", timeless + "2021/1/32 8:00,6.0,24,101,10,no day\n"),
                    "--complete-until", "2021-02-01"}),
            ExitCode::kPartial);
  EXPECT_TRUE(catalog_.statements.empty()) << "out of order, so it may have been at any time";
  EXPECT_THAT(err_, HasSubstr("tremorcast catalog complete cenc --until TIME"));
}

TEST_F(CommandsTest, ALostEventThatMayLieInsideThePeriodOpensNoWeekOfIt) {
  // Between events of before and after the period's begin: it may have been on either side.
  const std::string header = "Time,Magnitude,Latitude,Longtitude,deep,Location\n";
  const std::string before = "2019/12/30 8:00,4,24,101,10,x\n", lost = "2020/1/32 8:00,6,24,101,10,no day\n",
                    after = "2020/1/5 8:00,4,24,101,10,x\n";
  for (const std::string& lines : {before + lost + after, after + lost + before}) {
    Invoke({"catalog", "import", Write("c.csv", header + lines), "--complete-from", "2020-01-01", "--complete-until",
            "2020-02-01"});
    EXPECT_TRUE(catalog_.statements.empty()) << lines;
  }
  // Both of its neighbours lie before the period.
  Invoke({"catalog", "import", Write("c.csv", header + before + lost + after), "--complete-from", "2020-01-06",
          "--complete-until", "2020-02-01"});
  ASSERT_EQ(catalog_.statements.size(), 1U);
  EXPECT_EQ(catalog_.statements[0].statement().complete_until_time().seconds(), 1580486400);
  EXPECT_FALSE(catalog_.statements[0].extend());
}

TEST_F(CommandsTest, OfTwoTimesThatDisagreeEitherMayBeTheOne) {
  const std::string header = "Longitude,Latitude,Magnitude,Depth,Time,Timestamp\n";
  const auto import = [&](const std::string& from) {
    catalog_.statements.clear();
    Invoke({"catalog", "import", Write("q.csv", header + "101.5,24.5,6.0,10,2015-06-01 08:00:00,0\n"), "--source",
            "eqlst", "--complete-from", from, "--complete-until", "2022-01-01"});
    return catalog_.statements.size();
  };
  EXPECT_EQ(import("2012-01-01"), 0U) << "the event may be of 2015, though the other time says 1970";
  EXPECT_EQ(import("2016-01-01"), 1U) << "both lie before";
}

TEST_F(CommandsTest, WhatAFileHoldsDoesNothingToTheTerminal) {
  Invoke({"catalog", "import",
          Write("c.csv", "Time,Magnitude,Latitude,Longtitude,deep,Location\n2019/12/30 8:00,\x1b[2J,24,101,10,x\n")});
  EXPECT_THAT(err_, HasSubstr("magnitude '\\u001b[2J' is no number"));
  Invoke({"catalog", "import", Write("c.xml", "<\xc2\x9b\x32J></\xc2\x9b\x32J>")});
  EXPECT_THAT(err_, Not(HasSubstr("\xc2\x9b")));
  Invoke({"stations", "import",
          Write("s.csv", "station_id,title,latitude,longitude,magn_updating,sound_updating\n1,x,\x1b[2J,1,1,1\n")});
  EXPECT_THAT(err_, HasSubstr("'\\u001b[2J' is no number"));
  Invoke({"regions", "import", Write("r.json", R"({"regions": [{"id": "\u001b[2J"}]})")});
  EXPECT_THAT(err_, HasSubstr("\\u001b[2J"));
}

TEST_F(CommandsTest, AQuietWeekIsSaidOfItsSource) {
  const std::string path = Write("quiet.txt", "");
  EXPECT_EQ(Invoke({"catalog", "import", path}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("no event is listed"));
  EXPECT_EQ(Invoke({"catalog", "import", path, "--complete-until", "2021-02-01"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("add --source NAME"));
  EXPECT_EQ(Invoke({"catalog", "import", path, "--complete-until", "2021-02-01", "--source", "fdsn:isc"}),
            ExitCode::kOk);
  ASSERT_EQ(catalog_.statements.size(), 1U);
  EXPECT_EQ(catalog_.statements[0].statement().source(), "fdsn:isc");
}

TEST_F(CommandsTest, GbkAndNonEarthquakesAreReadAndSaid) {
  const std::string text =
      "time,latitude,longitude,depth,mag,id,place,type\n2021-01-01T00:00:00Z,24,101,10,4.5,a,\xCB\xC4\xB4\xA8,"
      "earthquake\n"
      "2021-01-02T00:00:00Z,24,101,10,4.5,b,x,quarry blast\n";
  EXPECT_EQ(Invoke({"catalog", "import", Write("c.csv", text)}), ExitCode::kOk);
  EXPECT_EQ(catalog_.imports.at(0).events(0).place(), "四川");
  EXPECT_THAT(out_, HasSubstr("no earthquakes: 1 quarry blast"));
  EXPECT_EQ(Invoke({"catalog", "import", Write("c.csv", "time,latitude,longitude,depth,mag,id,place\n\xFF\xFF\n")}),
            ExitCode::kFailed);
  EXPECT_THAT(err_, HasSubstr("line 2: neither UTF-8 nor GB18030"));
}

TEST_F(CommandsTest, CompletenessIsStatedListedAndRevoked) {
  EXPECT_EQ(Invoke({"catalog", "complete", "cenc", "--from", "2012-05-01", "--until", "2021-02-01", "--region", "a"}),
            ExitCode::kOk)
      << err_;
  ASSERT_EQ(catalog_.statements.size(), 1U);
  EXPECT_EQ(catalog_.statements[0].statement().region(), "regions/a");
  EXPECT_EQ(catalog_.statements[0].statement().magnitude(), 3.5);
  EXPECT_EQ(Invoke({"catalog", "complete", "cenc"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--until is needed"));
  EXPECT_EQ(Invoke({"catalog", "completeness"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("2012-05-01 00:00  2021-02-01 00:00"));
  EXPECT_EQ(Invoke({"catalog", "revoke", "1"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("revoked 2021-01-10"));
  EXPECT_EQ(Invoke({"catalog", "revoke", "9"}), ExitCode::kFailed);
}

TEST_F(CommandsTest, AnExportCanBeImportedAgainAsItWas) {
  for (const bool deleted : {false, true}) {
    v1::SeismicEvent& event = catalog_.events.emplace_back();
    event.set_source("cenc");
    event.set_source_event_id(deleted ? "withdrawn" : "a");
    event.mutable_origin_time()->set_seconds(1609459200);
    event.mutable_epicenter()->set_latitude_degrees(24.1);
    event.mutable_epicenter()->set_longitude_degrees(101.7);
    event.set_magnitude(4.5);
    event.set_deleted(deleted);
  }
  const std::string path = (folder_ / "export.csv").string();
  EXPECT_EQ(Invoke({"catalog", "export", "--out", path}), ExitCode::kOk) << err_;
  EXPECT_EQ(Invoke({"catalog", "import", path, "--not-complete"}), ExitCode::kOk) << err_;
  ASSERT_EQ(catalog_.imports.at(0).events_size(), 2);
  EXPECT_EQ(catalog_.imports[0].events(0).SerializeAsString(), catalog_.events[0].SerializeAsString());
  EXPECT_EQ(catalog_.imports[0].events(1).SerializeAsString(), catalog_.events[1].SerializeAsString());
  EXPECT_EQ(Invoke({"catalog", "export", "--format", "fdsn"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("a|2021-01-01T00:00:00.000|24.1|101.7"));
  EXPECT_EQ(Invoke({"catalog", "list", "--deleted"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("(withdrawn)"));
  EXPECT_EQ(Invoke({"catalog", "list"}), ExitCode::kOk);
  EXPECT_THAT(out_, Not(HasSubstr("(withdrawn)")));
}

TEST_F(CommandsTest, AnExportIntoAPipeLeavesItAPipe) {
  const std::string path = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int pipe = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);  // for both: nobody waits
  EXPECT_EQ(Invoke({"catalog", "export", "--out", path}), ExitCode::kOk) << err_;
  EXPECT_TRUE(std::filesystem::is_fifo(path));
  std::string read(16, ' ');
  EXPECT_EQ(::read(pipe, read.data(), read.size()), 16);
  EXPECT_EQ(read, "source,source_ev");
  ::close(pipe);
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
