#pragma once

// A list of stations in any format that is known here: StationXML, or a table that
// core/readers/station_csv.h reads. Pure; thread safe.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/readers/station_csv.h"

namespace tremorcast {

// InvalidArgument: no XML, no <FDSNStationXML>, or no header of a table that is known.
absl::StatusOr<StationText> ReadStationFile(absl::string_view text);

}  // namespace tremorcast
