#pragma once

// A core Forecast as columns and back, without loss (times keep microseconds). Pure but for the result it reads.

#include <string>
#include <vector>

#include "core/forecast/forecast.h"
#include "core/forecast/shadow_forecast.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

// Comma-separated; the order of ForecastParams and ForecastFrom.
extern const char kForecastColumns[];
extern const char kForecastPlaceholders[];
extern const char kVerificationColumns[];
extern const char kVerificationPlaceholders[];
extern const char kShadowColumns[];
extern const char kShadowPlaceholders[];

SqlParams ForecastParams(const Forecast& forecast);
// Without its stations: they are rows of forecast_windows.
Forecast ForecastFrom(SqlRow in);

SqlParams StationParams(const Forecast& forecast, int ordinal);
// Columns: region, forecast_id, ordinal, station, usable, slot_fraction, window_station, window_start, window_revision,
// drift_flags.
StationCoverage StationFrom(SqlRow in);

SqlParams VerificationParams(const Verification& verification);
Verification VerificationFrom(SqlRow in);

SqlParams ShadowParams(const ShadowForecast& shadow);
ShadowForecast ShadowFrom(SqlRow in);

}  // namespace tremorcast
