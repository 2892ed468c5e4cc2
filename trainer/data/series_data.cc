#include "trainer/data/series_data.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/catalogue/climatology.h"

namespace tremorcast {
namespace {

absl::Status CheckClasses(const SeriesPair& pair) {
  const int classes = static_cast<int>(pair.train.class_names.size());
  if (classes >= 2 && classes <= kMaxClasses) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(pair.name, " has ", classes, " classes; the network answers for 2 to ", kMaxClasses));
}

void AddHalf(const SeriesSet& series, const std::vector<SeriesPlace>& places, SeriesData& data) {
  for (size_t i = 0; i < series.series.size(); ++i) {
    Sample sample;
    // A set without places is one imaginary station.
    sample.region = places.empty() ? RegionId("all") : places[i].region;
    sample.issue = places.empty() ? static_cast<int64_t>(data.set.samples.size())
                                  : absl::ToUnixSeconds(places[i].label_week_begin);
    sample.label = series.labels[i];
    sample.windows = {data.source->Add(StationId(sample.region.value()), series.series[i])};
    data.set.samples.push_back(std::move(sample));
    std::vector<int>& own = data.own_steps.emplace_back();
    for (int d = 0; d < series.dimensions; ++d) own.push_back(series.OwnLength(i, d));
  }
  data.places.insert(data.places.end(), places.begin(), places.end());
}

bool IsPadded(const SeriesData& data) {
  return std::any_of(data.own_steps.begin(), data.own_steps.end(), [&](const std::vector<int>& own) {
    return std::any_of(own.begin(), own.end(), [&](int steps) { return steps < data.length; });
  });
}

// c_rk and pi_k of core/catalogue/climatology.h for any number of classes.
std::map<RegionId, std::vector<double>> Climatology(const SampleSet& set, const std::vector<int>& samples,
                                                    size_t classes) {
  std::vector<double> prior(classes, 0.5);
  std::map<RegionId, std::vector<double>> table;
  for (int i : samples) {
    const Sample& sample = set.samples[static_cast<size_t>(i)];
    ++prior[static_cast<size_t>(sample.label)];
    auto& counts = table.try_emplace(sample.region, classes, 0.0).first->second;
    ++counts[static_cast<size_t>(sample.label)];
  }
  const double total = static_cast<double>(samples.size()) + static_cast<double>(classes) / 2;
  for (double& p : prior) p /= total;
  for (auto& [region, counts] : table) {
    (void)region;
    double weeks = 0;
    for (double n : counts) weeks += n;
    for (size_t k = 0; k < classes; ++k) {
      counts[k] = (counts[k] + kClimatologyPriorWeeks * prior[k]) / (weeks + kClimatologyPriorWeeks);
    }
  }
  return table;
}

SampleTimes TimesOf(const SeriesPlace& place, int weeks) {
  const absl::Time end = place.feature_week_begin + kWeekLength;
  return {place.label_week_begin,
          {end - weeks * kWeekLength, end},
          {place.label_week_begin, place.label_week_begin + kWeekLength}};
}

// The test samples: those of the published test half, or those of the period asked for.
bool IsTest(const SeriesData& data, const SeriesOptions& options, size_t train_size, size_t sample) {
  return options.test_period ? options.test_period->Contains(data.places[sample].label_week_begin)
                             : sample >= train_size;
}

absl::StatusOr<Slices> TimedSlices(const SeriesData& data, const SeriesOptions& options, size_t train_size) {
  std::set<absl::Time> test, others;
  for (size_t i = 0; i < data.places.size(); ++i) {
    (IsTest(data, options, train_size, i) ? test : others).insert(data.places[i].label_week_begin);
  }
  if (test.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("the set has no series in the test period from ",
                                                      FormatNetworkTime(options.test_period->begin).substr(0, 10)));
  }
  std::vector<absl::Time> issues(others.begin(), others.lower_bound(*test.begin()));
  issues.insert(issues.end(), test.begin(), test.end());
  return SplitIssuesAt(issues, {*test.begin(), absl::InfiniteFuture()}, options.split);
}

absl::Status CheckTimes(const SeriesData& data) {
  std::vector<SampleTimes> earlier, test;
  const TrainingData& training = data.study.training;
  for (const std::vector<int>* slice : {&training.train, &training.early_stop, &training.calibration}) {
    for (int i : *slice) earlier.push_back(TimesOf(data.places[static_cast<size_t>(i)], data.length));
  }
  for (int i : data.study.test) test.push_back(TimesOf(data.places[static_cast<size_t>(i)], data.length));
  return CheckNoLeak(earlier, test);
}

