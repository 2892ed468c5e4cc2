#include "model/checkpoint/normalisation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

// Values per channel that the quantiles over all stations look at.
constexpr int64_t kAllStationsSample = 200'000;

// Linear interpolation between order statistics, as numpy's default. Reorders `values`.
float Quantile(std::vector<float>& values, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const size_t low = static_cast<size_t>(position);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(low), values.end());
  const float at_low = values[low];
  if (low + 1 == values.size()) return at_low;
  const float at_high = *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(low) + 1, values.end());
  return at_low + static_cast<float>(position - static_cast<double>(low)) * (at_high - at_low);
}

// A channel without values gets NaN, for FillSilent.
void AppendScale(std::vector<float>& values, RobustScale& scale) {
  if (values.empty()) {
    scale.median.push_back(kMissing);
    scale.iqr.push_back(kMissing);
    return;
  }
  scale.median.push_back(Quantile(values, 0.5));
  const float iqr = Quantile(values, 0.75) - Quantile(values, 0.25);
  scale.iqr.push_back(iqr < kSmallestIqr ? 1.0f : iqr);
}

void FillSilent(const RobustScale& fallback, RobustScale& scale) {
  for (size_t c = 0; c < scale.median.size(); ++c) {
    if (!std::isnan(scale.median[c])) continue;
    scale.median[c] = fallback.median[c];
    scale.iqr[c] = fallback.iqr[c];
  }
}

}  // namespace

float SignedLog1p(float x) { return std::copysign(std::log1p(std::fabs(x)), x); }

void PoolSlots(absl::Span<const float> in, int channels, int from, int to, absl::Span<float> out) {
  TREMORCAST_CHECK(to > 0 && from % to == 0);
  TREMORCAST_CHECK(in.size() == static_cast<size_t>(channels) * static_cast<size_t>(from));
  TREMORCAST_CHECK(out.size() == static_cast<size_t>(channels) * static_cast<size_t>(to));
  const int run = from / to;
  if (run == 1) {
    std::copy(in.begin(), in.end(), out.begin());
    return;
  }
  const size_t groups = out.size();
  for (size_t group = 0; group < groups; ++group) {
    double sum = 0;
    int present = 0;
    for (int i = 0; i < run; ++i) {
      const float value = in[group * static_cast<size_t>(run) + static_cast<size_t>(i)];
      if (std::isnan(value)) continue;
      sum += value;
      ++present;
    }
    out[group] = present == 0 ? kMissing : static_cast<float>(sum / present);
  }
}

const RobustScale& Normalisation::For(const StationId& station) const {
  const auto found = stations_.find(station);
  return found == stations_.end() ? all_stations_ : found->second;
}

void Normalisation::Apply(const StationId& station, int slots, absl::Span<const float> raw,
                          absl::Span<float> out) const {
  const RobustScale& scale = For(station);
  TREMORCAST_CHECK(raw.size() == scale.median.size() * static_cast<size_t>(slots) && out.size() == raw.size());
  for (size_t c = 0; c < scale.median.size(); ++c) {
    const float median = scale.median[c];
    const float iqr = scale.iqr[c];
    for (size_t i = c * static_cast<size_t>(slots); i < (c + 1) * static_cast<size_t>(slots); ++i) {
      const float x = raw[i];
      // An infinite reading is out of range like any other; only NaN means missing.
      out[i] = std::isnan(x) ? 0.0f : std::clamp((SignedLog1p(x) - median) / iqr, -kNormalisedLimit, kNormalisedLimit);
    }
  }
}

absl::StatusOr<Normalisation> FitNormalisation(const WindowSource& source, absl::Span<const int> windows, int slots) {
  if (windows.empty()) return absl::InvalidArgumentError("normalisation: no training window");
  if (slots < 1 || source.slots() % slots != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("normalisation: ", slots, " does not divide ", source.slots(), " slots"));
  }
  const size_t channels = static_cast<size_t>(source.channels());
  const size_t steps = static_cast<size_t>(slots);
  std::map<StationId, std::set<int>> by_station;
  for (int window : windows) by_station[source.station(window)].insert(window);
  int64_t total = 0;
  for (const auto& [station, list] : by_station) total += static_cast<int64_t>(list.size()) * slots;
  // Every stride-th present value: an even sample over stations and time.
  const int64_t stride = std::max<int64_t>(1, total / kAllStationsSample);

  // By channel: `values` holds all of one station, `sample` the subsample over all stations.
  std::vector<std::vector<float>> sample(channels);
  std::vector<int64_t> seen(channels, 0);
  std::map<StationId, RobustScale> scales;
  std::vector<float> raw(channels * static_cast<size_t>(source.slots()));
  std::vector<float> pooled(channels * steps);
  for (const auto& [station, list] : by_station) {
    std::vector<std::vector<float>> values(channels);
    for (int window : list) {
      RETURN_IF_ERROR(source.Read(window, absl::MakeSpan(raw)));
      PoolSlots(raw, source.channels(), source.slots(), slots, absl::MakeSpan(pooled));
      for (size_t c = 0; c < channels; ++c) {
        for (size_t i = 0; i < steps; ++i) {
          const float x = pooled[c * steps + i];
          if (!std::isfinite(x)) continue;
          const float y = SignedLog1p(x);
          values[c].push_back(y);
          if (seen[c]++ % stride == 0) sample[c].push_back(y);
        }
      }
    }
    RobustScale& scale = scales[station];
    for (size_t c = 0; c < channels; ++c) AppendScale(values[c], scale);
  }
  RobustScale all_stations;
  for (size_t c = 0; c < channels; ++c) AppendScale(sample[c], all_stations);
  FillSilent(RobustScale{std::vector<float>(channels, 0.0f), std::vector<float>(channels, 1.0f)}, all_stations);
  for (auto& entry : scales) FillSilent(all_stations, entry.second);
  return Normalisation(std::move(all_stations), std::move(scales));
}

}  // namespace tremorcast
