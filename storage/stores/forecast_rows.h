#pragma once

// What the archive keeps, as rows of its tables and back, without loss (times keep microseconds).
// The columns of each table are described once, in forecast_rows.cc: statements, parameters and
// reading follow from that description. Pure but for the result it reads; thread safe.
//
//   ExecSql(tx, ArchiveTable<Verification>::Insert(), ArchiveTable<Verification>::Params(verification));
//   const auto rows = ExecSql(tx, ArchiveTable<Verification>::Select() + " WHERE region = $1", region);
//   const Verification first = ArchiveTable<Verification>::Read(rows[0]);

#include <string>

#include "core/base/ids.h"
#include "core/forecast/forecast.h"
#include "core/forecast/shadow_forecast.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

// One station of an archived forecast.
struct StationRow {
  RegionId region;
  std::string forecast_id;
  int ordinal = 0;  // its place in Forecast::stations
  StationCoverage station;
};

// One rung of an archived forecast.
struct RungRow {
  RegionId region;
  std::string forecast_id;
  RungAnswer answer;
};

// One horizon of an archived forecast's outlook; what all horizons share stands in each row.
struct OutlookRow {
  RegionId region;
  std::string forecast_id;
  HorizonOutlook horizon;
  CatalogueOutlook outlook;  // without horizons
};

// One horizon of the stations' models of fewer days.
struct StationHorizonRow {
  RegionId region;
  std::string forecast_id;
  StationHorizon horizon;
};

// Of Forecast (without its stations, rungs, outlook and horizons, which have rows of their own),
// StationRow, RungRow, OutlookRow, StationHorizonRow, Verification or ShadowForecast.
template <typename Row>
struct ArchiveTable {
  static std::string Columns();             // "region, valid_from, ..."
  static std::string Select();              // "SELECT region, valid_from, ... FROM forecasts"
  static std::string Insert();              // "INSERT INTO forecasts (region, valid_from, ...) VALUES ($1, $2, ...)"
  static SqlParams Params(const Row& row);  // of Insert
  static Row Read(SqlRow columns);          // of a row whose first columns are those of Select
};

}  // namespace tremorcast
