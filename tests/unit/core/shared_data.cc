#include "tests/unit/core/shared_data.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <absl/status/statusor.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <gtest/gtest.h>

#include "core/readers/catalogue_csv.h"
#include "core/readers/csv_records.h"
#include "core/readers/station_csv.h"
#include "files/text_file.h"

namespace tremorcast {
namespace {

// The numbers inside the brackets that follow `key`.
std::vector<std::string> ListAfter(const std::string& line, const std::string& key) {
  const size_t open = line.find('[', line.find("\"" + key + "\""));
  const size_t close = line.find(']', open);
  return absl::StrSplit(line.substr(open + 1, close - open - 1), ',');
}

double ToNumber(const std::string& text) {
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &value)) << text;
  return value;
}

}  // namespace

std::optional<std::string> SharedFile(const std::string& relative) {
  const char* shared = std::getenv("TREMORCAST_SHARED");
  const std::filesystem::path base = shared != nullptr ? shared : std::string(TREMORCAST_SOURCE_DIR "/../shared");
  const std::filesystem::path path = base / "data" / relative;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path.string();
}

std::string ReadShared(const std::string& path) {
  absl::StatusOr<std::string> text = ReadTextFile(path);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.ok() ? *std::move(text) : "";
}

std::vector<Region> ReadAreas(const std::string& areas_json) {
  std::vector<Region> regions;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(ReadShared(areas_json), '\n'))) {
    if (line.find("\"area\"") == std::string::npos) continue;
    const std::vector<std::string> lat = ListAfter(line, "lat");
    const std::vector<std::string> lon = ListAfter(line, "lon");
    Region region;
    region.id = RegionId("area-" + std::to_string(regions.size()));
    region.polygon = BoxPolygon(ToNumber(lat.at(0)), ToNumber(lat.at(1)), ToNumber(lon.at(0)), ToNumber(lon.at(1)));
    for (const std::string& id : ListAfter(line, "stations")) region.stations.push_back(StationId(id));
    regions.push_back(std::move(region));
  }
  return regions;
}

std::vector<SeismicEvent> ReadEvents(const std::string& path) {
  absl::StatusOr<CatalogueText> text = ReadCatalogue(ReadShared(path));
  EXPECT_TRUE(text.ok()) << text.status();
  if (!text.ok()) return {};
  EXPECT_TRUE(text->bad_lines.empty()) << path << ":" << text->bad_lines.front().line << " "
                                       << text->bad_lines.front().reason;
  return std::move(text->events);
}

std::vector<Station> ReadStationInfo(const std::string& path) {
  absl::StatusOr<StationText> text = ReadStations(ReadShared(path));
  EXPECT_TRUE(text.ok()) << text.status();
  if (!text.ok()) return {};
  EXPECT_TRUE(text->bad_lines.empty());
  return std::move(text->stations);
}

std::vector<std::map<std::string, std::string>> ReadTable(const std::string& path) {
  const std::string text = ReadShared(path);
  CsvRecords records(text);
  std::vector<std::string> header;
  EXPECT_TRUE(records.Next(header)) << path;
  std::vector<std::map<std::string, std::string>> rows;
  for (std::vector<std::string> fields; records.Next(fields);) {
    std::map<std::string, std::string>& row = rows.emplace_back();
    EXPECT_EQ(fields.size(), header.size()) << path << ":" << records.line();
    for (size_t i = 0; i < std::min(fields.size(), header.size()); ++i) row[header[i]] = fields[i];
  }
  return rows;
}

}  // namespace tremorcast
