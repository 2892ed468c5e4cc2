#pragma once

// Reader of the sktime .ts text format: one or more dimensions per series, separated by ':', and a
// class label at the end, as the UEA archive publishes them. `?` and NaN are missing values; lines
// that begin with `#` or `%` are comments. Pure; thread safe.
//
// Headers are held against the data: @dimensions, @univariate, @seriesLength, @equalLength and
// @missing that say otherwise than the series are errors. With @equalLength false (or left out)
// series of different lengths are read and padded as series_set.h says; dimensions of one series
// may differ in length, too.
//
// Not read, and refused by name: sets with time stamps, regression sets (@targetLabel true), sets
// without classes.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/readers/series_set.h"

namespace tremorcast {

// InvalidArgument with the line number: an unknown or contradicted header, a number that is none,
// an unlisted label, no data.
absl::StatusOr<SeriesSet> ParseTs(absl::string_view text);

}  // namespace tremorcast
