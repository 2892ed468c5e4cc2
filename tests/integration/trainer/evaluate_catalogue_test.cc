// `tremorcast-trainer evaluate --catalogue` as somebody types it, on files.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>
#include <string>
#include <sys/wait.h>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "formats/regions_json.h"
#include "tests/unit/core/ladder/ladder_worlds.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

class EvaluateCatalogueTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tremorcast-catalogue-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream catalogue(folder_ / "catalogue.txt");
    catalogue << "#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|"
                 "MagAuthor|EventLocationName\n";
    for (const SeismicEvent& event : ClusteredWorld(1)) {
      catalogue << event.source_event_id << "|"
                << absl::FormatTime("%Y-%m-%dT%H:%M:%E3S", event.origin_time, absl::UTCTimeZone()) << "|"
                << absl::StrFormat("%.4f|%.4f|10||||w|M|%.1f||", event.epicenter.latitude_deg,
                                   event.epicenter.longitude_deg, event.magnitude)
                << "\n";
    }
    std::ofstream(folder_ / "regions.json") << WriteRegions(WorldTrial().regions);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Exit status; what it printed is in out_ and err_.
  int Evaluate(const std::string& arguments) {
    const std::string out = folder_ / "out", err = folder_ / "err";
    const std::string command = absl::StrCat("cd '", folder_.string(), "' && '", TREMORCAST_BINARY_DIR,
                                             "/bin/tremorcast-trainer' evaluate ", arguments, " >out 2>err");
    const int status = std::system(command.c_str());
    out_ = Read(out);
    err_ = Read(err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  static std::string Read(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  std::string out_, err_;
};

constexpr char kShort[] =
    "--catalogue catalogue.txt --regions regions.json --split-at 2024-01-01,2025-06-01 --catalogues 100 --progress "
    "log ";

TEST_F(EvaluateCatalogueTest, SaysWhatItFoundAsTextAndAsJson) {
  ASSERT_EQ(Evaluate(absl::StrCat(kShort, "--rolling 2 --json-file report.json --html report.html --threads 2")), 0)
      << err_;
  EXPECT_THAT(out_, HasSubstr("over its twin that sees no events"));
  EXPECT_THAT(out_, HasSubstr("placebo, mirrored north to south"));
  EXPECT_THAT(err_, ::testing::Not(HasSubstr("--database"))) << "no database is read";
  const auto report = nlohmann::json::parse(Read(folder_ / "report.json"));
  EXPECT_EQ(report["regions"], 6);
  EXPECT_EQ(report["trial"]["origins"].size(), 3u);
  EXPECT_EQ(report["trial"]["rows"], report["trial"]["issues"].get<int>() * 6);
  EXPECT_EQ(report["placebos"].size(), 2u);
  EXPECT_THAT(out_, HasSubstr(report["trial"]["verdict"].get<std::string>()));

  const std::string page = Read(folder_ / "report.html");
  EXPECT_TRUE(pugi::xml_document().load_string(page.c_str())) << "not well-formed";
  EXPECT_THAT(page, HasSubstr("residual-chart"));
  EXPECT_THAT(page, HasSubstr("background-map"));
  EXPECT_THAT(page, HasSubstr("mirrored north to south"));

  const std::string with_threads = report["trial"].dump();
  ASSERT_EQ(Evaluate(absl::StrCat(kShort, "--rolling 2 --json --threads 1 --no-placebos")), 0) << err_;
  EXPECT_EQ(nlohmann::json::parse(out_)["trial"].dump(), with_threads);
}

TEST_F(EvaluateCatalogueTest, WrongUsageIsNamed) {
  EXPECT_EQ(Evaluate("--catalogue catalogue.txt"), 2);
  EXPECT_THAT(err_, HasSubstr("--regions FILE"));
  EXPECT_EQ(Evaluate(absl::StrCat(kShort, "--issue-every 36h")), 2);
  EXPECT_THAT(err_, HasSubstr("whole days"));
  EXPECT_EQ(Evaluate(absl::StrCat(kShort, "--csv report.csv")), 2);
  EXPECT_EQ(Evaluate(absl::StrCat(kShort, "--simulate")), 2);
  EXPECT_EQ(Evaluate("--regions 3"), 2);
  EXPECT_EQ(Evaluate("--simulate --regions regions.json"), 2);
  EXPECT_EQ(Evaluate("--catalogue absent.txt --regions regions.json"), 1);
  EXPECT_THAT(err_, HasSubstr("absent.txt"));
  EXPECT_EQ(Evaluate("--catalogue catalogue.txt --regions regions.json --split-at 2050-01-01"), 2);
  EXPECT_THAT(err_, HasSubstr("do not hold"));
}

}  // namespace
}  // namespace tremorcast
