#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include <absl/strings/str_cat.h>

#include "trainer/evaluate/sets/evaluation_set.h"

namespace tremorcast {
namespace {

// Weekly classes from the labels of the set itself, on the service's grid, from the first week that
// all regions have.
// A label week that starts on another day counts as the grid's week it starts in, so that it is
// always over before the next one is forecast. A few weeks that the set leaves out count as quiet;
// `filled` is their number.
constexpr double kLargestFilledShare = 0.02;

absl::StatusOr<WeeklyClasses> HistoryOf(const EvaluationSet& set, int& filled) {
  std::map<RegionId, std::map<absl::Time, int8_t>> classes;
  for (size_t i = 0; i < set.times.size(); ++i) {
    const absl::Time week = WeekGrid::Service().Containing(set.times[i].label.begin).begin;
    const Sample& sample = set.view.samples.samples[i];
    classes[sample.region][week] = static_cast<int8_t>(sample.label);
  }
  WeeklyClasses history;
  absl::Time end = absl::InfinitePast();
  history.first_week = absl::InfinitePast();
  for (const auto& [region, weeks] : classes) {
    history.first_week = std::max(history.first_week, weeks.begin()->first);
    end = std::max(end, weeks.rbegin()->first);
  }
  history.weeks = static_cast<int>(history.grid.WeeksBetween(history.first_week, end)) + 1;
  for (const auto& [region, weeks] : classes) {
    history.regions.push_back(region);
    std::vector<int8_t>& row = history.classes.emplace_back();
    for (int w = 0; w < history.weeks; ++w) {
      const auto it = weeks.find(history.grid.At(history.first_week, w).begin);
      row.push_back(it == weeks.end() ? int8_t{0} : it->second);
      filled += it == weeks.end() ? 1 : 0;
    }
  }
  const double cells = static_cast<double>(history.weeks) * static_cast<double>(classes.size());
  if (filled > kLargestFilledShare * cells) {
    return absl::FailedPreconditionError(
        absl::StrCat(filled, " of ", cells, " region-weeks of the set's own period have no label"));
  }
  return history;
}

void AddLastWeekClasses(const WeeklyClasses& history, EvaluationSet& set) {
  for (size_t i = 0; i < set.times.size(); ++i) {
    const int64_t last = history.IndexOf(set.times[i].label.begin) - 1;
    const auto region = std::find(history.regions.begin(), history.regions.end(), set.view.samples.samples[i].region);
    const bool known = last >= 0 && last < history.weeks && region != history.regions.end();
    set.last_week_class.push_back(
        known ? history.classes[static_cast<size_t>(region - history.regions.begin())][static_cast<size_t>(last)] : -1);
  }
}

void AddReferences(EvaluationSet& set) {
  int filled = 0;
  const absl::StatusOr<WeeklyClasses> history = HistoryOf(set, filled);
  if (!history.ok()) {
    set.caveats.push_back(absl::StrCat("no catalogue-only reference: ", std::string(history.status().message())));
    return;
  }
  AddLastWeekClasses(*history, set);
  absl::Time test_begin = absl::InfiniteFuture();
  for (int sample : set.view.test) test_begin = std::min(test_begin, set.view.weeks[static_cast<size_t>(sample)]);
  AddCatalogueReferences(*history, WeekGrid::Service().Containing(test_begin).begin, set);
  set.caveats.push_back(
      "persistence and the catalogue-only model learn from the labels of the set, from the first week that every "
      "region "
      "has");
  set.caveats.emplace_back(kWithoutEtas);
}

// What others report on sets of this name, for reading beside ours and never to tune to.
std::vector<std::string> PublishedFigures(const std::string& name) {
  if (name == "Earthquakes") {
    return {
        "UCR Earthquakes, accuracy: ROCKET .748, InceptionTime .741 (macro recall .505), FCN .727, ResNet .712; the "
        "majority class alone .748"};
  }
  if (name == "GunPoint") return {"UCR GunPoint, accuracy: FCN 1.00, ResNet .99, ROCKET 1.00"};
  if (name == "ArrowHead") return {"UCR ArrowHead, accuracy: FCN .85, ResNet .84, ROCKET .81"};
  if (name == "ItalyPowerDemand") return {"UCR ItalyPowerDemand, accuracy: FCN .96, ResNet .96, ROCKET .97"};
  if (name == "BasicMotions") return {"UEA BasicMotions, accuracy: strong methods 1.00; below .95 a network is broken"};
  if (name == "AETAAreaWeek") {
    return {
        "AETAAreaWeek, published accuracy .827 and .859, macro F1 .43 and .34; class 0 alone has accuracy .910, macro "
        "recall .20"};
  }
  return {};
}

// What padding did to series of unequal length.
void DescribePadding(const SeriesData& series, EvaluationSet& set) {
  if (series.own_steps.empty()) return;
  int shortest = series.length;
  for (const std::vector<int>& own : series.own_steps) {
    shortest = std::min(shortest, *std::max_element(own.begin(), own.end()));
  }
  set.own_steps = series.own_steps;
  set.caveats.push_back(absl::StrCat("series have ", shortest, " to ", series.length,
                                     " steps: the shorter ones are padded at their end, and the network sees the "
                                     "padding as it sees missing values"));
}

}  // namespace

EvaluationSet SeriesEvaluationSet(std::shared_ptr<const SeriesData> series) {
  EvaluationSet set;
  set.title = series->name;
  set.data_hash = series->data_hash;
  set.published = PublishedFigures(series->name);
  set.class_names = series->class_names;
  set.ordered_in_time = series->timed();
  DescribePadding(*series, set);
  set.view.owner = series;
  set.view.samples = series->set;
  set.view.classes = static_cast<int>(series->class_names.size());
  set.view.train = series->study.training.train;
  set.view.early_stop = series->study.training.early_stop;
  set.view.calibration = series->study.training.calibration;
  set.view.test = series->study.test;
  set.view.climatology = series->climatology;
  set.view.climatology_before_calibration = series->study.training.climatology_before_calibration;
  for (size_t i = 0; i < series->set.samples.size(); ++i) {
    if (!set.ordered_in_time) {
      set.view.weeks.push_back(absl::UnixEpoch() + static_cast<int64_t>(i) * kWeekLength);
      continue;
    }
    const SeriesPlace& place = series->places[i];
    const absl::Time input_end = place.feature_week_begin + kWeekLength;
    const absl::Time week = place.label_week_begin;
    set.view.weeks.push_back(week);
    set.times.push_back({week, {input_end - series->length * kWeekLength, input_end}, {week, week + kWeekLength}});
    set.window_issue.push_back(week);
  }
  if (set.ordered_in_time) {
    if (set.view.classes <= kClasses) {
      AddReferences(set);
    } else {
      set.caveats.push_back(absl::StrCat("no persistence and catalogue-only reference: they know the ", kClasses,
                                         " classes of the service, and the set has ", set.view.classes));
    }
  } else {
    set.block_weeks = 1;
    set.caveats.push_back(
        "the set gives no times: its halves are taken as published, and nothing here says how well the future would be "
        "forecast");
  }
  return set;
}

}  // namespace tremorcast
