// The simulated catalogue as ETAS. It is always drawn over the longest period, ten years before the
// first week included, in which the cascades build up; what the configuration asks for is cut out of
// it, so that more weeks leave the earlier ones as they were.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

#include <absl/strings/str_format.h>

#include "core/base/random.h"
#include "core/base/status_macros.h"
#include "core/etas/etas_simulator.h"
#include "core/simulator/simulator.h"
#include "core/simulator/streams.h"

namespace tremorcast {
namespace {

constexpr double kEventMagnitude = 3.5;
constexpr double kDaysBefore = 3650;

double Rounded(double degrees) { return std::round(degrees * 1000) / 1000; }

}  // namespace

absl::Status Simulator::BuildEtasCatalogue() {
  EtasModel model;
  model.parameters = *config_.etas;
  model.magnitudes = {config_.min_magnitude, 0.1, config_.b_value * std::numbers::ln10, config_.max_magnitude};
  Region box;
  box.id = RegionId("box");
  box.polygon = BoxPolygon(kSimulatedSouth, kSimulatedNorth, kSimulatedWest, kSimulatedEast);
  ASSIGN_OR_RETURN(model.region, MakeEtasRegion(std::move(box)));
  ASSIGN_OR_RETURN(
      const EtasSimulator simulator,
      EtasSimulator::Create(std::move(model), {}, 0, kDaysBefore + 7.0 * (kMostSimulatedWeeks + 1), config_.seed));
  event_weeks_.assign(regions_.size(), std::vector<char>(static_cast<size_t>(config_.weeks) + 1, 0));
  RandomStream random({config_.seed, static_cast<uint64_t>(Purpose::kEtasCatalogue)});
  for (const SimulatedEarthquake& drawn : simulator.Simulate(0)) {
    const int week = static_cast<int>(std::floor((drawn.day - kDaysBefore) / 7));
    if (week < -config_.weeks_before || week > config_.weeks) continue;
    SeismicEvent event;
    event.source = kSimulatedSource;
    event.source_event_id = absl::StrFormat("etas-%06d", events_.size());
    event.origin_time = config_.first_week + absl::Seconds(static_cast<int64_t>((drawn.day - kDaysBefore) * 86400));
    event.epicenter = {Rounded(drawn.place.latitude_deg), Rounded(drawn.place.longitude_deg)};
    event.depth_km = std::round(10 * std::exp(.5 * random.Normal()));
    event.magnitude = std::round(drawn.magnitude * 10) / 10;
    event.magnitude_type = "ML";
    for (size_t r = 0; r < regions_.size(); ++r) {
      if (!RegionContains(regions_[r], event.epicenter)) continue;
      if (!regions_[r].whole_network) event.place = regions_[r].title;
      if (week >= 0 && event.magnitude > kEventMagnitude - 1e-6) event_weeks_[r][static_cast<size_t>(week)] = 1;
    }
    events_.push_back(std::move(event));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
