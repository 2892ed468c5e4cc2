#pragma once

// The parts of the page, top to bottom (report_html.h). Each is the HTML below a heading of level
// 2, or nothing where the report has nothing to show. Pure; thread safe; no errors.

#include <optional>
#include <string>

#include <absl/strings/string_view.h>

#include "trainer/evaluate/report/evaluation_report.h"

namespace tremorcast {

// The row the verdict is about; nullptr where the report has none.
const MethodRow* ProposedRow(const EvaluationReport& report);
const SliceFacts* TestSlice(const EvaluationReport& report);
// "region-weeks" or "samples".
absl::string_view RowsName(const EvaluationReport& report);

// The sentence at the top, what it rests on, and what a reader must be warned of.
std::string VerdictPart(const EvaluationReport& report);
std::string DataSection(const EvaluationReport& report);
std::string MadeSection(const EvaluationReport& report);
std::string ReadingSection(const EvaluationReport& report);  // caveats and published figures
std::string GlossarySection();

std::string MethodTablesSection(const EvaluationReport& report);
std::string ConfusionSection(const EvaluationReport& report);
std::string EventScoresSection(const EvaluationReport& report);
std::string GainPartsSection(const EvaluationReport& report);
std::string PlaceboSection(const EvaluationReport& report);
std::string VariantSection(const EvaluationReport& report);

std::string GainForestSection(const EvaluationReport& report);
std::string ReliabilitySection(const EvaluationReport& report);
std::string RocMolchanSection(const EvaluationReport& report);
std::string CurvesSection(const EvaluationReport& report);
// Of gains by name; nothing where no part has an interval. `id` is unique on the page.
std::string GainPartsChart(const std::vector<GainPart>& parts, absl::string_view id, absl::string_view title);
std::string PlaceboChart(const std::vector<PlaceboRow>& placebos);

}  // namespace tremorcast
