// `tremorcast stations import` and `regions import` against the service: what a list does not say of a
// station or region that is known stays as it is.

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "cli/cli.h"
#include "files/text_file.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_service.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

class NetworkImportTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    StartServer();
  }
  void Import(const std::string& text, const std::string& noun = "stations") {
    const std::string path = folder_ / noun.c_str();
    ASSERT_TRUE(WriteTextFile(path, text).ok());
    cli::TestConsole console;
    cli::TestPacer pacer;
    ASSERT_EQ(cli::RunCli({noun, "import", path}, {server_->grpc_address().ToString()}, console.console, pacer),
              cli::ExitCode::kOk)
        << console.err.str();
    out_ = console.out.str();
  }
  v1::Station Get(const std::string& id) {
    v1::GetStationRequest request;
    request.set_name("stations/" + id);
    v1::GetStationResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    EXPECT_TRUE(Network()->GetStation(&context, request, &response).ok()) << id;
    return response.station();
  }

  TempFolder folder_;
  std::string out_;
};

TEST_F(NetworkImportTest, WhatAListDoesNotSayStaysAsItIs) {
  Import(
      "station_id,title,latitude,longitude,magn_updating,sound_updating,valid_from,valid_to,simulated\n"
      "SC.MIY,Mianyang,31.4,104.7,True,False,2017-01-01T00:00:00Z,2030-01-01T00:00:00Z,True\n");
  Import("StationID,Latitude,Longitude,MagnUpdate,SoundUpdate\nSC.MIY,31.5,104.7,True,True\n");
  v1::Station station = Get("SC.MIY");
  EXPECT_EQ(station.revision(), 2);
  EXPECT_EQ(station.location().latitude_degrees(), 31.5);
  EXPECT_TRUE(station.sound_updating());
  EXPECT_EQ(station.title(), "Mianyang");
  EXPECT_EQ(station.valid_from_time().seconds(), 1483228800);
  EXPECT_EQ(station.valid_to_time().seconds(), 1893456000);
  EXPECT_TRUE(station.simulated());

  Import("StationID,Latitude,Longitude,MagnUpdate,SoundUpdate\nSC.MIY,31.5,104.7,True,False\n");
  const std::string fdsn =
      "#Network|Station|Latitude|Longitude|Elevation|SiteName|StartTime|EndTime\n"
      "SC|MIY|31.5|104.8|500|Mianyang, Sichuan|2018-01-01T00:00:00|\n"
      "SC|NEW|30|103|500|New|2018-01-01T00:00:00|\n";
  Import(fdsn);
  EXPECT_THAT(out_, HasSubstr("1 of 2 enrolled"));
  station = Get("SC.MIY");
  EXPECT_FALSE(station.sound_updating()) << "FDSN does not know our signals";
  EXPECT_TRUE(station.simulated());
  EXPECT_EQ(station.title(), "Mianyang, Sichuan");
  EXPECT_EQ(station.valid_from_time().seconds(), 1514764800);
  EXPECT_FALSE(station.has_valid_to_time()) << "an end that is there and empty is none";
  EXPECT_TRUE(Get("SC.NEW").sound_updating()) << "what is new has both";

  Import(
      "<FDSNStationXML xmlns=\"http://www.fdsn.org/xml/station/1\"><Network code=\"SC\"><Station code=\"MIY\" "
      "startDate=\"2019-01-01T00:00:00\"><Latitude>31.5</Latitude><Longitude>104.9</Longitude><Site><Name>M</Name>"
      "</Site></Station></Network></FDSNStationXML>");
  station = Get("SC.MIY");
  EXPECT_EQ(station.location().longitude_degrees(), 104.9);
  EXPECT_FALSE(station.sound_updating());
  EXPECT_TRUE(station.simulated());
}

TEST_F(NetworkImportTest, WhatAFileDoesNotSayOfARegionStaysAsItIs) {
  const auto get = [this] {
    v1::GetRegionRequest request;
    request.set_name("regions/area-3");
    v1::GetRegionResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    EXPECT_TRUE(Network()->GetRegion(&context, request, &response).ok());
    return response.region();
  };
  Import("station_id,latitude,longitude,magn_updating,sound_updating\nA1,31.4,100.7,True,True\n");
  Import(R"({"regions":[{"id":"area-3","title":"Ludian","box":[26,30,98,101],"stations":["A1"],"simulated":true}]})",
         "regions");
  Import(R"([{"area":3,"lat":[26,31],"lon":[98,101]}])", "regions");
  v1::Region region = get();
  EXPECT_EQ(region.revision(), 2);
  EXPECT_EQ(region.polygon().points(2).latitude_degrees(), 31) << region.DebugString();
  EXPECT_EQ(region.title(), "Ludian");
  EXPECT_TRUE(region.simulated());
  ASSERT_EQ(region.stations_size(), 1);
  Import(R"([{"area":3,"lat":[26,31],"lon":[98,101],"stations":[]}])", "regions");
  EXPECT_EQ(get().stations_size(), 0) << "none is said, too";
}

}  // namespace
}  // namespace tremorcast
