#pragma once

// An evaluation report as text for a terminal, as JSON and as CSV. Pure. The HTML page is
// report_html.h.

#include <string>

#include "trainer/evaluate/report/evaluation_report.h"

namespace tremorcast {

// Tables of at most 120 columns, the verdict first and last.
std::string ReportToText(const EvaluationReport& report);

// One object, every number at full precision; keys are the fields of EvaluationReport in snake
// case.
std::string ReportToJson(const EvaluationReport& report);

// One line per row of the tables, with a header: table, name, which (balanced or calibrated), then
// every metric as mean and sd, the scores, the gain and its interval, and the paper's figures. RFC
// 4180.
std::string ReportToCsv(const EvaluationReport& report);

// How the intervals were made: "95 % block bootstrap of weeks, blocks of 4 to 7 weeks as the data ask
// (5 for the proposed row)"; empty without intervals.
std::string IntervalsText(const EvaluationReport& report);

absl::string_view PlaceboOutcomeName(PlaceboOutcome outcome);  // "clean", "suspicious", "shows the leak", ...

}  // namespace tremorcast
