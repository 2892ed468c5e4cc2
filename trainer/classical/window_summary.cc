#include "trainer/classical/window_summary.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

double MeanOfPresent(absl::Span<const float> scaled, absl::Span<const float> raw, int& present) {
  double sum = 0;
  present = 0;
  for (size_t t = 0; t < raw.size(); ++t) {
    if (std::isnan(raw[t])) continue;
    sum += scaled[t];
    ++present;
  }
  return present == 0 ? 0 : sum / present;
}

// Adds the six numbers of one feature, divided by the number of stations.
void AddSummary(absl::Span<const float> scaled, absl::Span<const float> raw, double share, absl::Span<float> out) {
  int present = 0;
  const double mean = MeanOfPresent(scaled, raw, present);
  double squares = 0, low = INFINITY, high = -INFINITY;
  for (size_t t = 0; t < raw.size(); ++t) {
    if (std::isnan(raw[t])) continue;
    squares += (scaled[t] - mean) * (scaled[t] - mean);
    low = std::min<double>(low, scaled[t]);
    high = std::max<double>(high, scaled[t]);
  }
  if (present == 0) low = high = 0;
  const size_t day = std::max<size_t>(1, raw.size() / 7);
  int present_last = 0;
  const double last = MeanOfPresent(scaled.subspan(raw.size() - day), raw.subspan(raw.size() - day), present_last);
  const double missing = 1 - static_cast<double>(present) / static_cast<double>(raw.size());
  const double values[kSummariesPerFeature] = {mean,   present == 0 ? 0 : std::sqrt(squares / present), low, high, last,
                                               missing};
  for (size_t i = 0; i < out.size(); ++i) out[i] += static_cast<float>(share * values[i]);
}

}  // namespace

absl::StatusOr<FeatureMatrix> SummariseSamples(const SampleSet& set, absl::Span<const int> samples,
                                               const Normalisation& normalisation, int slots) {
  const WindowSource& source = *set.source;
  const size_t channels = static_cast<size_t>(source.channels()), steps = static_cast<size_t>(slots);
  FeatureMatrix matrix;
  matrix.columns = source.channels() * kSummariesPerFeature;
  matrix.values.assign(samples.size() * static_cast<size_t>(matrix.columns), 0);
  std::vector<float> stored(channels * static_cast<size_t>(source.slots())), raw(channels * steps), scaled(raw.size());
  absl::Span<float> rest = absl::MakeSpan(matrix.values);
  for (int index : samples) {
    const Sample& sample = set.samples[static_cast<size_t>(index)];
    for (int window : sample.windows) {
      RETURN_IF_ERROR(source.Read(window, absl::MakeSpan(stored)));
      PoolSlots(stored, source.channels(), source.slots(), slots, absl::MakeSpan(raw));
      normalisation.Apply(source.station(window), slots, raw, absl::MakeSpan(scaled));
      for (size_t c = 0; c < channels; ++c) {
        AddSummary(absl::MakeConstSpan(scaled).subspan(c * steps, steps),
                   absl::MakeConstSpan(raw).subspan(c * steps, steps), 1.0 / static_cast<double>(sample.windows.size()),
                   rest.subspan(c * kSummariesPerFeature, kSummariesPerFeature));
      }
    }
    rest.remove_prefix(static_cast<size_t>(matrix.columns));
  }
  return matrix;
}

}  // namespace tremorcast
