#pragma once

// Reader of the UCR archive's .tsv format: a line per series, its label, then its values, separated
// by tabs.
// Each series has one channel. Labels may be any numbers or words ("1" and "1.0" are the same
// number); classes are ordered by SortedClassNames. `?`, empty fields and NaN are missing values;
// the archive pads shorter series at their end with NaN, so missing values at the end do not count
// into a series' own length. Lines of different lengths are padded likewise. Pure; thread safe.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/readers/series_set.h"

namespace tremorcast {

// InvalidArgument with the line number: a line without label or values, a field that is no number,
// no data.
absl::StatusOr<SeriesSet> ParseUcrTsv(absl::string_view text);

}  // namespace tremorcast
