#include "core/etas/etas_simulator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

// Of the streams of random numbers: those of an ETAS catalogue.
constexpr uint64_t kStream = 0x45544153;
// A kernel that hardly reaches into the region gives up and counts as the event that is anywhere.
constexpr int kTries = 1000;
// Events are drawn one by one and held in memory.
constexpr double kMostExpected = 1e7;

size_t Pick(const std::vector<double>& cumulated, double at) {
  const auto found = std::upper_bound(cumulated.begin(), cumulated.end() - 1, at);
  return static_cast<size_t>(found - cumulated.begin());
}

}  // namespace

absl::StatusOr<EtasSimulator> EtasSimulator::Create(EtasModel model, const EtasEvents& past, double begin, double days,
                                                    uint64_t seed) {
  RETURN_IF_ERROR(ValidateEtasModel(model));
  if (!std::isfinite(begin) || !(days > 0 && days <= 1e6)) {
    return absl::InvalidArgumentError("ETAS simulation: a period that makes no sense");
  }
  if (const double ratio = BranchingRatio(model.parameters, model.magnitudes); !(ratio < 1)) {
    return absl::FailedPreconditionError(
        absl::StrCat("ETAS simulation: the branching ratio ", ratio, " is not below 1, so that cascades need not end"));
  }
  EtasSimulator simulator(std::move(model), days, seed);
  double sum = 0;
  for (size_t i = 0; i < past.Before(begin); ++i) {
    const EtasEvents::Event& event = past.events[i];
    const double age = begin - event.day;
    const double before = simulator.decay_.Integral(age);
    const double share = simulator.decay_.Integral(age + days) - before;
    sum += simulator.ChildrenPerDecay(event.magnitude) * share;
    simulator.sources_.push_back({event.place, event.magnitude, age, age + days, before, share});
    simulator.children_.push_back(sum);
  }
  // An event has at most this many children within the period on average, and so have they.
  const double ratio = BranchingRatio(simulator.model_.parameters, simulator.model_.magnitudes) *
                       simulator.decay_.Integral(days) / simulator.decay_.total();
  const double expected = (simulator.expected_background() + simulator.expected_children()) / (1 - ratio);
  if (!(expected <= kMostExpected)) {
    return absl::InvalidArgumentError(absl::StrCat("ETAS simulation: up to ", expected,
                                                   " events expected in a catalogue, more than ", kMostExpected));
  }
  return simulator;
}

EtasSimulator::EtasSimulator(EtasModel model, double days, uint64_t seed)
    : model_(std::move(model)),
      decay_(model_.parameters.c(), model_.parameters.omega(), model_.parameters.tau()),
      days_(days),
      seed_(seed),
      per_decay_(ExpectedChildren(model_.parameters, model_.magnitudes, model_.magnitudes.lower()) / decay_.total()) {
  double sum = 1;  // the event that is anywhere
  for (const EtasBackground::Kernel& kernel : model_.background.kernels) {
    kernel_mass_.push_back(sum);
    sum += kernel.weight * kernel.inside;
  }
  kernel_mass_.push_back(sum);
  const auto& ring = model_.region.shape.polygon;
  const auto latitude = [](const GeoPoint& a, const GeoPoint& b) { return a.latitude_deg < b.latitude_deg; };
  const auto longitude = [](const GeoPoint& a, const GeoPoint& b) { return a.longitude_deg < b.longitude_deg; };
  south_ = std::min_element(ring.begin(), ring.end(), latitude)->latitude_deg;
  north_ = std::max_element(ring.begin(), ring.end(), latitude)->latitude_deg;
  west_ = std::min_element(ring.begin(), ring.end(), longitude)->longitude_deg;
  east_ = std::max_element(ring.begin(), ring.end(), longitude)->longitude_deg;
}

double EtasSimulator::ChildrenPerDecay(double magnitude) const {
  return per_decay_ * std::exp(model_.parameters.alpha() * (magnitude - model_.magnitudes.lower()));
}

GeoPoint EtasSimulator::BackgroundPlace(RandomStream& random) const {
  const size_t mass = Pick(kernel_mass_, random.Uniform() * kernel_mass_.back());
  for (int i = 0; mass > 0 && i < kTries; ++i) {
    const EtasBackground::Kernel& kernel = model_.background.kernels[mass - 1];
    const double distance = kernel.sigma_km * std::sqrt(2 * random.Exponential());
    const GeoPoint place = Destination(kernel.centre, random.Uniform(0, 2 * std::numbers::pi), distance);
    if (model_.region.Contains(place)) return place;
  }
  for (;;) {  // ends: the region has an area
    const double sine = random.Uniform(std::sin(south_ * kRadiansPerDegree), std::sin(north_ * kRadiansPerDegree));
    GeoPoint place{std::asin(sine) / kRadiansPerDegree, random.Uniform(west_, east_)};
    if (place.longitude_deg > 180) place.longitude_deg -= 360;
    if (model_.region.Contains(place)) return place;
  }
}

// A child of an event of `magnitude` at `place`, `day` days into the forecast.
void EtasSimulator::AddChild(const GeoPoint& place, double magnitude, double day, int32_t generation,
                             RandomStream& random, std::vector<SimulatedEarthquake>& catalogue) const {
  const double spread = std::expm1(random.Exponential() / model_.parameters.rho());
  const double zone = model_.parameters.ZoneKm2(magnitude - model_.magnitudes.lower());
  const double distance = std::sqrt(zone * spread);
  const double bearing = random.Uniform(0, 2 * std::numbers::pi);
  const double own_magnitude = model_.magnitudes.Draw(random.Uniform());
  // The plane is larger than the globe: what lies beyond the antipode is nowhere.
  if (!(distance < kEtasEarthRadiusKm * std::numbers::pi) || !(day < days_)) return;
  catalogue.push_back({std::max(day, 0.0), Destination(place, bearing, distance), own_magnitude, generation});
}

std::vector<SimulatedEarthquake> EtasSimulator::Simulate(int64_t index) const {
  RandomStream random({seed_, kStream, static_cast<uint64_t>(index)});
  std::vector<SimulatedEarthquake> catalogue;
  for (int n = random.Poisson(expected_background()); n > 0; --n) {
    const double day = random.Uniform(0, days_);
    const GeoPoint place = BackgroundPlace(random);
    catalogue.push_back({day, place, model_.magnitudes.Draw(random.Uniform()), 0});
  }
  for (int n = random.Poisson(expected_children()); n > 0; --n) {
    const Source& source = sources_[Pick(children_, random.Uniform() * children_.back())];
    const double day = decay_.TimeOf(source.before + random.Uniform() * source.share) - source.begin;
    AddChild(source.place, source.magnitude, day, 1, random, catalogue);
  }
  for (size_t i = 0; i < catalogue.size(); ++i) {
    const SimulatedEarthquake parent = catalogue[i];
    const double share = decay_.Integral(days_ - parent.day);
    for (int n = random.Poisson(ChildrenPerDecay(parent.magnitude) * share); n > 0; --n) {
      const double day = parent.day + decay_.TimeOf(random.Uniform() * share);
      AddChild(parent.place, parent.magnitude, day, parent.generation + 1, random, catalogue);
    }
  }
  std::sort(catalogue.begin(), catalogue.end(),
            [](const SimulatedEarthquake& a, const SimulatedEarthquake& b) { return a.day < b.day; });
  return catalogue;
}

}  // namespace tremorcast
