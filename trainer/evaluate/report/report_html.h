#pragma once

// A report as one HTML page for people: readable on a phone, in the dark, on paper, by a screen
// reader. Pure; thread safe; no errors: what a report does not have is left out or called "none".
//
// The page needs nothing else: styles and charts are inside, there is no script and no address to
// fetch from, and its own content security policy forbids both. It is well-formed XML as well as
// HTML5. Names are escaped.

#include <string>

#include "trainer/evaluate/report/evaluation_report.h"

namespace tremorcast {

std::string RenderHtml(const EvaluationReport& report);

}  // namespace tremorcast
