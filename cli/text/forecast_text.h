#pragma once

// Forecasts as text for people: a table of many, a bulletin of one, and a line for a revision.
// Pure.

#include <string>
#include <vector>

#include "cli/text/console.h"
#include "tremorcast/v1/forecast.pb.h"

namespace tremorcast::cli {

// A table with one row for each. What every reader must know (verdicts, the notice to the audience)
// stands below it, and each of it once.
std::string ScopeText(const std::string& scope);  // "network" of "regions/_network", "area-1" of "regions/area-1"
std::string RungText(v1::Rung rung);              // "stations"; "" of an older server
void PrintForecastTable(Console& console, const std::vector<v1::Forecast>& forecasts);
// What is said of so many days from the issue on, by which rung: a row for each that says something.
void PrintHorizonTable(Console& console, const std::vector<v1::Forecast>& forecasts, double days);
// Everything that matters of one forecast.
void PrintBulletin(Console& console, const v1::Forecast& forecast);
// One line, for a log of revisions.
std::string RevisionLine(const v1::Forecast& forecast);

}  // namespace tremorcast::cli
