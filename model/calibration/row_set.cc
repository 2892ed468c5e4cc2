#include "model/calibration/row_set.h"

#include <cstddef>

namespace tremorcast {

RowSet BuildRows(const SampleSet& set, absl::Span<const int> samples, SampleUnit unit) {
  RowSet rows;
  for (int index : samples) {
    const Sample& sample = set.samples[static_cast<size_t>(index)];
    if (unit == SampleUnit::kRegion) {
      rows.groups.push_back(sample.windows);
      rows.labels.push_back(sample.label);
    } else {
      for (int window : sample.windows) {
        rows.groups.push_back({window});
        rows.labels.push_back(sample.label);
      }
    }
    rows.begin.push_back(static_cast<int>(rows.groups.size()));
  }
  return rows;
}

}  // namespace tremorcast
