#pragma once

// Values of an evaluation as HTML. Pure; thread safe; no errors: what is not there is shown as
// "none".

#include <optional>
#include <string>

#include <absl/strings/string_view.h>

#include "core/verification/scores.h"
#include "trainer/evaluate/report/evaluation_report.h"

namespace tremorcast {

// "0.752 ± 0.012"; the mean alone with one seed; "none" without seeds.
std::string MeanAndSd(const OverSeeds& value, int decimals, bool with_sign = false);
// "+0.0084 [+0.0038, +0.0137]" or "none".
std::string GainWithInterval(const std::optional<MeanInterval>& gain);
// "0.034", "< 0.001" or "none".
std::string PValue(const std::optional<double>& p);
// "Macro recall" of "macro_recall", escaped.
std::string MetricTitle(absl::string_view name);

}  // namespace tremorcast
