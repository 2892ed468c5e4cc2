#pragma once

// The rows that a neural network answers for some samples: one per sample, or in station mode one
// per station of each sample, whose answer is then the mean over its rows. Internal to model/;
// pure.

#include <cstdint>
#include <vector>

#include <absl/types/span.h>

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
