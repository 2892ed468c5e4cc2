#pragma once

// Resource names, parsed and written in one place: "stations/{station}", "regions/{region}",
// "regions/{region}/forecasts/{forecast}", "models/{model}". Parsers take the request field the
// name came from, so that the error says where to look. Pure; thread safe. Errors: InvalidArgument
// with a BadRequest that names the field.

#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/base/ids.h"

namespace tremorcast::rpc {

inline constexpr char kLatestForecast[] = "latest";

struct ForecastName {
  RegionId region;
  std::string forecast;
};

absl::StatusOr<StationId> ParseStationName(absl::string_view field, absl::string_view name);
absl::StatusOr<RegionId> ParseRegionName(absl::string_view field, absl::string_view name);
absl::StatusOr<ForecastName> ParseForecastName(absl::string_view field, absl::string_view name);
absl::StatusOr<ModelVersion> ParseModelName(absl::string_view field, absl::string_view name);
// A region's name; "" and "regions/_network" are the network-wide scope.
absl::StatusOr<RegionId> ParseScope(absl::string_view field, absl::string_view name);

std::string StationName(const StationId& id);
std::string RegionName(const RegionId& id);
std::string ForecastNameOf(const RegionId& region, absl::string_view forecast);
std::string ModelName(const ModelVersion& version);

}  // namespace tremorcast::rpc
