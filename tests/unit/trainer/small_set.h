#pragma once

// A small published-like set for tests of the evaluation: regions "area-0", ..., one series [4, 14]
// a week and region, labels that follow a fixed pattern, so that every view of it can be checked by
// hand.

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/base/time_grid.h"
#include "core/observation/window.h"
#include "model/checkpoint/random.h"
#include "trainer/data/series_data.h"
#include "trainer/evaluate/sets/evaluation_set.h"

namespace tremorcast {

struct SmallSetOptions {
  int regions = 3;
  int train_weeks = 60;
  int test_weeks = 20;
  bool timed = true;
  double strength = 0;  // of a shift of the first dimension in series of class >= 1
};

inline absl::Time SmallSetWeek(int week) {
  return WeekGrid::Service().Containing(absl::FromUnixSeconds(1500000000)).begin + week * kWeekLength;
}

// Class 1 every third week of region 0, shifted by one week from region to region; class 2 every
// twelfth.
inline int SmallSetLabel(int region, int week) {
  if ((week + region) % 12 == 5) return 2;
  return (week + region) % 3 == 0 ? 1 : 0;
}

inline SeriesPair SmallSeries(const SmallSetOptions& options) {
  SeriesPair pair;
  pair.name = "Small";
  pair.data_hash = "small";
  for (const bool test : {false, true}) {
    SeriesSet& half = test ? pair.test : pair.train;
    half.problem_name = "Small";
    half.dimensions = 4;
    half.length = 14;
    half.class_names = {"0", "1", "2", "3", "4"};
    const int begin = test ? options.train_weeks : 0;
    const int end = test ? options.train_weeks + options.test_weeks : options.train_weeks;
    for (int region = 0; region < options.regions; ++region) {
      for (int week = begin; week < end; ++week) {
        Random random(MixSeed({static_cast<uint64_t>(region), static_cast<uint64_t>(week)}));
        const int label = SmallSetLabel(region, week);
        std::vector<float> values;
        for (int i = 0; i < 4 * 14; ++i) {
          const double shift = i < 14 && label > 0 ? options.strength : 0;
          values.push_back(i % 17 == 3 ? kMissing : static_cast<float>(random.Normal() + shift));
        }
        half.series.push_back(std::move(values));
        half.lengths.push_back(14);
        half.labels.push_back(label);
        if (options.timed) {
          (test ? pair.test_places : pair.train_places)
              .push_back({RegionId("area-" + std::to_string(region)), SmallSetWeek(week) - kWeekLength,
                          SmallSetWeek(week), std::to_string(label)});
        }
      }
    }
  }
  return pair;
}

inline EvaluationSet SmallSet(const SmallSetOptions& options = {}) {
  SeriesOptions series;
  series.split = {0, 8, 8, 0, 1};
  absl::StatusOr<std::unique_ptr<SeriesData>> data = BuildSeriesData(SmallSeries(options), series);
  if (!data.ok()) return {};
  return SeriesEvaluationSet(*std::move(data));
}

}  // namespace tremorcast
