#pragma once

// A published set of labelled time series, whatever its file format: what the readers of .ts and
// .tsv files return. Plain values and pure functions; thread safe.
//
// Series shorter than the longest are padded at their end with missing values. Their own lengths
// are kept.

#include <cstddef>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace tremorcast {

struct SeriesSet {
  std::string problem_name;
  int dimensions = 0;
  int length = 0;                          // steps of the longest series
  std::vector<std::string> class_names;    // in the order of `labels`
  std::vector<std::vector<float>> series;  // [dimensions, length] each, NaN = missing or padding
  std::vector<int> lengths;                // steps of each before padding, its longest dimension
  // [series][dimension] before padding, where dimensions of one series differ; empty: as lengths.
  std::vector<std::vector<int>> dimension_lengths;
  std::vector<int> labels;  // index into class_names

  bool equal_length() const;
  // Steps of one dimension of a series before padding.
  int OwnLength(size_t index, int dimension) const;
  // At least one value that is missing inside its dimension's own length.
  bool has_missing() const;
};

// Pads to `length` steps, which must not be less than set.length.
void PadSeries(SeriesSet& set, int length);

// The order of class names that no header gives: by value where every name is a number, else by
// bytes.
std::vector<std::string> SortedClassNames(std::vector<std::string> names);

// Makes two halves of one set comparable: both padded to the longer length, both with the same
// class names (the first's where they agree, else the sorted union) and labels that index them.
// InvalidArgument: different numbers of dimensions.
absl::Status AlignSeries(SeriesSet& train, SeriesSet& test);

}  // namespace tremorcast
