#pragma once

// The id of a training run, which says of which rung its model is. Pure.

#include <string>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/forecast/rung.h"

namespace tremorcast {

// "20261122T153000.123-train" of the station rung, "20261122T153000.123-catalogue" of the catalogue's:
// UTC with milliseconds, unique because one run of a rung goes at a time.
std::string MakeRunId(absl::Time now, Rung rung);
// Of the station rung is whatever is not of the catalogue's.
Rung RungOfRun(absl::string_view id);

}  // namespace tremorcast
