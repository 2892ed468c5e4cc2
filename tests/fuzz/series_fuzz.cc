// Published sets of series, .ts, .tsv and their table of places: shapes and labels agree. First
// byte: which reader.

#include <cmath>

#include "core/readers/series_meta.h"
#include "core/readers/series_set.h"
#include "core/readers/ts_reader.h"
#include "core/readers/ucr_tsv.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {
namespace {

void HoldsTogether(absl::StatusOr<SeriesSet> set) {
  if (!set.ok()) return;
  const size_t count = set->series.size();
  FUZZ_CHECK(count > 0 && set->labels.size() == count && set->lengths.size() == count);
  FUZZ_CHECK(set->dimensions > 0 && set->length > 0);
  for (size_t i = 0; i < count; ++i) {
    FUZZ_CHECK(set->series[i].size() == static_cast<size_t>(set->dimensions) * static_cast<size_t>(set->length));
    FUZZ_CHECK(set->lengths[i] >= 0 && set->lengths[i] <= set->length);
    FUZZ_CHECK(set->labels[i] >= 0 && static_cast<size_t>(set->labels[i]) < set->class_names.size());
    for (float value : set->series[i]) FUZZ_CHECK(!std::isinf(value));
  }
  set->has_missing();
  // A set is always comparable with itself.
  SeriesSet other = *set;
  PadSeries(other, other.length + 1);
  const std::vector<int> labels = set->labels;
  FUZZ_CHECK(AlignSeries(*set, other).ok());
  FUZZ_CHECK(set->length == other.length && set->labels == labels && other.labels == labels);
}

}  // namespace

void FuzzOne(absl::string_view input) {
  switch (TakeByte(&input)) {
    case 'm':
      ParseSeriesMeta(input).IgnoreError();
      return;
    case 't':
      HoldsTogether(ParseUcrTsv(input));
      return;
    default:
      HoldsTogether(ParseTs(input));
      return;
  }
}

}  // namespace tremorcast
