#include "server/rpc/services/forecast_service.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/status_macros.h"
#include "server/pipeline/forecast_archive.h"
#include "server/rpc/services/watch_stream.h"
#include "server/rpc/wire/check_texts.h"
#include "server/rpc/wire/convert_forecast.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/convert_window.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

constexpr char kAllRegions[] = "regions/-";
constexpr int kArchiveAttempts = 3;

// Where the next page of ListForecasts begins; the order is the store's newest-first order.
struct ForecastCursor {
  absl::Time valid_from;
  RegionId region;
  int revision = 0;
  int64_t sequence = 0;

  bool Before(const Forecast& forecast) const {
    return std::tie(forecast.valid_from, region, forecast.revision, forecast.sequence) <
           std::tie(valid_from, forecast.region, revision, sequence);
  }
};

std::string Encode(const Forecast& last) {
  return absl::StrCat(absl::ToUnixMicros(last.valid_from), " ", last.region.value(), " ", last.revision, " ",
                      last.sequence);
}

absl::StatusOr<ForecastCursor> Decode(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  ForecastCursor cursor;
  int64_t valid_from = 0;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &valid_from) || !absl::SimpleAtoi(parts[2], &cursor.revision) ||
      !absl::SimpleAtoi(parts[3], &cursor.sequence)) {
    return InvalidField("page_token", "is not a token of this service");
  }
  cursor.valid_from = absl::FromUnixMicros(valid_from);
  cursor.region = RegionId(parts[1]);
  return cursor;
}

// Up to `size` + 1 forecasts after the cursor.
absl::StatusOr<std::vector<Forecast>> ReadPage(ForecastStore& store, ForecastQuery query,
                                               const std::optional<ForecastCursor>& cursor, int size) {
  if (!cursor.has_value()) {
    query.limit = size + 1;
    return store.List(query);
  }
  query.valid_from.end = std::min(query.valid_from.end, cursor->valid_from + absl::Microseconds(1));
  // Forecasts of the cursor's own week come again and are skipped; there are about as many as
  // regions.
  for (int skipped = 256;; skipped *= 4) {
    query.limit = size + 1 + skipped;
    auto forecasts = store.List(query);
    if (!forecasts.ok()) return forecasts;
    const bool whole = static_cast<int>(forecasts->size()) < query.limit;
    const auto next =
        std::find_if(forecasts->begin(), forecasts->end(), [&](const Forecast& one) { return cursor->Before(one); });
    forecasts->erase(forecasts->begin(), next);
    if (whole || static_cast<int>(forecasts->size()) > size) return forecasts;
  }
}

std::string ListQueryText(const v1::ListForecastsRequest& request) {
  std::string text = absl::StrCat("forecasts ", request.parent(), " ", request.start_time().seconds(), " ",
                                  request.end_time().seconds(), " ", request.has_start_time(), request.has_end_time(),
                                  request.all_revisions());
  for (const int purpose : request.purposes()) absl::StrAppend(&text, " ", purpose);
  for (const int kind : request.issue_kinds()) absl::StrAppend(&text, " issue ", kind);
  return text;
}

}  // namespace

ForecastService::ForecastService(Options options, Parts parts, std::function<void()> on_archived)
    : options_(options),
      parts_(parts),
      database_(parts.database, parts.access.Charger()),
      inference_(parts.inference, parts.access.Charger(), options.compute_limit),
      on_archived_(std::move(on_archived)) {}

grpc::ServerUnaryReactor* ForecastService::GetForecast(grpc::CallbackServerContext* context,
                                                       const v1::GetForecastRequest* request,
                                                       v1::GetForecastResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) { return Get(*request, response); });
}

grpc::ServerUnaryReactor* ForecastService::ListForecasts(grpc::CallbackServerContext* context,
                                                         const v1::ListForecastsRequest* request,
                                                         v1::ListForecastsResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) { return List(*request, response); });
}

