#include "core/catalogue/event.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

namespace tremorcast {
namespace {

constexpr absl::Duration kSameEventTime = absl::Seconds(60);
constexpr double kSameEventKm = 100;

// "fdsn:usgs" counts as "fdsn" unless it is listed itself; an unlisted source ranks last.
size_t SourceRank(absl::string_view source, const std::vector<std::string>& precedence) {
  const absl::string_view family = source.substr(0, source.find(':'));
  size_t family_rank = precedence.size();
  for (size_t i = 0; i < precedence.size(); ++i) {
    if (precedence[i] == source) return i;
    if (precedence[i] == family) family_rank = i;
  }
  return family_rank;
}

}  // namespace

absl::Status ValidateEvent(const SeismicEvent& event) {
  if (event.source.empty()) return absl::InvalidArgumentError("event without a source");
  if (event.source_event_id.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("event of ", event.source, " without an id"));
  }
  const std::string what = absl::StrCat("event ", event.source, "/", event.source_event_id);
  if (event.origin_time == absl::InfinitePast() || event.origin_time == absl::InfiniteFuture()) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": no origin time"));
  }
  if (!(std::abs(event.epicenter.latitude_deg) <= 90) || !(std::abs(event.epicenter.longitude_deg) <= 180)) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": epicentre is not on the globe"));
  }
  if (!(event.magnitude >= -10 && event.magnitude <= 11)) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": magnitude ", event.magnitude, " is not in [-10, 11]"));
  }
  if (event.depth_km.has_value() && !(*event.depth_km >= -10 && *event.depth_km <= 1000)) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": depth ", *event.depth_km, " km is not in [-10, 1000]"));
  }
  return absl::OkStatus();
}

std::vector<SeismicEvent> MergeCatalogues(std::vector<SeismicEvent> events,
                                          const std::vector<std::string>& precedence) {
  events.erase(std::remove_if(events.begin(), events.end(), [](const SeismicEvent& e) { return e.deleted; }),
               events.end());
  std::sort(events.begin(), events.end(), [](const SeismicEvent& a, const SeismicEvent& b) {
    return std::tie(a.origin_time, a.source, a.source_event_id) < std::tie(b.origin_time, b.source, b.source_event_id);
  });
  std::vector<size_t> rank(events.size());
  for (size_t i = 0; i < events.size(); ++i) rank[i] = SourceRank(events[i].source, precedence);

  std::vector<bool> dropped(events.size(), false);
  for (size_t i = 0; i < events.size(); ++i) {
    for (size_t j = i + 1; j < events.size() && events[j].origin_time - events[i].origin_time <= kSameEventTime; ++j) {
      if (rank[i] == rank[j] || DistanceKm(events[i].epicenter, events[j].epicenter) > kSameEventKm) continue;
      dropped[rank[i] < rank[j] ? j : i] = true;
    }
  }
  std::vector<SeismicEvent> merged;
  merged.reserve(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    if (!dropped[i]) merged.push_back(std::move(events[i]));
  }
  return merged;
}

const std::vector<std::string>& DefaultCataloguePrecedence() {
  static const auto* const precedence =
      new std::vector<std::string>{"cenc", "eqlst", "fdsn", "comcat", kSimulatedSource};
  return *precedence;
}

double DistanceKm(const GeoPoint& a, const GeoPoint& b) {
  constexpr double kEarthRadiusKm = 6371.0088;
  constexpr double kRadians = std::numbers::pi / 180;
  const double half_lat = std::sin((b.latitude_deg - a.latitude_deg) * kRadians / 2);
  const double half_lon = std::sin((b.longitude_deg - a.longitude_deg) * kRadians / 2);
  const double h = half_lat * half_lat +
                   std::cos(a.latitude_deg * kRadians) * std::cos(b.latitude_deg * kRadians) * half_lon * half_lon;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, h)));
}

}  // namespace tremorcast
