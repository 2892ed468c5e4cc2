#pragma once

// Reader of the table that says where and when each series of a set was measured:
// NAME_TRAIN.meta.csv, one line per series in the order of the series file, columns area,
// feature_week_start, label_week_start and label (others are passed over). Days are midnights of
// UTC+8. Pure; thread safe.

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/ids.h"

namespace tremorcast {

struct SeriesPlace {
  RegionId region;                // "area-<area>"
  absl::Time feature_week_begin;  // of the newest week among the features
  absl::Time label_week_begin;    // the issue: what begins here is what is forecast
  std::string label;              // as written, to hold against the series file
};

// InvalidArgument with the line number: a missing column, another number of fields, a day that is
// none, a label week that begins before its feature week is over.
absl::StatusOr<std::vector<SeriesPlace>> ParseSeriesMeta(absl::string_view text);

}  // namespace tremorcast