grpc::ServerWriteReactor<v1::WatchForecastsResponse>* ForecastService::WatchForecasts(
    grpc::CallbackServerContext* context, const v1::WatchForecastsRequest* request) {
  if (absl::Status charged = parts_.access.Charge(CredentialOf(*context)); !charged.ok()) {
    return RefuseStream<v1::WatchForecastsResponse>(context, charged);
  }
  if (absl::Status plain = CheckTexts(*request); !plain.ok()) {
    return RefuseStream<v1::WatchForecastsResponse>(context, plain);
  }
  WatchFilter filter;
  for (int i = 0; i < request->regions_size(); ++i) {
    auto region = ParseRegionName(absl::StrCat("regions[", i, "]"), request->regions(i));
    if (!region.ok()) return RefuseStream<v1::WatchForecastsResponse>(context, region.status());
    filter.regions.insert(*std::move(region));
  }
  const auto purposes = ToPurposes("purposes", request->purposes());
  if (!purposes.ok()) return RefuseStream<v1::WatchForecastsResponse>(context, purposes.status());
  filter.purposes = std::set<ForecastPurpose>(purposes->begin(), purposes->end());
  if (!request->issue_kinds().empty()) {
    const auto issues = ToIssueKinds("issue_kinds", request->issue_kinds());
    if (!issues.ok()) return RefuseStream<v1::WatchForecastsResponse>(context, issues.status());
    filter.issues = std::set<IssueKind>(issues->begin(), issues->end());
  }
  std::optional<int64_t> resume;
  if (request->has_resume_sequence()) resume = request->resume_sequence();
  if (resume.value_or(0) < 0)
    return RefuseStream<v1::WatchForecastsResponse>(context, InvalidField("resume_sequence", "must not be negative"));
  return WatchStream::Start(
      context,
      {parts_.hub, parts_.store, parts_.directory, parts_.streams, parts_.database, parts_.access, options_.heartbeat},
      std::move(filter), resume);
}

grpc::ServerUnaryReactor* ForecastService::ComputeForecast(grpc::CallbackServerContext* context,
                                                           const v1::ComputeForecastRequest* request,
                                                           v1::ComputeForecastResponse* response) {
  return inference_.Run(context, request,
                        [this, request, response](absl::Time) { return Compute(*request, response); });
}

grpc::ServerUnaryReactor* ForecastService::ReplayForecast(grpc::CallbackServerContext* context,
                                                          const v1::ReplayForecastRequest* request,
                                                          v1::ReplayForecastResponse* response) {
  return inference_.Run(context, request, [this, request, response](absl::Time) { return Replay(*request, response); });
}

grpc::ServerUnaryReactor* ForecastService::GetStationWindow(grpc::CallbackServerContext* context,
                                                            const v1::GetStationWindowRequest* request,
                                                            v1::GetStationWindowResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) { return Window(*request, response); });
}

grpc::ServerUnaryReactor* ForecastService::GetTrackRecord(grpc::CallbackServerContext* context,
                                                          const v1::GetTrackRecordRequest* request,
                                                          v1::GetTrackRecordResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto region, ParseRegionName("region", request->region()));
    ASSIGN_OR_RETURN(const auto purposes, ToPurposes("purposes", request->purposes()));
    RETURN_IF_ERROR(NetworkWith("region", region).status());
    ASSIGN_OR_RETURN(const auto record, TrackRecordOf(region, purposes));
    FillTrackRecord(record, response->mutable_track_record());
    return absl::OkStatus();
  });
}

absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> ForecastService::NetworkWith(absl::string_view field,
                                                                                    const RegionId& region) {
  auto network = parts_.directory.ForRegion(region);
  if (network.ok() && (*network)->FindRegion(region) == nullptr) {
    return WithReason(absl::NotFoundError(absl::StrCat(field, ": there is no ", RegionName(region))),
                      "REGION_NOT_FOUND", {{"region", RegionName(region)}});
  }
  return network;
}

absl::StatusOr<TrackRecord> ForecastService::TrackRecordOf(const RegionId& region,
                                                           absl::Span<const ForecastPurpose> purposes) {
  return ReadTrackRecord(parts_.store, parts_.directory.Snapshot()->regions(), region, purposes);
}

absl::Status ForecastService::Answer(const Forecast& forecast, v1::Forecast* proto) {
  // A hindcast has no record of its own: what readers need beside it is the record of the forecasts
  // issued in time.
  const ForecastPurpose purpose =
      forecast.purpose == ForecastPurpose::kHindcast ? ForecastPurpose::kOperational : forecast.purpose;
  ASSIGN_OR_RETURN(const auto record, TrackRecordOf(forecast.region, {purpose}));
  FillForecast(forecast, &record, proto);
  return absl::OkStatus();
}

