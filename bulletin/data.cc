#include "bulletin/data.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "bulletin/values.h"
#include "core/base/ids.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast::bulletin {
namespace {

constexpr absl::Duration kFresh = absl::Hours(6);
constexpr absl::Duration kRecent = absl::Hours(24 * 30);

void FillTimestamp(absl::Time time, google::protobuf::Timestamp* proto) {
  proto->set_seconds(absl::ToUnixSeconds(time));
}

template <typename Stub, typename Request, typename Response>
grpc::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, absl::Duration timeout, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  return (stub.*method)(&context, request, response);
}

// Every page of a list; `take` gets each response.
template <typename Stub, typename Request, typename Response, typename Take>
grpc::Status CallPages(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                       Request request, absl::Duration timeout, const Take& take) {
  do {
    Response response;
    RETURN_IF_ERROR(Call(stub, method, request, timeout, &response));
    request.set_page_token(response.next_page_token());
    take(response);
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

class Fetcher {
 public:
  Fetcher(const std::shared_ptr<grpc::Channel>& channel, const FetchOptions& options, Bulletin* bulletin)
      : options_(options),
        bulletin_(*bulletin),
        network_(v1::NetworkService::NewStub(channel)),
        ingest_(v1::IngestService::NewStub(channel)),
        catalog_(v1::CatalogService::NewStub(channel)),
        forecasts_(v1::ForecastService::NewStub(channel)) {}

  grpc::Status Network() {
    RETURN_IF_ERROR(CallPages(*network_, &v1::NetworkService::Stub::ListRegions, v1::ListRegionsRequest(),
                              options_.call_timeout, [this](v1::ListRegionsResponse& response) {
                                for (auto& one : *response.mutable_regions())
                                  bulletin_.regions.emplace_back().region = std::move(one);
                              }));
    std::stable_partition(bulletin_.regions.begin(), bulletin_.regions.end(),
                          [](const RegionBulletin& one) { return !one.region.whole_network(); });
    return CallPages(*network_, &v1::NetworkService::Stub::ListStations, v1::ListStationsRequest(),
                     options_.call_timeout, [this](v1::ListStationsResponse& response) {
                       for (auto& one : *response.mutable_stations()) bulletin_.stations.push_back(std::move(one));
                     });
  }

  grpc::Status Rows() {
    return CallPages(*ingest_, &v1::IngestService::Stub::ListStationFreshness, v1::ListStationFreshnessRequest(),
                     options_.call_timeout, [this](v1::ListStationFreshnessResponse& response) {
                       for (const v1::StationFreshness& one : response.freshness()) {
                         Freshness& freshness = bulletin_.freshness[one.station()];
                         (one.signal() == v1::SIGNAL_MAGN ? freshness.magn : freshness.sound) =
                             ToTime(one.last_slot_time());
                       }
                     });
  }

  grpc::Status Forecasts() {
    for (RegionBulletin& region : bulletin_.regions) {
      const v1::ForecastPurpose usual =
          region.region.simulated() ? v1::FORECAST_PURPOSE_TEST : v1::FORECAST_PURPOSE_OPERATIONAL;
      RETURN_IF_ERROR(History(options_.purpose.value_or(usual), &region));
      if (region.forecasts.empty() && !options_.purpose.has_value()) {
        RETURN_IF_ERROR(History(v1::FORECAST_PURPOSE_HINDCAST, &region));
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status Events(const Interval& period) {
    v1::ListEventsRequest request;
    request.set_min_magnitude(kEventMagnitude - 1e-6);  // catalogues of one decimal come through float
    request.set_page_size(10'000);
    FillTimestamp(period.begin, request.mutable_start_time());
    FillTimestamp(period.end, request.mutable_end_time());
    grpc::Status status = CallPages(*catalog_, &v1::CatalogService::Stub::ListEvents, request, options_.call_timeout,
                                    [this](v1::ListEventsResponse& response) {
                                      for (auto& one : *response.mutable_events())
                                        bulletin_.events.push_back(std::move(one));
                                      for (const auto& one : response.completeness())
                                        bulletin_.complete_until[one.source()] = ToTime(one.complete_until_time());
                                    });
    std::reverse(bulletin_.events.begin(), bulletin_.events.end());
    return status;
  }

 private:
  grpc::Status History(v1::ForecastPurpose purpose, RegionBulletin* region) {
    v1::ListForecastsRequest request;
    request.set_parent(region->region.name());
    request.add_purposes(purpose);
    request.set_page_size(options_.weeks);
    v1::ListForecastsResponse response;
    const grpc::Status status =
        Call(*forecasts_, &v1::ForecastService::Stub::ListForecasts, request, options_.call_timeout, &response);
    if (!status.ok()) return status;
    for (auto& one : *response.mutable_forecasts()) region->forecasts.push_back(std::move(one));
    return region->forecasts.empty() ? status : BetweenWeeks(purpose, region);
  }

  grpc::Status BetweenWeeks(v1::ForecastPurpose purpose, RegionBulletin* region) {
    v1::ListForecastsRequest request;
    request.set_parent(region->region.name());
    request.add_purposes(purpose);
    request.add_issue_kinds(v1::ISSUE_KIND_DAILY);
    request.add_issue_kinds(v1::ISSUE_KIND_EVENT);
    request.set_page_size(1);
    *request.mutable_start_time() = region->forecasts.front().valid_from_time();
    v1::ListForecastsResponse response;
    grpc::Status status =
        Call(*forecasts_, &v1::ForecastService::Stub::ListForecasts, request, options_.call_timeout, &response);
    for (auto& one : *response.mutable_forecasts()) {
      if (ToTime(one.expire_time()) > bulletin_.made_at) region->between_weeks.push_back(std::move(one));
    }
    return status;
  }

  const FetchOptions& options_;
  Bulletin& bulletin_;
  const std::unique_ptr<v1::NetworkService::Stub> network_;
  const std::unique_ptr<v1::IngestService::Stub> ingest_;
  const std::unique_ptr<v1::CatalogService::Stub> catalog_;
  const std::unique_ptr<v1::ForecastService::Stub> forecasts_;
};

// Now for a record that is kept up, and where nothing was issued yet; else the newest row or the
// end of the inputs.
absl::Time ReferenceOf(const Bulletin& bulletin, absl::Time now) {
  absl::Time newest = absl::InfinitePast();
  for (const RegionBulletin& region : bulletin.regions) {
    const v1::Forecast* latest = region.latest();
    if (latest == nullptr) continue;
    if (latest->purpose() == v1::FORECAST_PURPOSE_OPERATIONAL) return now;
    newest = std::max(newest, ToTime(latest->data_cutoff_time()));
  }
  if (newest == absl::InfinitePast()) return now;
  for (const auto& [station, rows] : bulletin.freshness) newest = std::max({newest, rows.magn, rows.sound});
  return std::min(newest, now);
}

template <typename Named>
const Named* FindNamed(const std::vector<Named>& all, absl::string_view id, const std::string& (*name)(const Named&)) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const Named& one) { return LastPart(name(one)) == id; });
  return it == all.end() ? nullptr : &*it;
}

}  // namespace

StationState Bulletin::StateOf(const v1::Station& station) const {
  if (!station.magn_updating() || !station.sound_updating()) return StationState::kNotEnrolled;
  const auto it = freshness.find(station.name());
  const Freshness newest = it == freshness.end() ? Freshness() : it->second;
  const int working = (newest.magn >= reference - kFresh) + (newest.sound >= reference - kFresh);
  return working == 2 ? StationState::kWorking : working == 1 ? StationState::kPartial : StationState::kSilent;
}

const RegionBulletin* Bulletin::Find(absl::string_view id) const {
  return FindNamed<RegionBulletin>(regions, id,
                                   [](const RegionBulletin& one) -> const std::string& { return one.region.name(); });
}

const v1::Station* Bulletin::FindStation(absl::string_view id) const {
  return FindNamed<v1::Station>(stations, id, [](const v1::Station& one) -> const std::string& { return one.name(); });
}

grpc::Status Fetch(const std::shared_ptr<grpc::Channel>& channel, const FetchOptions& options, absl::Time now,
                   Bulletin* bulletin) {
  *bulletin = Bulletin();
  bulletin->made_at = now;
  Fetcher fetcher(channel, options, bulletin);
  RETURN_IF_ERROR(fetcher.Network());
  RETURN_IF_ERROR(fetcher.Rows());
  RETURN_IF_ERROR(fetcher.Forecasts());
  bulletin->reference = ReferenceOf(*bulletin, now);
  return fetcher.Events({bulletin->reference - kRecent, bulletin->reference + kWeekLength});
}

grpc::Status FetchWindow(const std::shared_ptr<grpc::Channel>& channel, const Bulletin& bulletin,
                         const std::string& station_name, absl::Duration call_timeout, v1::StationWindow* window) {
  std::vector<v1::GetStationWindowRequest> tries;
  for (const RegionBulletin& region : bulletin.regions) {
    if (region.latest() == nullptr) continue;
    for (const v1::StationCoverage& one : region.latest()->coverage().stations()) {
      if (one.station() != station_name || !one.has_window()) continue;
      *tries.emplace_back().mutable_start_time() = one.window().start_time();
      tries.back().set_revision(one.window().revision());
    }
    if (!tries.empty()) break;
  }
  if (const auto newest = bulletin.freshness.find(station_name); tries.empty() && newest != bulletin.freshness.end()) {
    const absl::Time last = std::max(newest->second.magn, newest->second.sound);
    for (int back = 0; back < 4 && last != absl::InfinitePast(); ++back) {
      const Interval week = WeekGrid::Service().Containing(last);
      FillTimestamp(WeekGrid::Service().At(week.begin, -back).begin, tries.emplace_back().mutable_start_time());
    }
  }
  const auto stub = v1::ForecastService::NewStub(channel);
  grpc::Status status(grpc::StatusCode::NOT_FOUND, absl::StrCat(station_name, " has no window"));
  for (v1::GetStationWindowRequest& request : tries) {
    request.set_station(station_name);
    v1::GetStationWindowResponse response;
    status = Call(*stub, &v1::ForecastService::Stub::GetStationWindow, request, call_timeout, &response);
    if (status.ok()) *window = std::move(*response.mutable_window());
    if (status.error_code() != grpc::StatusCode::NOT_FOUND) return status;
  }
  return status;
}

grpc::Status FetchRates(const std::shared_ptr<grpc::Channel>& channel, const std::string& forecast,
                        grpc::ClientContext* context, v1::RateMap* rates) {
  v1::GetRateMapRequest request;
  request.set_name(forecast);
  v1::GetRateMapResponse response;
  RETURN_IF_ERROR(v1::ForecastService::NewStub(channel)->GetRateMap(context, request, &response));
  *rates = std::move(*response.mutable_rate_map());
  return grpc::Status::OK;
}

bool HasNoRates(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::FAILED_PRECONDITION ||
         status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
}

grpc::Status FetchAllRates(const std::shared_ptr<grpc::Channel>& channel, absl::Duration call_timeout,
                           Bulletin* bulletin) {
  for (RegionBulletin& region : bulletin->regions) {
    if (region.rated() == nullptr) continue;
    auto rates = std::make_shared<v1::RateMap>();
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + call_timeout));
    grpc::Status status = FetchRates(channel, region.rated()->name(), &context, rates.get());
    if (status.ok()) {
      region.rates = std::move(rates);
    } else if (!HasNoRates(status)) {
      return status;
    }
  }
  return grpc::Status::OK;
}

}  // namespace tremorcast::bulletin
