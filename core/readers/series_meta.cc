#include "core/readers/series_meta.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "core/base/time_grid.h"
#include "core/readers/civil_text.h"
#include "core/readers/csv_records.h"

namespace tremorcast {
namespace {

constexpr std::array<absl::string_view, 4> kColumns = {"area", "feature_week_start", "label_week_start", "label"};

std::optional<absl::Time> Day(absl::string_view text) {
  return ParseCatalogueTime(absl::StrCat(text, " 00:00"), NetworkTimeZone());
}

}  // namespace

absl::StatusOr<std::vector<SeriesPlace>> ParseSeriesMeta(absl::string_view text) {
  CsvRecords records(text);
  std::vector<std::string> fields;
  if (!records.Next(fields)) return absl::InvalidArgumentError("meta: empty");
  const size_t width = fields.size();
  std::array<size_t, kColumns.size()> at = {};
  for (size_t c = 0; c < kColumns.size(); ++c) {
    while (at[c] < width && absl::StripAsciiWhitespace(fields[at[c]]) != kColumns[c]) ++at[c];
    if (at[c] == width) {
      return absl::InvalidArgumentError(absl::StrCat("meta line 1: no column ", kColumns[c]));
    }
  }
  std::vector<SeriesPlace> places;
  while (records.Next(fields)) {
    const auto error = [&records](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat("meta line ", records.line(), ": ", what));
    };
    if (fields.size() != width) return error(absl::StrCat(fields.size(), " fields, ", width, " columns"));
    std::array<std::string, kColumns.size()> value;
    for (size_t c = 0; c < kColumns.size(); ++c) value[c] = std::string(absl::StripAsciiWhitespace(fields[at[c]]));
    if (value[0].empty()) return error("no area");
    const std::optional<absl::Time> feature = Day(value[1]), label = Day(value[2]);
    if (!feature) return error(absl::StrCat("'", value[1], "' is no day"));
    if (!label) return error(absl::StrCat("'", value[2], "' is no day"));
    if (*label < *feature + kWeekLength) return error("the label week begins before the feature week is over");
    places.push_back({RegionId(absl::StrCat("area-", value[0])), *feature, *label, std::move(value[3])});
  }
  return places;
}

}  // namespace tremorcast