absl::StatusOr<Forecast> ForecastService::Latest(const RegionId& region, v1::ForecastPurpose purpose) {
  ASSIGN_OR_RETURN(const auto network, NetworkWith("name", region));
  ForecastQuery query;
  query.region = region;
  query.issues = {};
  query.newest_first = true;
  query.limit = 1;
  if (purpose == v1::FORECAST_PURPOSE_UNSPECIFIED) {
    query.purposes = {network->FindRegion(region)->simulated ? ForecastPurpose::kTest : ForecastPurpose::kOperational};
  } else {
    query.purposes = {static_cast<ForecastPurpose>(purpose)};
  }
  ASSIGN_OR_RETURN(auto forecasts, parts_.store.List(query));
  if (forecasts.empty()) {
    return WithReason(absl::NotFoundError(absl::StrCat("no ", PurposeName(query.purposes[0]), " forecast of ",
                                                       RegionName(region), " has been issued yet")),
                      "NO_FORECAST_YET", {{"region", RegionName(region)}});
  }
  return std::move(forecasts.front());
}

absl::StatusOr<Forecast> ForecastService::Read(absl::string_view name, v1::ForecastPurpose purpose) {
  ASSIGN_OR_RETURN(const auto parsed, ParseForecastName("name", name));
  if (!v1::ForecastPurpose_IsValid(purpose)) return InvalidField("purpose", "is not a purpose");
  if (parsed.forecast == kLatestForecast) return Latest(parsed.region, purpose);
  ASSIGN_OR_RETURN(auto forecast, parts_.store.Get(parsed.region, parsed.forecast));
  if (!forecast.has_value()) {
    return WithReason(absl::NotFoundError(absl::StrCat("there is no ", name)), "NOT_FOUND",
                      {{"name", std::string(name)}});
  }
  return *std::move(forecast);
}

absl::Status ForecastService::Get(const v1::GetForecastRequest& request, v1::GetForecastResponse* response) {
  const auto forecast = Read(request.name(), request.purpose());
  return forecast.ok() ? Answer(*forecast, response->mutable_forecast()) : forecast.status();
}

absl::Status ForecastService::List(const v1::ListForecastsRequest& request, v1::ListForecastsResponse* response) {
  ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 50, 500));
  ASSIGN_OR_RETURN(const auto range, TimeRange(request));
  ASSIGN_OR_RETURN(auto purposes, ToPurposes("purposes", request.purposes()));
  ForecastQuery query;
  if (request.parent() != kAllRegions) {
    ASSIGN_OR_RETURN(auto region, ParseRegionName("parent", request.parent()));
    RETURN_IF_ERROR(NetworkWith("parent", region).status());
    query.region = std::move(region);
  }
  query.purposes = std::move(purposes);
  ASSIGN_OR_RETURN(query.issues, ToIssueKinds("issue_kinds", request.issue_kinds()));
  query.valid_from = range;
  query.latest_revision_only = !request.all_revisions();
  query.newest_first = true;
  const std::string query_text = ListQueryText(request);
  ASSIGN_OR_RETURN(const auto token, ParsePageToken(query_text, request.page_token()));
  std::optional<ForecastCursor> cursor;
  if (!token.empty()) {
    ASSIGN_OR_RETURN(cursor, Decode(token));
  }
  ASSIGN_OR_RETURN(const auto forecasts, ReadPage(parts_.store, std::move(query), cursor, size));
  PageRoom room(size);
  std::map<std::pair<RegionId, ForecastPurpose>, TrackRecord> records;
  for (const Forecast& forecast : forecasts) {
    const ForecastPurpose purpose =
        forecast.purpose == ForecastPurpose::kTest ? forecast.purpose : ForecastPurpose::kOperational;
    auto [it, added] = records.try_emplace({forecast.region, purpose});
    if (added) {
      ASSIGN_OR_RETURN(it->second, TrackRecordOf(forecast.region, {purpose}));
    }
    v1::Forecast one;
    FillForecast(forecast, &it->second, &one);
    if (!room.Add(std::move(one), response->mutable_forecasts())) break;
  }
  if (const auto taken = static_cast<size_t>(room.taken()); taken < forecasts.size())
    response->set_next_page_token(MakePageToken(query_text, Encode(forecasts[taken - 1])));
  return absl::OkStatus();
}

