#pragma once

// Forecasts for people: the table of many, the bulletin of one, the line of a revision. Pure.

#include <string>
#include <vector>

#include "cli/text/console.h"
#include "tremorcast/v1/forecast.pb.h"

namespace tremorcast::cli {

// One row each; below it what every reader must know (verdicts, the audience notice), each said once.
void PrintForecastTable(Console& console, const std::vector<v1::Forecast>& forecasts);
// Everything that matters of one.
void PrintBulletin(Console& console, const v1::Forecast& forecast);
// For a log of revisions.
std::string RevisionLine(const v1::Forecast& forecast);

}  // namespace tremorcast::cli
