#include "core/skill/run_id.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

constexpr char kCatalogueSuffix[] = "-catalogue";

}  // namespace

std::string MakeRunId(absl::Time now, Rung rung) {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%E3S", now, absl::UTCTimeZone()),
                      rung == Rung::kCatalogue ? kCatalogueSuffix : "-train");
}

Rung RungOfRun(absl::string_view id) {
  return absl::EndsWith(id, kCatalogueSuffix) ? Rung::kCatalogue : Rung::kStations;
}

}  // namespace tremorcast
