#include "core/significance/detectable_gain.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>
#include <random>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <boost/math/distributions/normal.hpp>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"
#include "core/distribution/math_policy.h"

namespace tremorcast {
namespace {

constexpr double kWidestSpread = 8;  // logits: such a forecaster is right nearly always
constexpr int kQuantiles = 400;      // of the standard normal, for means over z

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }
double Floored(double p) { return std::clamp(p, kProbabilityFloor, 1 - kProbabilityFloor); }

const std::vector<double>& NormalQuantiles() {
  static const std::vector<double>& quantiles = *[] {
    const boost::math::normal_distribution<double, MathPolicy> normal;
    auto* z = new std::vector<double>();
    for (int i = 0; i < kQuantiles; ++i) z->push_back(boost::math::quantile(normal, (i + 0.5) / kQuantiles));
    return z;
  }();
  return quantiles;
}

// The better forecaster of one reference probability.
struct Forecaster {
  double centre = 0;  // a
  double gain = 0;    // expected, nats
};

Forecaster ForecasterOf(double c, double spread) {
  const auto mean_at = [&](double centre) {
    double sum = 0;
    for (double z : NormalQuantiles()) sum += Logistic(centre + spread * z);
    return sum / kQuantiles;
  };
  double low = -60, high = 60;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (mean_at(middle) < c ? low : high) = middle;
  }
  Forecaster forecaster;
  forecaster.centre = (low + high) / 2;
  for (double z : NormalQuantiles()) {
    const double p = Floored(Logistic(forecaster.centre + spread * z));
    forecaster.gain += (p * std::log(p / c) + (1 - p) * std::log((1 - p) / (1 - c))) / kQuantiles;
  }
  return forecaster;
}

// Unlike the standard library's distributions, the same everywhere.
double Uniform(std::mt19937_64& generator) { return (static_cast<double>(generator() >> 11) + 0.5) * 0x1.0p-53; }

double Normal(std::mt19937_64& generator) {
  const double radius = std::sqrt(-2 * std::log(Uniform(generator)));
  return radius * std::cos(2 * std::numbers::pi * Uniform(generator));
}

absl::Status Validate(absl::Span<const ReferenceWeek> weeks, const DetectableGainOptions& options) {
  if (weeks.empty()) return absl::InvalidArgumentError("detectable gain: no weeks");
  for (const ReferenceWeek& week : weeks) {
    if (!(week.event_probability > 0 && week.event_probability < 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("detectable gain: event probability ", week.event_probability, " is not in (0, 1)"));
    }
  }
  if (!(options.power > 0 && options.power < 1) || options.simulations < 1 || options.replicates < 1) {
    return absl::InvalidArgumentError("detectable gain: power in (0, 1), simulations and replicates positive");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GainPower> PowerAtSpread(absl::Span<const ReferenceWeek> weeks, double spread,
                                        const BootstrapOptions& bootstrap, const DetectableGainOptions& options) {
  RETURN_IF_ERROR(Validate(weeks, options));
  std::map<double, Forecaster> forecasters;
  std::vector<absl::Time> times;
  GainPower result;
  for (const ReferenceWeek& week : weeks) {
    const double c = week.event_probability;
    auto at = forecasters.find(c);
    if (at == forecasters.end()) at = forecasters.emplace(c, ForecasterOf(c, spread)).first;
    result.gain += at->second.gain / static_cast<double>(weeks.size());
    times.push_back(week.week);
  }
  BootstrapOptions cheap = bootstrap;
  cheap.replicates = std::min(bootstrap.replicates, options.replicates);
  std::vector<double> gains(weeks.size());
  int found = 0;
  for (int simulation = 0; simulation < options.simulations; ++simulation) {
    // Seeds of their own, so that every spread meets the same draws and power rises with it.
    std::mt19937_64 generator(options.seed * 1000003 + static_cast<uint64_t>(simulation));
    int events = 0;
    for (size_t i = 0; i < weeks.size(); ++i) {
      const double c = weeks[i].event_probability;
      const double known = Logistic(forecasters.at(c).centre + spread * Normal(generator));
      const bool event = Uniform(generator) < known;
      const double p = Floored(known);
      events += event ? 1 : 0;
      gains[i] = event ? std::log(p / c) : std::log((1 - p) / (1 - c));
    }
    ASSIGN_OR_RETURN(const MeanInterval interval, BootstrapMean(times, gains, cheap));
    found += events >= options.min_events && interval.low > kLeastGain ? 1 : 0;
  }
  result.power = static_cast<double>(found) / options.simulations;
  return result;
}

absl::StatusOr<double> DetectableGain(absl::Span<const ReferenceWeek> weeks, const BootstrapOptions& bootstrap,
                                      const DetectableGainOptions& options) {
  ASSIGN_OR_RETURN(const GainPower widest, PowerAtSpread(weeks, kWidestSpread, bootstrap, options));
  if (widest.power < options.power) {
    return absl::FailedPreconditionError("too few weeks or events: this test would hardly find a perfect forecast");
  }
  double low = 0, high = kWidestSpread, gain = widest.gain;
  for (int i = 0; i < 10; ++i) {
    const double middle = (low + high) / 2;
    ASSIGN_OR_RETURN(const GainPower at, PowerAtSpread(weeks, middle, bootstrap, options));
    if (at.power < options.power) {
      low = middle;
    } else {
      high = middle;
      gain = at.gain;
    }
  }
  return gain;
}

}  // namespace tremorcast
