#pragma once

// What a tree or a linear machine sees of a sample (METHOD.md section 4, table IV): six numbers per
// feature, averaged over the sample's usable stations. Pure but for the source's reads; thread safe
// if the source is.
//
// They are taken of windows scaled as the neural network's are (signed log, median and IQR of the
// station, clipped), but with missing steps left out instead of set to 0: mean, standard deviation,
// minimum, maximum, mean of the last seventh of the window (a day of a week; at least one step),
// share of missing steps. Where all steps are missing, 0, 0, 0, 0, 0, 1.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "model/checkpoint/normalisation.h"
#include "model/checkpoint/sample_set.h"

namespace tremorcast {

inline constexpr int kSummariesPerFeature = 6;

// Row major.
struct FeatureMatrix {
  int columns = 0;
  std::vector<float> values;

  int rows() const { return columns == 0 ? 0 : static_cast<int>(values.size()) / columns; }
  absl::Span<const float> row(int i) const {
    return absl::MakeConstSpan(values).subspan(static_cast<size_t>(i) * static_cast<size_t>(columns),
                                               static_cast<size_t>(columns));
  }
};

// One row per sample, columns ordered by feature, then by summary. `slots` is the number of steps
// to which windows are averaged down, as for the neural network.
absl::StatusOr<FeatureMatrix> SummariseSamples(const SampleSet& set, absl::Span<const int> samples,
                                               const Normalisation& normalisation, int slots);

}  // namespace tremorcast
