#pragma once

// Hand-made reports for tests of what lays them out: one with every part, sizes and numbers as of a
// real evaluation of eight areas, and one of a training run that has curves only. Pure; the same
// every time.

#include "trainer/evaluate/report/evaluation_report.h"

namespace tremorcast {

EvaluationReport RichReport();
EvaluationReport CurvesOnlyReport();

}  // namespace tremorcast
