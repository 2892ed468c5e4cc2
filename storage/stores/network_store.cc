#include "storage/stores/network_store.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/status_macros.h"
#include "storage/postgres/lock_keys.h"

namespace tremorcast {
namespace {

constexpr char kStationColumns[] =
    "station, revision, title, latitude_deg, longitude_deg, magn_updating, sound_updating, valid_from, valid_to, "
    "simulated";
constexpr char kRegionColumns[] =
    "region, revision, title, polygon_latitudes_deg, polygon_longitudes_deg, stations, whole_network, simulated";

Station StationFrom(const pqxx::result& rows, int i) {
  Station station;
  station.id = StationId(std::string(Field(rows, i, 0)));
  station.revision = ParseSqlInt(Field(rows, i, 1));
  station.title = std::string(Field(rows, i, 2));
  station.location = {ParseSqlDouble(Field(rows, i, 3)), ParseSqlDouble(Field(rows, i, 4))};
  station.magn_updating = ParseSqlBool(Field(rows, i, 5));
  station.sound_updating = ParseSqlBool(Field(rows, i, 6));
  station.valid_from = ParseSqlTime(Field(rows, i, 7));
  station.valid_to = ParseSqlTime(Field(rows, i, 8));
  station.simulated = ParseSqlBool(Field(rows, i, 9));
  return station;
}

Region RegionFrom(const pqxx::result& rows, int i) {
  Region region;
  region.id = RegionId(std::string(Field(rows, i, 0)));
  region.revision = ParseSqlInt(Field(rows, i, 1));
  region.title = std::string(Field(rows, i, 2));
  const std::vector<double> latitudes = ParseSqlDoubles(Field(rows, i, 3)),
                            longitudes = ParseSqlDoubles(Field(rows, i, 4));
  for (size_t k = 0; k < latitudes.size() && k < longitudes.size(); ++k)
    region.polygon.push_back({latitudes[k], longitudes[k]});
  for (std::string& id : ParseSqlArray(Field(rows, i, 5))) region.stations.emplace_back(std::move(id));
  region.whole_network = ParseSqlBool(Field(rows, i, 6));
  region.simulated = ParseSqlBool(Field(rows, i, 7));
  return region;
}

}  // namespace

absl::StatusOr<Station> PgNetworkStore::UpsertStation(const Station& station) {
  RETURN_IF_ERROR(ValidateStation(station));
  return sessions_->Run<Station>([&](pqxx::work& tx) -> absl::StatusOr<Station> {
    LockForTransaction(tx, kNetworkLock);
    const auto newest = ExecSql(tx,
                                absl::StrCat("SELECT ", kStationColumns,
                                             " FROM stations WHERE station = $1 "
                                             "ORDER BY revision DESC LIMIT 1"),
                                SqlParams().Text(station.id.value()));
    Station next = station;
    next.valid_from = StoredTime(station.valid_from);
    next.valid_to = StoredTime(station.valid_to);
    next.revision = 1;
    if (RowCount(newest) > 0) {
      const Station stored = StationFrom(newest, 0);
      next.revision = stored.revision;
      if (next == stored) return stored;
      ++next.revision;
    }
    ExecSql(
        tx,
        absl::StrCat("INSERT INTO stations (", kStationColumns, ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        SqlParams()
            .Text(next.id.value())
            .Int(next.revision)
            .Text(next.title)
            .Double(next.location.latitude_deg)
            .Double(next.location.longitude_deg)
            .Bool(next.magn_updating)
            .Bool(next.sound_updating)
            .Time(next.valid_from)
            .Time(next.valid_to)
            .Bool(next.simulated));
    return next;
  });
}

absl::StatusOr<Region> PgNetworkStore::UpsertRegion(const Region& region) {
  RETURN_IF_ERROR(ValidateRegion(region));
  return sessions_->Run<Region>([&](pqxx::work& tx) -> absl::StatusOr<Region> {
    LockForTransaction(tx, kNetworkLock);
    const auto newest = ExecSql(tx,
                                absl::StrCat("SELECT ", kRegionColumns,
                                             " FROM regions WHERE region = $1 "
                                             "ORDER BY revision DESC LIMIT 1"),
                                SqlParams().Text(region.id.value()));
    Region next = region;
    next.revision = 1;
    if (RowCount(newest) > 0) {
      const Region stored = RegionFrom(newest, 0);
      next.revision = stored.revision;
      if (next == stored) return stored;
      ++next.revision;
    }
    std::vector<double> latitudes, longitudes;
    for (const GeoPoint& point : next.polygon) {
      latitudes.push_back(point.latitude_deg);
      longitudes.push_back(point.longitude_deg);
    }
    std::vector<std::string> members;
    for (const StationId& id : next.stations) members.push_back(id.value());
    ExecSql(tx, absl::StrCat("INSERT INTO regions (", kRegionColumns, ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
            SqlParams()
                .Text(next.id.value())
                .Int(next.revision)
                .Text(next.title)
                .Doubles(latitudes)
                .Doubles(longitudes)
                .Texts(members)
                .Bool(next.whole_network)
                .Bool(next.simulated));
    return next;
  });
}

absl::StatusOr<std::vector<Station>> PgNetworkStore::ListStations() {
  return sessions_->Run<std::vector<Station>>([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Station>> {
    const auto rows = ExecSql(tx, absl::StrCat("SELECT DISTINCT ON (station) ", kStationColumns,
                                               " FROM stations ORDER BY station, revision DESC"));
    std::vector<Station> result;
    for (int i = 0; i < RowCount(rows); ++i) result.push_back(StationFrom(rows, i));
    return result;
  });
}

absl::StatusOr<std::vector<Region>> PgNetworkStore::ListRegions() {
  return sessions_->Run<std::vector<Region>>([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Region>> {
    const auto rows = ExecSql(tx, absl::StrCat("SELECT DISTINCT ON (region) ", kRegionColumns,
                                               " FROM regions ORDER BY region, revision DESC"));
    std::vector<Region> result;
    for (int i = 0; i < RowCount(rows); ++i) result.push_back(RegionFrom(rows, i));
    return result;
  });
}

}  // namespace tremorcast
