#pragma once

// Forecasts and catalogue in the forms that other programs read. Pure; thread safe.

#include <optional>
#include <string>

#include "bulletin/data.h"

namespace tremorcast::bulletin {

// RFC 7946: one feature per region (its parts with their holes, the newest forecast) and one per
// station.
std::string GeoJson(const Bulletin& bulletin);
// RFC 4180, one line per forecast and magnitude, the whole fetched history.
std::string ForecastsCsv(const Bulletin& bulletin);
// FDSN event web service, text format: the events of the bulletin.
std::string FdsnText(const Bulletin& bulletin);
// The newest forecasts as rates that pyCSEP reads (core/csep/csep_export.h). Nothing where a region
// is no box, or none has a forecast.
std::optional<std::string> CsepRates(const Bulletin& bulletin);
// The newest forecast of a region with the member names of the USGS aftershock forecast product
// (creationTime, forecast[], bins[].probability). Numbers of events are not forecast, so median and
// p95 are left out. Nothing without a forecast.
std::optional<std::string> UsgsForecastJson(const RegionBulletin& region);

}  // namespace tremorcast::bulletin
