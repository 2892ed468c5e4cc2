#pragma once

// The rows a network answers for some samples: one per sample, or one per station of each sample in station mode, where
// a sample's answer is the mean over its rows. Internal to model/; pure.

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "model/checkpoint/network_config.h"
#include "model/checkpoint/sample_set.h"

namespace tremorcast {

struct RowSet {
  std::vector<std::vector<int>> groups;  // window numbers of each row
  std::vector<int> labels;               // by row
  std::vector<int> begin = {0};          // rows [begin[i], begin[i + 1]) belong to sample i
  int samples() const { return static_cast<int>(begin.size()) - 1; }
};

RowSet BuildRows(const SampleSet& set, absl::Span<const int> samples, SampleUnit unit);

}  // namespace tremorcast
