#pragma once

// What training reads: station windows by number, and samples that name the windows they are made
// of.
//
// Ownership: a SampleSet refers to its WindowSource and must not outlive it. Thread safety: const
// methods of a source may be called from several threads. Read may block (a database or a file
// behind it).

#include <cstdint>
#include <map>
#include <vector>

#include <absl/status/status.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/observation/window.h"

namespace tremorcast {

// Raw windows, already masked (MaskDeadSensors) and usable (StationUsable): the rules of serving,
// applied by whoever builds the source.
class WindowSource {
 public:
  virtual ~WindowSource() = default;
  virtual int size() const = 0;
  virtual int channels() const = 0;
  virtual int slots() const = 0;
  virtual const StationId& station(int window) const = 0;
  // Fills out[channels, slots] with raw values, NaN for missing ones. Every call gives the same
  // bytes.
  virtual absl::Status Read(int window, absl::Span<float> out) const = 0;
};

// Windows held in memory, as float.
class MemoryWindowSource : public WindowSource {
 public:
  MemoryWindowSource(int channels, int slots) : channels_(channels), slots_(slots) {}

  // Returns the window's number. `values` has channels * input_slots floats, where input_slots is a
  // multiple of slots: longer windows are averaged down at once (PoolSlots), which is how a
  // simulated set of years fits in memory.
  int Add(const StationId& station, absl::Span<const float> values);
  int Add(const StationWindow& window) { return Add(window.key.station, window.values); }

  int size() const override { return static_cast<int>(stations_.size()); }
  int channels() const override { return channels_; }
  int slots() const override { return slots_; }
  const StationId& station(int window) const override { return stations_[static_cast<size_t>(window)]; }
  absl::Status Read(int window, absl::Span<float> out) const override;

 private:
  int channels_;
  int slots_;
  std::vector<StationId> stations_;
  std::vector<std::vector<float>> values_;
};

// A region at one issue time.
struct Sample {
  int64_t issue = 0;  // time order: samples of one week share it; used for standard errors over weeks
  RegionId region;
  int label = 0;
  std::vector<int> windows;  // usable stations in station id order, at least one
  // What the rung below the network said at this issue, out of sample: what an answer is pooled with
  // (METHOD.md section 7). Empty: the region's climatology.
  std::vector<double> below = {};
};

struct SampleSet {
  const WindowSource* source = nullptr;
  std::vector<Sample> samples;

  // InvalidArgument: no source, a sample without windows, a window number or label out of range, an
  // answer of the rung below that has not `classes` probabilities above 0.
  absl::Status Validate(int classes) const;
};

// Station mode: each window of each sample becomes a sample of its own. `origin`, if given,
// receives the index of the sample each came from.
SampleSet ExpandToStations(const SampleSet& set, std::vector<int>* origin = nullptr);

// Splits the indices of a set without time order in two, class by class: `fraction` of each class
// goes to the second list, at least one where there are two. Deterministic for a seed; both lists
// ascend.
struct TwoWaySplit {
  std::vector<int> first;
  std::vector<int> second;
};
TwoWaySplit StratifiedSplit(absl::Span<const int> labels, double fraction, uint64_t seed);

}  // namespace tremorcast
