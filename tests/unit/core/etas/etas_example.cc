#include "tests/unit/core/etas/etas_example.h"

#include <map>
#include <string>

#include <absl/strings/numbers.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <gtest/gtest.h>

#include "tests/unit/core/shared_data.h"

namespace tremorcast {
namespace {

double Number(const std::map<std::string, std::string>& row, const std::string& column) {
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(row.at(column), &value)) << column;
  return value;
}

GeoPoint Point(const std::map<std::string, std::string>& row) {
  return {Number(row, "latitude"), Number(row, "longitude")};
}

}  // namespace

const EtasVector kExampleTruth = {-7.5, -2.49, 1.69, -2.95, -0.03, 3.99, -0.35, 1.22, 0.51};
const EtasVector kPeerFit = {-7.42861, -2.46610, 1.72315, -3.14186, -0.04320, 3.70887, -0.33221, 1.18883, 0.55887};

absl::Time NewYear(int year) { return absl::FromCivil(absl::CivilDay(year, 1, 1), absl::UTCTimeZone()); }

std::optional<EtasExample> ReadEtasExample() {
  const std::optional<std::string> catalogue = SharedFile("etas/example_catalog.csv.xz");
  const std::optional<std::string> polygon = SharedFile("etas/example_region.csv");
  if (!catalogue.has_value() || !polygon.has_value()) return std::nullopt;
  EtasExample example;
  for (const auto& row : ReadTable(*catalogue)) {
    SeismicEvent event;
    std::string error;
    EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", row.at("time"), &event.origin_time, &error)) << error;
    event.epicenter = Point(row);
    event.magnitude = Number(row, "magnitude");
    example.catalogue.push_back(event);
  }
  Region region;
  region.id = RegionId("example");
  for (const auto& row : ReadTable(*polygon)) region.polygon.push_back(Point(row));
  example.region = *MakeEtasRegion(region);
  // Equal-area projection of the ellipsoid; our sphere has 0.14 % less.
  EXPECT_NEAR(example.region.area_km2 / 959822.96, 1, 0.002);
  example.region.area_km2 = 959822.96;
  example.law = {3.6, 0.1, 2.29130, 9.5};
  return example;
}

}  // namespace tremorcast
