// What the catalogue rung simulated for archived forecasts: ForecastService's maps of rates, and the
// catalogues themselves.

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/status_macros.h"
#include "core/etas/etas_rate_map.h"
#include "server/rpc/services/forecast_service.h"
#include "server/rpc/wire/convert_simulation.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

constexpr int kPageCatalogues = 500, kMostPageCatalogues = 1000;
constexpr int kMostPageEvents = 20000;  // a megabyte

absl::StatusOr<SimulationPosition> Decode(absl::string_view token, int64_t catalogues) {
  SimulationPosition position;
  if (token.empty()) return position;
  const std::vector<std::string> parts = absl::StrSplit(token, ' ');
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &position.index) ||
      !absl::SimpleAtoi(parts[1], &position.event) || position.index < 0 || position.index >= catalogues) {
    return InvalidField("page_token", "is not a token of this service");
  }
  return position;
}

// A model or a catalogue that is gone is no missing forecast.
absl::Status ForClient(const absl::Status& status) {
  if (!absl::IsNotFound(status) && !absl::IsDataLoss(status) && !absl::IsFailedPrecondition(status)) return status;
  return WithReason(absl::FailedPreconditionError(absl::StrCat("nothing can be drawn: ", status.message())),
                    "NO_SIMULATION");
}

absl::StatusOr<EtasRegion> RegionOf(const Forecast& forecast) {
  Region region;
  region.id = forecast.region;
  region.polygon = forecast.region_polygon;
  return MakeEtasRegion(std::move(region));
}

void FillSimulation(const Forecast& forecast, const DrawnIssue& issue, v1::SimulationInfo* proto) {
  proto->set_forecast(ForecastNameOf(forecast.region, forecast.id));
  proto->set_model(ModelName(issue.model.version));
  proto->set_weights_sha256(issue.model.weights_sha256);
  proto->set_seed(issue.seed);
  proto->set_catalogues(issue.catalogues);
  SetIfFinite(forecast.valid_from, [&] { return proto->mutable_valid_from_time(); });
  SetIfFinite(forecast.outlook->known_at, [&] { return proto->mutable_known_time(); });
  proto->set_completeness_magnitude(forecast.outlook->completeness);
  for (const double edge : issue.classes.edges) proto->add_magnitude_edges(edge);
}

void FillCells(const EtasRateMap& map, size_t horizon, const std::vector<int32_t>& cells, v1::RateMap* proto) {
  proto->set_days(map.horizon_days[horizon]);
  proto->set_south_degrees(map.grid.south_deg);
  proto->set_west_degrees(map.grid.west_deg);
  proto->set_step_degrees(map.grid.step_deg);
  for (const double share : map.shares) proto->add_magnitude_shares(share);
  const size_t edges = map.shares.size();
  for (const int32_t cell : cells) {
    const auto at = static_cast<size_t>(cell);
    v1::RateCell* one = proto->add_cells();
    one->set_row(cell / map.grid.columns);
    one->set_column(cell % map.grid.columns);
    one->set_expected_events(map.rates[horizon][at]);
    for (size_t k = 0; k < edges; ++k) one->add_exceedance_probabilities(map.chances[horizon][at * edges + k]);
  }
}

}  // namespace

absl::Status ForecastService::Rates(const v1::GetRateMapRequest& request, v1::RateMap* proto) {
  const double days = request.days() == 0 ? kWeekDays : request.days();
  const auto* const horizon = std::find(std::begin(kShortHorizons), std::end(kShortHorizons), days);
  if (horizon == std::end(kShortHorizons)) {
    return InvalidField("days", absl::StrCat("must be ", kShortHorizons[0], " or ", kShortHorizons[1]));
  }
  ASSIGN_OR_RETURN(const Forecast forecast, Read(request.name(), v1::FORECAST_PURPOSE_UNSPECIFIED));
  const auto issue = parts_.drawn.Issue(forecast);
  if (!issue.ok()) return ForClient(issue.status());
  ASSIGN_OR_RETURN(const auto map, parts_.drawn.Rates(forecast));
  ASSIGN_OR_RETURN(const EtasRegion region, RegionOf(forecast));
  FillSimulation(forecast, **issue, proto->mutable_simulation());
  FillCells(*map, static_cast<size_t>(horizon - std::begin(kShortHorizons)), CellsOf(map->grid, region), proto);
  return absl::OkStatus();
}

absl::Status ForecastService::Catalogues(const v1::ListSimulatedCataloguesRequest& request,
                                         v1::ListSimulatedCataloguesResponse* response) {
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kPageCatalogues, kMostPageCatalogues));
  const auto parsed = ParseForecastName("parent", request.parent());
  if (!parsed.ok()) return parsed.status();
  // Another forecast may be the latest by the next page.
  if (parsed->forecast == kLatestForecast) return InvalidField("parent", "must name one forecast");
  ASSIGN_OR_RETURN(const Forecast forecast, Read(request.parent(), v1::FORECAST_PURPOSE_UNSPECIFIED));
  const auto drawn = parts_.drawn.Issue(forecast);
  if (!drawn.ok()) return ForClient(drawn.status());
  const DrawnIssue& issue = **drawn;
  const std::string query = absl::StrCat("simulated catalogues ", request.parent());
  ASSIGN_OR_RETURN(const std::string token, ParsePageToken(query, request.page_token()));
  ASSIGN_OR_RETURN(const SimulationPosition from, Decode(token, issue.catalogues));
  ASSIGN_OR_RETURN(const EtasRegion region, RegionOf(forecast));
  FillSimulation(forecast, issue, response->mutable_simulation());
  const SimulationPosition next = FillSimulationPage(
      {issue.simulator, issue.catalogues, forecast.valid_from, issue.grid, CellsOf(issue.grid, region)}, from,
      {size, kMostPageEvents}, response);
  if (next.index < issue.catalogues) {
    response->set_next_page_token(MakePageToken(query, absl::StrCat(next.index, " ", next.event)));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ForecastService::GetRateMap(grpc::CallbackServerContext* context,
                                                      const v1::GetRateMapRequest* request,
                                                      v1::GetRateMapResponse* response) {
  return inference_.Run(context, request, [this, request, response](absl::Time) {
    return Rates(*request, response->mutable_rate_map());
  });
}

grpc::ServerUnaryReactor* ForecastService::ListSimulatedCatalogues(grpc::CallbackServerContext* context,
                                                                   const v1::ListSimulatedCataloguesRequest* request,
                                                                   v1::ListSimulatedCataloguesResponse* response) {
  return inference_.Run(context, request,
                        [this, request, response](absl::Time) { return Catalogues(*request, response); });
}

}  // namespace tremorcast::rpc
