// The published weekly statistics of area 7 against our own reader, window builder and statistics,
// on the raw rows they were made from.

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_split.h>
#include <gtest/gtest.h>

#include "core/observation/window.h"
#include "core/readers/aeta_csv.h"
#include "tests/unit/core/shared_data.h"

namespace tremorcast {
namespace {

// Adds every row of one raw file to every builder; each keeps those of its own week.
void AddFile(const std::string& path, std::vector<WindowBuilder>& builders) {
  AetaCsvReader reader;
  reader.Feed(ReadShared(path));
  reader.FinishInput();
  for (;;) {
    switch (reader.Next()) {
      case AetaCsvReader::Step::kRow: {
        const absl::StatusOr<Slot> slot = SlotAt(absl::FromUnixSeconds(reader.row().time_unix));
        ASSERT_TRUE(slot.ok()) << path << " line " << reader.row().line;
        for (WindowBuilder& builder : builders) {
          builder.AddRow(*reader.signal(), *slot, reader.row().values, slot->end());
        }
        break;
      }
      case AetaCsvReader::Step::kProblem:
        FAIL() << path << " line " << reader.problem().line << ": " << reader.problem().message;
      case AetaCsvReader::Step::kNeedInput:
        FAIL() << path << ": asks for input after its end";
      case AetaCsvReader::Step::kEnd:
        return;
    }
  }
}

struct PublishedWeek {
  absl::Time start;
  std::vector<double> values;  // 95 means, then 95 maxima; NaN where the file has '?'
};

// Rows of area 7 for the weeks whose raw files are at hand. Each dimension holds eight weeks; the
// last one is the sample's own.
std::vector<PublishedWeek> ReadPublished(const std::string& ts, const std::string& meta) {
  const std::set<std::string> wanted = {"2020-12-02", "2020-12-09", "2020-12-16", "2020-12-23"};
  const std::string text = ReadShared(ts);
  const std::vector<std::string> lines = absl::StrSplit(text.substr(text.find("@data\n") + 6), '\n');
  std::vector<PublishedWeek> weeks;
  auto rows = ReadTable(meta);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i]["area"] != "7" || wanted.count(rows[i]["feature_week_start"]) == 0) continue;
    PublishedWeek week;
    week.start = ParseTime(rows[i]["feature_week_start"]).value();
    const std::vector<std::string> dimensions = absl::StrSplit(lines.at(i), ':');
    for (size_t d = 0; d < 2 * kFeatures; ++d) {
      const std::vector<std::string> series = absl::StrSplit(dimensions.at(d), ',');
      week.values.push_back(series.back() == "?" ? std::nan("") : std::atof(series.back().c_str()));
    }
    weeks.push_back(std::move(week));
  }
  return weeks;
}

// Six significant digits are stored: half a unit of the last one, and a tenth for rows kept as
// float32.
bool AgreesToSixDigits(double ours, double stored) {
  if (stored == 0) return ours == 0;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(stored))) - 5);
  return std::abs(ours - stored) <= 0.6 * unit;
}

// Windows of the stations for each week: [week][station].
std::vector<std::vector<StationWindow>> BuildWindows(const std::vector<PublishedWeek>& weeks,
                                                     const std::vector<Station>& stations) {
  std::vector<std::vector<StationWindow>> windows(weeks.size());
  for (const Station& station : stations) {
    std::vector<WindowBuilder> builders;
    for (const PublishedWeek& week : weeks) builders.emplace_back(station.id, week.start, kSlotsPerWeek);
    for (const char* signal : {"magn", "sound"}) {
      const auto path = SharedFile("aeta/raw_2020_12/" + station.id.value() + "_" + signal + ".csv.xz");
      EXPECT_TRUE(path.has_value()) << station.id.value() << " " << signal;
      if (path.has_value()) AddFile(*path, builders);
    }
    for (size_t w = 0; w < weeks.size(); ++w) {
      windows[w].push_back(std::move(builders[w]).Build(1, weeks[w].start + kWeekLength));
    }
  }
  return windows;
}

class FeatureTruthTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TREMORCAST_SHARED_OR_SKIP(areas_json, "aeta/areas.json");
    TREMORCAST_SHARED_OR_SKIP(station_info, "aeta/StationInfo.csv");
    TREMORCAST_SHARED_OR_SKIP(ts, "timeseries/AETAAreaWeek_TEST.ts.xz");
    TREMORCAST_SHARED_OR_SKIP(meta, "timeseries/AETAAreaWeek_TEST.meta.csv");
    TREMORCAST_SHARED_OR_SKIP(raw, "aeta/raw_2020_12/24_magn.csv.xz");
    published_ = ReadPublished(ts, meta);
    ASSERT_EQ(published_.size(), 4u) << raw;
    const Interval december = {published_.front().start, published_.back().start + kWeekLength};
    stations_ = EnrolledStations(ReadAreas(areas_json).at(7), ReadStationInfo(station_info), december);
    ASSERT_EQ(stations_.size(), 7u);  // of ten; 142, 327 and 332 update one signal only
    windows_ = BuildWindows(published_, stations_);
  }

  ChannelStatistics Ours(size_t week, int channel) const {
    std::vector<const StationWindow*> pointers;
    for (const StationWindow& window : windows_[week]) pointers.push_back(&window);
    return ChannelStatisticsOf(pointers, channel);
  }

  std::vector<PublishedWeek> published_;
  std::vector<Station> stations_;
  std::vector<std::vector<StationWindow>> windows_;
};

// The two columns that were centred before publication, with the whole history, which the raw month
// does not hold.
bool Centred(int channel) {
  return FeatureNames()[channel] == "magn@abs_mean" || FeatureNames()[channel] == "sound@abs_mean";
}

TEST_F(FeatureTruthTest, ReproducesThePublishedWeeklyMeansAndMaxima) {
  int compared = 0;
  for (size_t week = 0; week < published_.size(); ++week) {
    for (int c = 0; c < kFeatures; ++c) {
      if (Centred(c)) continue;
      const ChannelStatistics ours = Ours(week, c);
      for (const auto& [value, stored] : {std::pair(ours.mean, published_[week].values[c]),
                                          std::pair(ours.max, published_[week].values[c + kFeatures])}) {
        EXPECT_TRUE(AgreesToSixDigits(value, stored)) << FormatNetworkTime(published_[week].start) << " "
                                                      << FeatureNames()[c] << ": " << value << ", published " << stored;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 4 * 93 * 2);
}

TEST_F(FeatureTruthTest, TheCentredColumnsDifferByOneConstant) {
  for (int c = 0; c < kFeatures; ++c) {
    if (!Centred(c)) continue;
    const double centre = Ours(0, c).mean - published_[0].values[c];
    EXPECT_GT(centre, 0.1);
    for (size_t week = 0; week < published_.size(); ++week) {
      EXPECT_NEAR(Ours(week, c).mean - published_[week].values[c], centre, 2e-6) << FeatureNames()[c];
      EXPECT_NEAR(Ours(week, c).max - published_[week].values[c + kFeatures], centre, 6e-6) << FeatureNames()[c];
    }
  }
}

}  // namespace
}  // namespace tremorcast
