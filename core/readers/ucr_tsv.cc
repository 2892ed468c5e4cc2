#include "core/readers/ucr_tsv.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/number_text.h"
#include "core/base/status_macros.h"
#include "core/observation/window.h"

namespace tremorcast {
namespace {

absl::Status LineError(int line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("tsv line ", line, ": ", what));
}

absl::Status ParseLine(int number, absl::string_view line, std::string& label, std::vector<float>& values) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, '\t');
  label = std::string(absl::StripAsciiWhitespace(fields[0]));
  if (label.empty()) return LineError(number, "no label in front of the first tab");
  if (fields.size() < 2) return LineError(number, "a label without values");
  // "1" and "1.0000000e+00" are one class.
  if (const std::optional<double> value = ParseNumber(label); value.has_value()) label = absl::StrCat(*value);
  for (size_t i = 1; i < fields.size(); ++i) {
    const absl::string_view field = absl::StripAsciiWhitespace(fields[i]);
    const std::optional<float> value = field.empty() || field == "?" ? kMissing : ParseFloat(field);
    if (!value.has_value()) return LineError(number, absl::StrCat("'", field, "' is not a number"));
    if (std::isinf(*value)) return LineError(number, absl::StrCat("'", field, "' is not finite"));
    values.push_back(*value);
  }
  return absl::OkStatus();
}

int OwnLength(const std::vector<float>& values) {
  size_t length = values.size();
  while (length > 0 && std::isnan(values[length - 1])) --length;
  return static_cast<int>(length);
}

}  // namespace

absl::StatusOr<SeriesSet> ParseUcrTsv(absl::string_view text) {
  SeriesSet set;
  set.dimensions = 1;
  std::vector<std::string> labels;
  int number = 0;
  size_t longest = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    std::string label;
    std::vector<float> values;
    RETURN_IF_ERROR(ParseLine(number, line, label, values));
    longest = std::max(longest, values.size());
    labels.push_back(std::move(label));
    set.lengths.push_back(OwnLength(values));
    set.series.push_back(std::move(values));
  }
  if (set.series.empty()) return absl::InvalidArgumentError("tsv: no series");
  set.length = static_cast<int>(longest);
  for (std::vector<float>& values : set.series) values.resize(longest, kMissing);
  set.class_names = SortedClassNames(labels);
  for (const std::string& label : labels) {
    set.labels.push_back(
        static_cast<int>(std::find(set.class_names.begin(), set.class_names.end(), label) - set.class_names.begin()));
  }
  return set;
}

}  // namespace tremorcast
