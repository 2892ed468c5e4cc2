#pragma once

// A published set of series as a study reads it: found by name in a folder, parsed, put on a time
// line where its sample table gives one, split.
//
//   auto series = ReadSeries("data/timeseries/AETAAreaWeek");   // StatusOr<SeriesPair>
//   auto set = BuildSeriesData(*std::move(series), {});         // StatusOr<std::unique_ptr<SeriesData>>
//   auto result = RunStudy(options, set->study);
//
// Sets with a sample table are split by time, a calibration slice included, with issues skipped
// between neighbours and the leak detector run; sets without one have no order, so training and
// early stop are a stratified split and nothing is calibrated but T. The test half is the published
// one unless a period is asked for. Not thread safe; ReadSeries blocks on files.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/readers/series_meta.h"
#include "core/readers/series_set.h"
#include "core/verification/splits.h"
#include "model/checkpoint/network_config.h"
#include "model/checkpoint/sample_set.h"
#include "model/study/study.h"

namespace tremorcast {

// The two published halves, aligned, and where each series was measured (empty without a sample
// table).
struct SeriesPair {
  std::string name;  // last part of the path
  SeriesSet train, test;
  std::vector<SeriesPlace> train_places, test_places;
  std::vector<std::string> files;  // that were read
  std::string data_hash;           // hex, over their unpacked texts
};

// `path` is DIR/NAME. Reads NAME_TRAIN and NAME_TEST with the ending .ts or .tsv, plain or packed
// (.xz, .gz, .zst), the first there is, and NAME_TRAIN.meta.csv with NAME_TEST.meta.csv where both
// are. NotFound: none of the files, with the names that were tried. InvalidArgument: as the readers
// say, the file in front; halves that do not fit together; a table of another length or with other
// labels than its series.
absl::StatusOr<SeriesPair> ReadSeries(const std::string& path);

struct SeriesOptions {
  // Sets with a sample table: issues of each slice, as SplitIssuesAt counts and shrinks them.
  SplitSizes split;
  // Sets with a sample table: series of either half whose label week begins here are the test;
  // absent: the test half.
  std::optional<Interval> test_period;
  // Sets without: share of each class that stops training, and the seed of that choice.
  double early_stop_fraction = 0.25;
  uint64_t seed = 1;
};

struct SeriesData {
  std::string name;
  std::vector<std::string> class_names;
  int dimensions = 0, length = 0;
  // [window][dimension]: steps before padding. Empty where every series has `length`.
  std::vector<std::vector<int>> own_steps;
  std::unique_ptr<MemoryWindowSource> source;
  SampleSet set;                    // training series first, then test series, in the order of their files
  std::vector<SeriesPlace> places;  // by sample; empty without a sample table
  StudyData study;
  // Of everything before the test period, per region, Jeffreys-smoothed and shrunk to the whole
  // set's.
  std::map<RegionId, std::vector<double>> climatology;
  std::vector<int> skipped;  // training series in no slice: between slices, or before a test issue by too little
  std::string split_summary;
  std::string data_hash;

  bool timed() const { return !places.empty(); }
};

// The test periods of rolling origins over a set with a sample table (RollingTestPeriods): of
// options.test_period, or else of the published test half. InvalidArgument: a set without times.
absl::StatusOr<std::vector<Interval>> RollingSeriesPeriods(const SeriesPair& pair, const SeriesOptions& options,
                                                           int origins);

// InvalidArgument: more than kMaxClasses classes, or one; a test period for a set
// without times. FailedPrecondition: too few issues, or a leak. The object must not be moved out of
// its pointer: its parts refer to each other.
absl::StatusOr<std::unique_ptr<SeriesData>> BuildSeriesData(SeriesPair pair, const SeriesOptions& options);

}  // namespace tremorcast