std::string Period(const char* name, const std::vector<absl::Time>& issues) {
  return absl::StrFormat("%s %s to %s (%d issues)", name, FormatNetworkTime(issues.front()).substr(0, 10),
                         FormatNetworkTime(issues.back()).substr(0, 10), issues.size());
}

absl::Status SplitByTime(const SeriesOptions& options, size_t train_size, SeriesData& data) {
  ASSIGN_OR_RETURN(auto slices, TimedSlices(data, options, train_size));
  const auto in = [](const std::vector<absl::Time>& issues, absl::Time t) {
    return std::binary_search(issues.begin(), issues.end(), t);
  };
  std::vector<int> before_test, before_calibration;
  for (size_t i = 0; i < data.places.size(); ++i) {
    const absl::Time issue = data.places[i].label_week_begin;
    const int index = static_cast<int>(i);
    if (IsTest(data, options, train_size, i)) {
      data.study.test.push_back(index);
      continue;
    }
    std::vector<int>* slice = &data.skipped;
    if (in(slices.train, issue)) slice = &data.study.training.train;
    if (in(slices.early_stop, issue)) slice = &data.study.training.early_stop;
    if (in(slices.calibration, issue)) slice = &data.study.training.calibration;
    slice->push_back(index);
    if (issue + kWeekLength <= slices.test.front()) before_test.push_back(index);
    if (!slices.calibration.empty() && issue + kWeekLength <= slices.calibration.front()) {
      before_calibration.push_back(index);
    }
  }
  data.climatology = Climatology(data.set, before_test, data.class_names.size());
  data.study.training.climatology_before_calibration =
      Climatology(data.set, before_calibration, data.class_names.size());
  data.split_summary = absl::StrCat(Period("train", slices.train), ", ", Period("early stop", slices.early_stop), ", ",
                                    Period("calibration", slices.calibration), ", ", Period("test", slices.test));
  return CheckTimes(data);
}

void SplitStratified(const SeriesOptions& options, const std::vector<int>& labels, SeriesData& data) {
  TwoWaySplit split = StratifiedSplit(labels, options.early_stop_fraction, options.seed);
  data.study.training.train = std::move(split.first);
  data.study.training.early_stop = std::move(split.second);
  std::vector<int> all(labels.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  data.climatology = Climatology(data.set, all, data.class_names.size());
  data.split_summary = absl::StrFormat("no time order: train %d, early stop %d (stratified, seed %d), test %d series",
                                       data.study.training.train.size(), data.study.training.early_stop.size(),
                                       options.seed, data.study.test.size());
}

}  // namespace

absl::StatusOr<std::vector<Interval>> RollingSeriesPeriods(const SeriesPair& pair, const SeriesOptions& options,
                                                           int origins) {
  if (pair.test_places.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(pair.name, " has no sample table, so no rolling origin"));
  }
  std::vector<absl::Time> tested;
  for (const SeriesPlace& place : pair.test_places) tested.push_back(place.label_week_begin);
  if (options.test_period) {
    for (const SeriesPlace& place : pair.train_places) tested.push_back(place.label_week_begin);
    std::erase_if(tested, [&](absl::Time t) { return !options.test_period->Contains(t); });
  }
  return RollingTestPeriods(tested, origins);
}

absl::StatusOr<std::unique_ptr<SeriesData>> BuildSeriesData(SeriesPair pair, const SeriesOptions& options) {
  RETURN_IF_ERROR(CheckClasses(pair));
  auto data = std::make_unique<SeriesData>();
  data->name = pair.name;
  data->class_names = pair.train.class_names;
  data->dimensions = pair.train.dimensions;
  data->length = pair.train.length;
  data->data_hash = pair.data_hash;
  data->source = std::make_unique<MemoryWindowSource>(data->dimensions, data->length);
  data->set.source = data->source.get();
  AddHalf(pair.train, pair.train_places, *data);
  AddHalf(pair.test, pair.test_places, *data);
  if (!IsPadded(*data)) data->own_steps.clear();
  const size_t train_size = pair.train.series.size();
  if (data->timed()) {
    RETURN_IF_ERROR(SplitByTime(options, train_size, *data));
  } else {
    if (options.test_period) {
      return absl::InvalidArgumentError(absl::StrCat(data->name, " has no sample table, so no split at a date"));
    }
    for (size_t i = train_size; i < data->set.samples.size(); ++i) data->study.test.push_back(static_cast<int>(i));
    SplitStratified(options, pair.train.labels, *data);
  }
  data->study.training.set = &data->set;
  data->study.training.climatology = data->climatology;
  return data;
}

}  // namespace tremorcast
