#include "core/simulator/feature_ranges.h"

#include <array>
#include <cmath>
#include <cstddef>

#include <absl/strings/match.h>
#include <absl/strings/string_view.h>
#include <absl/strings/strip.h>

#include "core/observation/feature_schema.h"

namespace tremorcast {
namespace {

FeatureRange SignedLog(double centre_value, double scale, bool positive, double storm) {
  const double centre = std::copysign(std::log1p(std::abs(centre_value)), centre_value);
  return {FeatureShape::kSignedLog, static_cast<float>(centre), static_cast<float>(scale), positive,
          static_cast<float>(storm)};
}

FeatureRange LogNormal(double centre_value, double storm) {
  return {FeatureShape::kLogNormal, static_cast<float>(centre_value), 0, true, static_cast<float>(storm)};
}

FeatureRange Wavelet(absl::string_view name, double level, double storm) {
  if (absl::EndsWith(name, "_abs_mean")) return LogNormal(.02 * level, storm);
  if (absl::EndsWith(name, "_energy_smax")) return LogNormal(2e-3 * level, storm);
  if (absl::EndsWith(name, "_energy_sstd")) return LogNormal(2e-4 * level, storm);
  return SignedLog(30 * level, .5, true, storm);  // _energy
}

// The families both signals share. `gain` sets the size of the signal's amplitude.
FeatureRange CommonRange(absl::string_view name, double gain, double storm) {
  if (name == "var" || name == "power") return SignedLog(3 * gain * gain, .3 * gain, true, storm);
  if (name == "skew") return SignedLog(.01, .03, false, .2 * storm);
  if (name == "kurt") return SignedLog(-1.4, .1, false, .5 * storm);
  if (name == "abs_max") return SignedLog(2.4 * gain, .25 * gain, true, storm);
  if (absl::StartsWith(name, "abs_max_top")) return SignedLog(2.1 * gain, .25 * gain, true, storm);
  if (name == "abs_mean") return SignedLog(1.5 * gain, .2 * gain, true, storm);
  if (name == "mean") return SignedLog(2.4, .02, true, 0);
  if (name == "energy_sstd") return LogNormal(.03 * gain, storm);
  if (name == "energy_smax") return SignedLog(1.3 * gain, .2 * gain, true, storm);
  if (name == "s_zero_rate") return SignedLog(45, .3, true, .3 * storm);
  if (name == "s_zero_rate_max") return SignedLog(90, .3, true, .3 * storm);
  if (name == "power_40_60") return SignedLog(1.4 * gain, .2 * gain, true, .3 * storm);
  if (name == "power_140_160") return LogNormal(.04 * gain, .3 * storm);
  if (name == "power_other") return LogNormal(6e-4 * gain, storm);
  if (absl::StartsWith(name, "power_")) return LogNormal(1e-5 * gain, storm);
  if (name == "frequency_center") return SignedLog(75, .12, true, -.3 * storm);
  if (name == "mean_square_frequency") return SignedLog(58, .08, true, -.3 * storm);
  if (name == "variance_frequency") return LogNormal(1e-4 * gain, storm);
  if (name == "frequency_entropy") return SignedLog(6.5, .05, true, .3 * storm);
  if (absl::StartsWith(name, "level4d")) return Wavelet(name, 1 * gain, storm);
  if (absl::StartsWith(name, "level5d")) return Wavelet(name, 2 * gain, storm);
  if (absl::StartsWith(name, "level6a")) return Wavelet(name, .8 * gain, storm);
  return Wavelet(name, .4 * gain, storm);  // level6d
}

FeatureRange UltraLowRange(absl::string_view name) {
  if (name == "skew") return SignedLog(.02, .15, false, .5);
  if (name == "kurt") return SignedLog(5, .6, true, 1);
  if (name == "abs_mean") return LogNormal(6e-3, 1.5);
  if (name == "abs_max") return LogNormal(.02, 1.5);
  if (absl::StartsWith(name, "abs_max_top")) return SignedLog(2e-3, 3e-3, false, 1.5);
  if (name == "energy_sstd") return LogNormal(8e-6, 1.5);
  return LogNormal(4e-5, 1.5);  // var, power, energy_smax
}

std::array<FeatureRange, kFeatures> BuildRanges() {
  std::array<FeatureRange, kFeatures> ranges;
  for (int channel = 0; channel < kFeatures; ++channel) {
    absl::string_view name = FeatureNames()[static_cast<size_t>(channel)];
    FeatureRange& range = ranges[static_cast<size_t>(channel)];
    if (absl::ConsumePrefix(&name, "magn@")) {
      range = absl::ConsumePrefix(&name, "ulf_") ? UltraLowRange(name) : CommonRange(name, 1, 1);
    } else {
      absl::ConsumePrefix(&name, "sound@");
      range = CommonRange(name, .3, .4);  // thunder and rain are heard less than lightning is seen
    }
  }
  return ranges;
}

}  // namespace

const FeatureRange& RangeOf(int channel) {
  static const std::array<FeatureRange, kFeatures> kRanges = BuildRanges();
  return kRanges[static_cast<size_t>(channel)];
}

bool CarriesRobustUnits(int channel) {
  const FeatureRange& range = RangeOf(channel);
  return range.shape == FeatureShape::kSignedLog && range.scale >= .01F;
}

}  // namespace tremorcast
