#pragma once

// The evaluation of the catalogue model as one HTML page, as trainer/evaluate/report/report_html.h has
// it: nothing is loaded, and it is well-formed XML. Pure; thread safe.

#include <string>

#include "trainer/ladder/catalogue_diagnostics.h"
#include "trainer/ladder/ladder_report.h"

namespace tremorcast {

std::string LadderReportToHtml(const LadderReport& report, const CatalogueDiagnostics& diagnostics);

}  // namespace tremorcast