absl::Status ForecastService::Window(const v1::GetStationWindowRequest& request,
                                     v1::GetStationWindowResponse* response) {
  ASSIGN_OR_RETURN(auto station, ParseStationName("station", request.station()));
  if (!request.has_start_time()) return InvalidField("start_time", "is required");
  ASSIGN_OR_RETURN(const auto start, ToTime("start_time", request.start_time()));
  if (request.revision() < 0) return InvalidField("revision", "must not be negative");
  WindowKey key{std::move(station), start, request.revision()};
  if (key.revision == 0) {
    ASSIGN_OR_RETURN(const auto newest, parts_.windows.Find(key.station, key.start, absl::InfiniteFuture()));
    if (newest.has_value()) key = newest->key;
  }
  auto window = key.revision == 0 ? absl::NotFoundError("") : parts_.windows.Read(key);
  if (absl::IsNotFound(window.status())) {
    return WithReason(absl::NotFoundError(absl::StrCat(request.station(),
                                                       " has no such window: its week is not sealed "
                                                       "yet, or it sent no rows")),
                      "NO_WINDOW", {{"station", request.station()}});
  }
  if (!window.ok()) return window.status();
  FillWindow(**window, response->mutable_window());
  return absl::OkStatus();
}

absl::StatusOr<Forecast> ForecastService::ComputeOnce(const ForecastRequest& request, bool archive) {
  auto computed = parts_.forecaster.Compute(request);
  if (!computed.ok() || !archive) return computed;
  ASSIGN_OR_RETURN(auto outcome,
                   ArchiveForecast(parts_.store, *std::move(computed), RevisionReason::kRecomputed, false));
  if (outcome.appended && on_archived_) on_archived_();
  return std::move(outcome.forecast);
}

absl::Status ForecastService::Compute(const v1::ComputeForecastRequest& request,
                                      v1::ComputeForecastResponse* response) {
  ASSIGN_OR_RETURN(auto region, ParseRegionName("region", request.region()));
  RETURN_IF_ERROR(NetworkWith("region", region).status());
  ForecastRequest wanted;
  wanted.region = std::move(region);
  const absl::Time now = parts_.clock.Now();
  wanted.valid_from = SlotContaining(now).start();
  if (request.has_issue_time()) {
    ASSIGN_OR_RETURN(const auto time, ToTime("issue_time", request.issue_time()));
    if (!SlotAt(time).ok()) return InvalidField("issue_time", "is not a multiple of ten minutes");
    if (time > now) return InvalidField("issue_time", "lies in the future");
    wanted.valid_from = time;
  }
  if (!request.model().empty()) {
    ASSIGN_OR_RETURN(const auto version, ParseModelName("model", request.model()));
    ASSIGN_OR_RETURN(wanted.model, parts_.models.Load(version));
  }
  absl::StatusOr<Forecast> forecast = ComputeOnce(wanted, !request.validate_only());
  // Another computation of the same week may take the next revision first.
  for (int attempt = 1; absl::IsAborted(forecast.status()) && attempt < kArchiveAttempts; ++attempt) {
    forecast = ComputeOnce(wanted, !request.validate_only());
  }
  return forecast.ok() ? Answer(*forecast, response->mutable_forecast()) : forecast.status();
}

absl::Status ForecastService::Replay(const v1::ReplayForecastRequest& request, v1::ReplayForecastResponse* response) {
  ASSIGN_OR_RETURN(const auto archived, Read(request.name(), v1::FORECAST_PURPOSE_UNSPECIFIED));
  ASSIGN_OR_RETURN(const auto result, parts_.forecaster.Replay(archived));
  response->set_identical(result.identical);
  response->set_max_difference(result.max_difference);
  response->set_archived_runtime(result.archived_runtime);
  response->set_replay_runtime(result.replay_runtime);
  response->set_explanation(result.explanation);
  if (result.replay.has_value()) return Answer(*result.replay, response->mutable_replay());
  return absl::OkStatus();
}

}  // namespace tremorcast::rpc
