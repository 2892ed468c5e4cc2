#include "model/checkpoint/sample_set.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "model/checkpoint/normalisation.h"
#include "model/checkpoint/random.h"

namespace tremorcast {

int MemoryWindowSource::Add(const StationId& station, absl::Span<const float> values) {
  const size_t channels = static_cast<size_t>(channels_);
  TREMORCAST_CHECK(!values.empty() && values.size() % (channels * static_cast<size_t>(slots_)) == 0);
  std::vector<float> pooled(channels * static_cast<size_t>(slots_));
  PoolSlots(values, channels_, static_cast<int>(values.size() / channels), slots_, absl::MakeSpan(pooled));
  stations_.push_back(station);
  values_.push_back(std::move(pooled));
  return size() - 1;
}

absl::Status MemoryWindowSource::Read(int window, absl::Span<float> out) const {
  if (window < 0 || window >= size()) return absl::OutOfRangeError(absl::StrCat("no window ", window));
  const std::vector<float>& values = values_[static_cast<size_t>(window)];
  TREMORCAST_CHECK(out.size() == values.size());
  std::copy(values.begin(), values.end(), out.begin());
  return absl::OkStatus();
}

absl::Status SampleSet::Validate(int classes) const {
  if (source == nullptr) return absl::InvalidArgumentError("sample set: no window source");
  for (size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    if (sample.label < 0 || sample.label >= classes) {
      return absl::InvalidArgumentError(
          absl::StrCat("sample ", i, ": label ", sample.label, " of ", classes, " classes"));
    }
    if (sample.windows.empty()) return absl::InvalidArgumentError(absl::StrCat("sample ", i, ": no window"));
    if (!sample.below.empty() &&
        (sample.below.size() != static_cast<size_t>(classes) ||
         !std::all_of(sample.below.begin(), sample.below.end(), [](double p) { return p > 0 && p <= 1; }))) {
      return absl::InvalidArgumentError(
          absl::StrCat("sample ", i, ": the rung below has not ", classes, " probabilities above 0"));
    }
    for (int window : sample.windows) {
      if (window < 0 || window >= source->size()) {
        return absl::InvalidArgumentError(absl::StrCat("sample ", i, ": no window ", window));
      }
    }
  }
  return absl::OkStatus();
}

SampleSet ExpandToStations(const SampleSet& set, std::vector<int>* origin) {
  SampleSet expanded{set.source, {}};
  if (origin != nullptr) origin->clear();
  for (size_t i = 0; i < set.samples.size(); ++i) {
    for (int window : set.samples[i].windows) {
      Sample sample = set.samples[i];
      sample.windows.assign(1, window);
      expanded.samples.push_back(std::move(sample));
      if (origin != nullptr) origin->push_back(static_cast<int>(i));
    }
  }
  return expanded;
}

TwoWaySplit StratifiedSplit(absl::Span<const int> labels, double fraction, uint64_t seed) {
  std::map<int, std::vector<int>> by_class;
  for (size_t i = 0; i < labels.size(); ++i) by_class[labels[i]].push_back(static_cast<int>(i));
  Random random(seed);
  TwoWaySplit split;
  for (auto& [label, members] : by_class) {
    (void)label;
    random.Shuffle(members);
    int count = static_cast<int>(std::lround(fraction * static_cast<double>(members.size())));
    if (members.size() >= 2) count = std::clamp(count, 1, static_cast<int>(members.size()) - 1);
    split.second.insert(split.second.end(), members.begin(), members.begin() + count);
    split.first.insert(split.first.end(), members.begin() + count, members.end());
  }
  std::sort(split.first.begin(), split.first.end());
  std::sort(split.second.begin(), split.second.end());
  return split;
}

}  // namespace tremorcast
