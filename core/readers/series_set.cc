#include "core/readers/series_set.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "core/observation/window.h"

namespace tremorcast {
namespace {

void Relabel(SeriesSet& set, const std::vector<std::string>& class_names) {
  for (int& label : set.labels) {
    const std::string& name = set.class_names[static_cast<size_t>(label)];
    label = static_cast<int>(std::find(class_names.begin(), class_names.end(), name) - class_names.begin());
  }
  set.class_names = class_names;
}

}  // namespace

bool SeriesSet::equal_length() const {
  return std::all_of(lengths.begin(), lengths.end(), [this](int own) { return own == length; });
}

int SeriesSet::OwnLength(size_t index, int dimension) const {
  return dimension_lengths.empty() ? lengths[index] : dimension_lengths[index][static_cast<size_t>(dimension)];
}

bool SeriesSet::has_missing() const {
  for (size_t i = 0; i < series.size(); ++i) {
    for (int d = 0; d < dimensions; ++d) {
      const auto begin = series[i].begin() + static_cast<std::ptrdiff_t>(d) * length;
      if (std::any_of(begin, begin + OwnLength(i, d), [](float x) { return std::isnan(x); })) return true;
    }
  }
  return false;
}

void PadSeries(SeriesSet& set, int length) {
  TREMORCAST_CHECK(length >= set.length);
  if (length == set.length) return;
  for (std::vector<float>& values : set.series) {
    std::vector<float> padded(static_cast<size_t>(set.dimensions) * static_cast<size_t>(length), kMissing);
    for (int d = 0; d < set.dimensions; ++d) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(d) * set.length, set.length,
                  padded.begin() + static_cast<std::ptrdiff_t>(d) * length);
    }
    values = std::move(padded);
  }
  set.length = length;
}

std::vector<std::string> SortedClassNames(std::vector<std::string> names) {
  std::vector<std::pair<double, std::string>> numbers;
  for (const std::string& name : names) {
    double value = 0;
    if (absl::SimpleAtod(name, &value) && !std::isnan(value)) numbers.emplace_back(value, name);
  }
  if (numbers.size() == names.size()) {
    std::sort(numbers.begin(), numbers.end());
    names.clear();
    for (auto& number : numbers) names.push_back(std::move(number.second));
  } else {
    std::sort(names.begin(), names.end());
  }
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

absl::Status AlignSeries(SeriesSet& train, SeriesSet& test) {
  if (train.dimensions != test.dimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("the training series have ", train.dimensions, " dimensions, the test series ", test.dimensions));
  }
  const int length = std::max(train.length, test.length);
  PadSeries(train, length);
  PadSeries(test, length);
  if (train.class_names == test.class_names) return absl::OkStatus();
  std::vector<std::string> names = train.class_names;
  names.insert(names.end(), test.class_names.begin(), test.class_names.end());
  names = SortedClassNames(std::move(names));
  Relabel(train, names);
  Relabel(test, names);
  return absl::OkStatus();
}

}  // namespace tremorcast
