#include "core/catalogue/event.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "core/catalogue/identity.h"

namespace tremorcast {
namespace {

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
  std::erase_if(events, [](const SeismicEvent& e) { return e.deleted || e.withdrawn; });
  std::sort(events.begin(), events.end(), [](const SeismicEvent& a, const SeismicEvent& b) {
    return std::tie(a.origin_time, a.source, a.source_event_id) < std::tie(b.origin_time, b.source, b.source_event_id);
  });
  std::map<std::string, size_t> ranks;
  for (const SeismicEvent& event : events) ranks.try_emplace(event.source, SourceRank(event.source, precedence));
  // Of one catalogue, where a person joined two records, what it said last.
  const auto comes_first = [&](const SeismicEvent& a, const SeismicEvent& b) {
    return std::tie(ranks[a.source], a.source, b.recorded_at, a.source_event_id) <
           std::tie(ranks[b.source], b.source, a.recorded_at, b.source_event_id);
  };
  const std::vector<size_t> groups = GroupRecords(events);
  std::vector<size_t> chosen(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    size_t& best = chosen[groups[i]];
    if (groups[i] == i || comes_first(events[i], events[best])) best = i;
  }
  std::vector<SeismicEvent> merged;
  for (size_t i = 0; i < events.size(); ++i) {
    if (chosen[groups[i]] == i) merged.push_back(std::move(events[i]));
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
