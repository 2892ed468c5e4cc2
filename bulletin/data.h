#pragma once

// What a bulletin is made of, as the public API gives it, and how to get it. Values; safe to share
// once made.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "tremorcast/v1/catalog_service.pb.h"
#include "tremorcast/v1/forecast.pb.h"
#include "tremorcast/v1/forecast_service.pb.h"
#include "tremorcast/v1/network_service.pb.h"

namespace tremorcast::bulletin {

// Newest stored slot per signal; InfinitePast: none.
struct Freshness {
  absl::Time magn = absl::InfinitePast(), sound = absl::InfinitePast();
};

enum class StationState { kWorking, kPartial, kSilent, kNotEnrolled };

struct RegionBulletin {
  v1::Region region;
  // Newest first, one per week, all of one purpose; empty: nothing was issued yet.
  std::vector<v1::Forecast> forecasts;
  // The newest one after a large earthquake or of a midnight, while it is newer than the week's and
  // has not expired; at most one.
  std::vector<v1::Forecast> between_weeks;
  // Of the forecast that rated() names; null where that is null, or while it is not drawn yet.
  std::shared_ptr<const v1::RateMap> rates;
  bool drawing = false;  // the server draws them now

  const v1::Forecast* latest() const { return forecasts.empty() ? nullptr : &forecasts.front(); }
  // Of any kind.
  const v1::Forecast* newest() const { return between_weeks.empty() ? latest() : &between_weeks.front(); }
  // The newest one if the catalogue rung answers it, which alone has a shape inside a region; else
  // null.
  const v1::Forecast* rated() const {
    return newest() != nullptr && newest()->rung() == v1::RUNG_CATALOGUE ? newest() : nullptr;
  }
};

struct Bulletin {
  absl::Time made_at;
  bool replay = false;  // made_at is the time of a replay, not the present
  // The moment it speaks of: now, or the newest row where the newest forecasts are hindcasts or
  // simulated. Stations and recent events are told as of then.
  absl::Time reference;
  std::vector<RegionBulletin> regions;         // id order; the whole network last
  std::vector<v1::Station> stations;           // id order
  std::map<std::string, Freshness> freshness;  // by "stations/{station}"
  std::vector<v1::SeismicEvent> events;        // the 30 days up to the reference (and the forecast weeks), newest first
  std::map<std::string, absl::Time> complete_until;  // by catalogue

  // One signal or both within the six hours before the reference.
  StationState StateOf(const v1::Station& station) const;
  const RegionBulletin* Find(absl::string_view region_id) const;       // null: no such region
  const v1::Station* FindStation(absl::string_view station_id) const;  // null: no such station
};

inline constexpr double kEventMagnitude = 3.5;  // of the first class: what is called an event

struct FetchOptions {
  // Unset: operational forecasts (test ones of simulated regions), else hindcasts where none were
  // issued.
  std::optional<v1::ForecastPurpose> purpose;
  int weeks = 26;  // of history
  absl::Duration call_timeout = absl::Seconds(30);
};

// Blocks on calls to the server. Errors are the server's.
grpc::Status Fetch(const std::shared_ptr<grpc::Channel>& channel, const FetchOptions& options, absl::Time now,
                   Bulletin* bulletin);

// The window that the region's newest forecast used of the station, else its newest sealed one of
// the last four weeks with rows. NOT_FOUND when there is none.
grpc::Status FetchWindow(const std::shared_ptr<grpc::Channel>& channel, const Bulletin& bulletin,
                         const std::string& station_name, absl::Duration call_timeout, v1::StationWindow* window);

// Where a forecast's catalogue rung expects earthquakes within its seven days. Blocks while the
// server draws it, which is seconds: `context` has a deadline, and may be cancelled.
// FAILED_PRECONDITION: it cannot be had any more; UNIMPLEMENTED: an older server.
grpc::Status FetchRates(const std::shared_ptr<grpc::Channel>& channel, const std::string& forecast,
                        grpc::ClientContext* context, v1::RateMap* rates);
// Whether that says that there are none, now or later.
bool HasNoRates(const grpc::Status& status);
// Of all regions whose newest forecast has them, one after the other.
grpc::Status FetchAllRates(const std::shared_ptr<grpc::Channel>& channel, absl::Duration call_timeout,
                           Bulletin* bulletin);

}  // namespace tremorcast::bulletin
