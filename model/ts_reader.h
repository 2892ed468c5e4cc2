#pragma once

// Reader of the sktime .ts text format: multivariate series of equal length with a class label, as the published sets
// have it (BasicMotions, AETAAreaWeek). `?` and NaN are missing values. Pure; thread safe.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tremorcast {

struct TsDataset {
  std::string problem_name;
  int dimensions = 0;
  int length = 0;
  std::vector<std::string> class_names;    // order of the header's @classLabel line
  std::vector<std::vector<float>> series;  // [dimensions, length] each, NaN = missing
  std::vector<int> labels;                 // index into class_names
};

// InvalidArgument with the line number: unknown header, unequal lengths or dimensions, an unlisted label, no data.
absl::StatusOr<TsDataset> ParseTs(absl::string_view text);

}  // namespace tremorcast
