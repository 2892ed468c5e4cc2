#include "storage/stores/network_store.h"

#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/sql_text.h"

namespace tremorcast {
namespace {

constexpr char kStationColumns[] = R"sql(
    station, revision, title, latitude_deg, longitude_deg, magn_updating, sound_updating, valid_from, valid_to, simulated
)sql";
constexpr char kRegionColumns[] = R"sql(
    region, revision, title, polygon_latitudes_deg, polygon_longitudes_deg, stations, whole_network, simulated
)sql";

Station StationFrom(SqlRow row) {
  Station station;
  station.id = StationId(row.Text());
  station.revision = row.Int();
  station.title = row.Text();
  station.location.latitude_deg = row.Double();
  station.location.longitude_deg = row.Double();
  station.magn_updating = row.Bool();
  station.sound_updating = row.Bool();
  station.valid_from = row.Time();
  station.valid_to = row.Time();
  station.simulated = row.Bool();
  return station;
}

Region RegionFrom(SqlRow row) {
  Region region;
  region.id = RegionId(row.Text());
  region.revision = row.Int();
  region.title = row.Text();
  const std::vector<double> latitudes = row.Doubles(), longitudes = row.Doubles();
  for (size_t k = 0; k < latitudes.size() && k < longitudes.size(); ++k)
    region.polygon.push_back({latitudes[k], longitudes[k]});
  for (std::string& id : row.Texts()) region.stations.emplace_back(std::move(id));
  region.whole_network = row.Bool();
  region.simulated = row.Bool();
  return region;
}

}  // namespace

absl::StatusOr<Station> PgNetworkStore::UpsertStation(const Station& station) {
  RETURN_IF_ERROR(ValidateStation(station));
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Station> {
    LockForTransaction(tx, kNetworkLock);
    const SqlRows newest = ExecSql(tx, absl::StrCat("SELECT ", kStationColumns, R"sql(
                                     FROM stations
                                     WHERE station = $1
                                     ORDER BY revision DESC
                                     LIMIT 1
                                   )sql"),
                                   SqlParams().Text(station.id.value()));
    Station next = station;
    next.valid_from = StoredTime(station.valid_from);
    next.valid_to = StoredTime(station.valid_to);
    next.revision = 1;
    if (!newest.empty()) {
      const Station stored = StationFrom(newest[0]);
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
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Region> {
    LockForTransaction(tx, kNetworkLock);
    const SqlRows newest = ExecSql(tx, absl::StrCat("SELECT ", kRegionColumns, R"sql(
                                     FROM regions
                                     WHERE region = $1
                                     ORDER BY revision DESC
                                     LIMIT 1
                                   )sql"),
                                   SqlParams().Text(region.id.value()));
    Region next = region;
    next.revision = 1;
    if (!newest.empty()) {
      const Region stored = RegionFrom(newest[0]);
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
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Station>> {
    return ExecSql(tx, absl::StrCat("SELECT DISTINCT ON (station) ", kStationColumns, R"sql(
                         FROM stations
                         ORDER BY station, revision DESC
                       )sql"))
        .All(StationFrom);
  });
}

absl::StatusOr<std::vector<Region>> PgNetworkStore::ListRegions() {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Region>> {
    return ExecSql(tx, absl::StrCat("SELECT DISTINCT ON (region) ", kRegionColumns, R"sql(
                         FROM regions
                         ORDER BY region, revision DESC
                       )sql"))
        .All(RegionFrom);
  });
}

}  // namespace tremorcast
