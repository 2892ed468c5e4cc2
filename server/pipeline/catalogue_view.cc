#include "server/pipeline/catalogue_view.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

void AddBits(Sha256Stream& stream, double value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  stream.Update(absl::string_view(bytes, sizeof(bytes)));
}

}  // namespace

bool UsesSimulatedCatalogue(bool simulated_region, const std::vector<Completeness>& statements) {
  return simulated_region && !CompletePeriods(statements, true, std::nullopt).empty();
}

Interval CataloguePeriod(bool simulated_catalogue, const std::vector<Completeness>& statements,
                         const std::vector<SeismicEvent>& catalogue, const std::vector<Region>& regions) {
  Interval period = LastCompletePeriod(statements, simulated_catalogue);
  if (period.end > absl::InfinitePast() && period.begin == absl::InfinitePast())
    period.begin = StartOfCatalogue(catalogue, regions);
  return period;
}

std::vector<SeismicEvent> CatalogueFor(bool simulated_catalogue, std::vector<SeismicEvent> events,
                                       const std::vector<std::string>& precedence) {
  events.erase(std::remove_if(events.begin(), events.end(),
                              [&](const SeismicEvent& event) {
                                return (event.source == kSimulatedSource) != simulated_catalogue;
                              }),
               events.end());
  return MergeCatalogues(std::move(events), precedence);
}

std::string CatalogueSnapshot(const std::vector<SeismicEvent>& events) {
  if (events.empty()) return "none";
  Sha256Stream stream;
  absl::Time last = absl::InfinitePast();
  for (const SeismicEvent& event : events) {
    last = std::max(last, event.origin_time);
    stream.UpdateField(event.source);
    stream.UpdateField(event.source_event_id);
    stream.UpdateField(absl::StrCat(absl::ToUnixMicros(event.origin_time)));
    AddBits(stream, event.epicenter.latitude_deg);
    AddBits(stream, event.epicenter.longitude_deg);
    AddBits(stream, event.magnitude);
  }
  return absl::StrCat(FormatUtc(last), "/", events.size(), "/", HexOf(stream.Finish()).substr(0, 16));
}

}  // namespace tremorcast
