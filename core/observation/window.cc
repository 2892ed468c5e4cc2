#include "core/observation/window.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include <absl/strings/string_view.h>

#include "core/base/check.h"
#include "core/base/digest.h"

namespace tremorcast {

static_assert(std::endian::native == std::endian::little, "window hashes and stored windows are little endian");

WindowBuilder::WindowBuilder(StationId station, absl::Time start, int slots)
    : present_(static_cast<size_t>(kSignalCount) * slots, false) {
  TREMORCAST_CHECK(slots > 0 && SlotAt(start).ok());
  window_.key.station = std::move(station);
  window_.key.start = start;
  window_.slots = slots;
  window_.values.assign(static_cast<size_t>(kFeatures) * slots, kMissing);
}

void WindowBuilder::AddRow(Signal signal, Slot slot, absl::Span<const float> values, absl::Time available_at) {
  TREMORCAST_CHECK(values.size() == static_cast<size_t>(FeatureCount(signal)));
  const int64_t position = slot.index - SlotContaining(window_.key.start).index;
  if (position < 0 || position >= window_.slots) return;
  const int s = static_cast<int>(signal);
  const size_t mark = static_cast<size_t>(s) * window_.slots + position;
  if (present_[mark]) return;
  present_[mark] = true;
  ++window_.rows_present[s];
  window_.available_at = std::max(window_.available_at, available_at);
  float* out = window_.values.data() + static_cast<size_t>(FirstChannel(signal)) * window_.slots + position;
  for (const float value : values) {
    *out = value;
    out += window_.slots;
  }
}

StationWindow WindowBuilder::Build(int revision, absl::Time sealed_at) && {
  window_.key.revision = revision;
  window_.sealed_at = sealed_at;
  window_.content_hash = WindowContentHash(window_.key.start, window_.slots, window_.values);
  return std::move(window_);
}

std::string WindowContentHash(absl::Time start, int slots, absl::Span<const float> values) {
  const auto bytes_of = [](const auto* data, size_t count) {
    return absl::string_view(reinterpret_cast<const char*>(data), count * sizeof(*data));
  };
  Sha256Stream stream;
  const std::array<int64_t, 2> head = {absl::ToUnixSeconds(start), slots};
  stream.Update(bytes_of(head.data(), head.size()));
  std::array<float, 4096> chunk;
  for (size_t first = 0; first < values.size(); first += chunk.size()) {
    const size_t count = std::min(chunk.size(), values.size() - first);
    // A NaN has many bit patterns; the hash must not depend on which one a platform makes.
    std::transform(values.begin() + first, values.begin() + first + count, chunk.begin(),
                   [](float v) { return std::isnan(v) ? std::bit_cast<float>(uint32_t{0x7fc00000}) : v; });
    stream.Update(bytes_of(chunk.data(), count));
  }
  return stream.Finish();
}

ChannelStatistics ChannelStatisticsOf(absl::Span<const StationWindow* const> windows, int channel) {
  ChannelStatistics result;
  double sum = 0;
  double largest = -std::numeric_limits<double>::infinity();
  for (const StationWindow* window : windows) {
    for (const float value : window->channel(channel)) {
      if (std::isnan(value)) continue;
      sum += value;
      largest = std::max(largest, static_cast<double>(value));
      ++result.samples;
    }
  }
  if (result.samples > 0) {
    result.mean = sum / static_cast<double>(result.samples);
    result.max = largest;
  }
  return result;
}

}  // namespace tremorcast
