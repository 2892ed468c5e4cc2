#include "server/rpc/wire/resource_names.h"

#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/status_macros.h"
#include "core/skill/records.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

// Quoted for a message: cut, and in ASCII, for a letter cut in half would make the error's details
// unreadable.
std::string Shown(absl::string_view name) {
  std::string shown;
  for (const char c : name.substr(0, 100))
    shown.push_back(absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?');
  return absl::StrCat("\"", shown, name.size() > 100 ? "..." : "", "\"");
}

absl::Status Malformed(absl::string_view field, absl::string_view name, absl::string_view pattern) {
  if (name.empty()) return InvalidField(field, absl::StrCat("is required, as \"", pattern, "\""));
  return InvalidField(field, absl::StrCat(Shown(name), " is not of the form \"", pattern, "\""));
}

// The id after "{collection}/"; checked.
absl::StatusOr<std::string> ParseSimple(absl::string_view field, absl::string_view name, absl::string_view collection,
                                        absl::string_view singular) {
  const std::string pattern = absl::StrCat(collection, "/{", singular, "}");
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  if (parts.size() != 2 || parts[0] != collection) return Malformed(field, name, pattern);
  if (const absl::Status id = ValidateId(absl::StrCat(singular, " id"), parts[1]); !id.ok()) {
    return InvalidField(field, absl::StrCat(Shown(name), ": ", id.message()));
  }
  return std::string(parts[1]);
}

}  // namespace

absl::StatusOr<StationId> ParseStationName(absl::string_view field, absl::string_view name) {
  ASSIGN_OR_RETURN(auto id, ParseSimple(field, name, "stations", "station"));
  return StationId(std::move(id));
}

absl::StatusOr<RegionId> ParseRegionName(absl::string_view field, absl::string_view name) {
  ASSIGN_OR_RETURN(auto id, ParseSimple(field, name, "regions", "region"));
  return RegionId(std::move(id));
}

absl::StatusOr<ForecastName> ParseForecastName(absl::string_view field, absl::string_view name) {
  constexpr absl::string_view kPattern = "regions/{region}/forecasts/{forecast}";
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  if (parts.size() != 4 || parts[0] != "regions" || parts[2] != "forecasts") return Malformed(field, name, kPattern);
  for (const auto& [what, id] : {std::pair<absl::string_view, absl::string_view>{"region id", parts[1]},
                                 std::pair<absl::string_view, absl::string_view>{"forecast id", parts[3]}}) {
    if (const absl::Status valid = ValidateId(what, id); !valid.ok()) {
      return InvalidField(field, absl::StrCat(Shown(name), ": ", valid.message()));
    }
  }
  return ForecastName{RegionId(std::string(parts[1])), std::string(parts[3])};
}

absl::StatusOr<ModelVersion> ParseModelName(absl::string_view field, absl::string_view name) {
  ASSIGN_OR_RETURN(auto id, ParseSimple(field, name, "models", "model"));
  return ModelVersion(std::move(id));
}

absl::StatusOr<RegionId> ParseScope(absl::string_view field, absl::string_view name) {
  if (name.empty()) return RegionId(kNetworkScope);
  return ParseRegionName(field, name);
}

std::string StationName(const StationId& id) { return absl::StrCat("stations/", id.value()); }
std::string RegionName(const RegionId& id) { return absl::StrCat("regions/", id.value()); }
std::string ForecastNameOf(const RegionId& region, absl::string_view forecast) {
  return absl::StrCat("regions/", region.value(), "/forecasts/", forecast);
}
std::string ModelName(const ModelVersion& version) { return absl::StrCat("models/", version.value()); }

}  // namespace tremorcast::rpc
