#include "trainer/evaluate/placebos.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "core/verification/circular_shift.h"
#include "core/verification/roc.h"
#include "core/verification/special_functions.h"
#include "trainer/evaluate/set_views.h"

namespace tremorcast {
namespace {

struct Placebo {
  int number;
  const char* name;
  const char* question;
  std::function<absl::StatusOr<SetView>(const EvaluationSet&)> view;
};

std::vector<Placebo> TrainedPlacebos(uint64_t seed) {
  return {
      {1, "presence mask only", "Does the pattern of gaps alone forecast? It must not.", PresenceOnly},
      {2, "station and calendar only", "Do place and season alone forecast better than climatology? They must not.",
       StationAndCalendar},
      {4, "last week's class", "Do the inputs answer to the week they were measured in: response, not precursor?",
       LastWeekLabels},
      {5, "random split", "How good would the same network look if weeks were dealt to training and test at random?",
       [seed](const EvaluationSet& set) { return RandomSplit(set, seed); }},
      {7, "another region's stations", "Do the stations of the next region forecast this one? They must not.",
       OtherRegionsStations}};
}

std::optional<double> AreaOf(const SetView& view, const Probabilities& p) {
  std::vector<BinaryOutcome> outcomes;
  for (size_t i = 0; i < p.size(); ++i) {
    outcomes.push_back({std::clamp(1 - p[i][0], 0.0, 1.0), view.label(view.test[i]) > 0, 1});
  }
  const absl::StatusOr<RocCurve> curve = BuildRocCurve(outcomes);
  if (!curve.ok()) return std::nullopt;
  return curve->area;
}

BootstrapOptions BootstrapOf(const EvaluationSet& set, const EvaluateOptions& options) {
  BootstrapOptions bootstrap = options.bootstrap;
  bootstrap.block_weeks = set.block_weeks;
  return bootstrap;
}

absl::Status ScorePlacebo(const SetView& view, const EvaluationSet& set, const EvaluateOptions& options,
                          const std::vector<SeedAnswers>& answers, PlaceboRow& row) {
  const RowScorer scorer(view, BootstrapOf(set, options), nullptr);
  const Probabilities mean = AverageOf(answers, /*before_pool=*/true);
  std::vector<Probabilities> calibrated;
  for (const SeedAnswers& seed : answers) calibrated.push_back(seed.calibrated);
  row.runs = static_cast<int>(answers.size());
  row.metrics = scorer.Metrics(calibrated);
  row.area_roc = AreaOf(view, mean);
  absl::StatusOr<MeanInterval> gain = scorer.GainInterval(mean);
  if (!gain.ok()) return gain.status();
  row.gain = *gain;
  return absl::OkStatus();
}

// What the numbers of a placebo mean beside the real run's gain and AUC before the pool.
void Judge(std::optional<double> real_area, PlaceboRow& row) {
  const bool above = row.gain && row.gain->low > 0;
  switch (row.number) {
    case 4:
      row.outcome = PlaceboOutcome::kInformative;
      row.comment = above ? "the inputs know of last week's events: a gain over climatology may be response to them"
                          : "the inputs do not tell last week's class";
      return;
    case 5: {
      const bool better = above && row.area_roc && real_area && *row.area_roc > *real_area + 0.05;
      row.outcome = better ? PlaceboOutcome::kShowsLeak : PlaceboOutcome::kInformative;
      row.comment = better ? "a random split would have shown skill that a split in time does not"
                           : "no leak shows here; it does in station mode and with overlapping issues";
      return;
    }
    default:
      row.outcome = above ? PlaceboOutcome::kSuspicious : PlaceboOutcome::kClean;
      row.comment = above ? "a gain where there must be none: find the leak before believing the model" : "no gain";
  }
}

PlaceboRow NotApplicable(int number, const std::string& name, const std::string& question, const absl::Status& why) {
  PlaceboRow row;
  row.number = number;
  row.name = name;
  row.question = question;
  row.comment = std::string(why.message());
  return row;
}

// Interval of the mean of a few runs, by Student's t.
MeanInterval IntervalOfRuns(const std::vector<double>& gains) {
  const OverSeeds summary = Summarise(gains);
  MeanInterval interval{summary.mean, summary.mean, summary.mean, summary.seeds};
  if (summary.seeds < 2) return interval;
  const double half =
      StudentCentralQuantile(0.95, summary.seeds - 1) * summary.sd / std::sqrt(static_cast<double>(summary.seeds));
  interval.low -= half;
  interval.high += half;
  return interval;
}

// Issues to shift by, spread evenly and at least kMinShiftWeeks from no shift in either direction. 0: too few issues.
int ShiftOfRun(int issues, int run, int runs) {
  if (issues <= 3 * kMinShiftWeeks) return 0;
  return kMinShiftWeeks + (issues - 2 * kMinShiftWeeks) * (run + 1) / (runs + 1);
}

// The row's gain is the mean over the runs: the luckiest of several would look like skill by selection alone.
absl::StatusOr<PlaceboRow> ShiftedPlacebo(const EvaluationSet& set, const EvaluateOptions& options) {
  PlaceboRow row;
  row.number = 3;
  row.name = "labels shifted in time, trained again";
  row.question = "Does the network find skill when every outcome belongs to another week? It must not.";
  const std::set<absl::Time> issues(set.view.weeks.begin(), set.view.weeks.end());
  std::vector<double> gains;
  for (int run = 0; run < options.shift_runs; ++run) {
    const int shift = ShiftOfRun(static_cast<int>(issues.size()), run, options.shift_runs);
    const absl::StatusOr<SetView> view =
        shift > 0 ? ShiftedLabels(set, shift) : absl::FailedPreconditionError("too few weeks to shift");
    if (!view.ok()) return NotApplicable(3, row.name, row.question, view.status());
    EvaluateOptions own = options;
    own.first_seed = options.first_seed + static_cast<uint64_t>(run);
    absl::StatusOr<std::vector<SeedAnswers>> answers = RunProposed(*view, own, 1);
    if (!answers.ok()) return answers.status();
    if (absl::Status s = ScorePlacebo(*view, set, options, *answers, row); !s.ok()) return s;
    gains.push_back(row.gain->mean);
  }
  row.runs = options.shift_runs;
  row.gain = IntervalOfRuns(gains);
  row.metrics.clear();
  row.area_roc.reset();
  Judge(std::nullopt, row);
  absl::StrAppend(&row.comment, absl::StrFormat("; the interval is over %d runs, the largest gain %+.3f: a real gain "
                                                "must stand out from these",
                                                row.runs, *std::max_element(gains.begin(), gains.end())));
  return row;
}

absl::StatusOr<VariantRow> RunVariant(const EvaluationSet& set, const EvaluateOptions& options,
                                      const std::string& experiment, const std::string& setting,
                                      const absl::StatusOr<SetView>& view) {
  VariantRow row;
  row.experiment = experiment;
  row.setting = setting;
  if (!view.ok()) {
    absl::StrAppend(&row.setting, ": not possible, ", std::string(view.status().message()));
    return row;
  }
  absl::StatusOr<std::vector<SeedAnswers>> answers = RunProposed(*view, options, options.placebo_seeds);
  if (!answers.ok()) return answers.status();
  const RowScorer scorer(*view, BootstrapOf(set, options), nullptr);
  MethodRow scored;
  if (absl::Status s = scorer.Score(*answers, scored); !s.ok()) return s;
  row.test_rows = static_cast<int>(view->test.size());
  row.metrics = scored.calibrated;
  row.gain = scored.gain_before_pool;
  row.pool_weight = scored.pool_weight.mean;
  return row;
}

// Name and channels of each group: what the paper's remarks are about.
std::vector<std::pair<std::string, std::vector<bool>>> FeatureGroups(const EvaluationSet& set) {
  std::vector<std::pair<std::string, std::vector<bool>>> groups;
  const auto add = [&](const std::string& name, const std::function<bool(const std::string&)>& member) {
    std::vector<bool> keep;
    for (const std::string& channel : set.channel_names) keep.push_back(member(channel));
    groups.emplace_back(name, std::move(keep));
  };
  const auto is_ulf = [](const std::string& name) { return absl::StrContains(name, "ulf_"); };
  const auto is_magn = [](const std::string& name) { return absl::StartsWith(name, "magn"); };
  add("electromagnetic alone", is_magn);
  add("geo-acoustic alone", [&](const std::string& name) { return !is_magn(name); });
  add("ulf_* alone", is_ulf);
  add("without ulf_*", [&](const std::string& name) { return !is_ulf(name); });
  return groups;
}

}  // namespace

absl::StatusOr<std::vector<PlaceboRow>> RunPlacebos(const EvaluationSet& set, const EvaluateOptions& options,
                                                    const RowScorer& scorer, const Probabilities& proposed) {
  const std::optional<double> real_area = AreaOf(set.view, proposed);
  std::vector<PlaceboRow> rows;
  for (const Placebo& placebo : TrainedPlacebos(options.first_seed)) {
    const absl::StatusOr<SetView> view = placebo.view(set);
    if (!view.ok()) {
      rows.push_back(NotApplicable(placebo.number, placebo.name, placebo.question, view.status()));
      continue;
    }
    absl::StatusOr<std::vector<SeedAnswers>> answers = RunProposed(*view, options, options.placebo_seeds);
    if (!answers.ok()) return answers.status();
    PlaceboRow row;
    row.number = placebo.number;
    row.name = placebo.name;
    row.question = placebo.question;
    if (absl::Status s = ScorePlacebo(*view, set, options, *answers, row); !s.ok()) return s;
    Judge(real_area, row);
    rows.push_back(std::move(row));
  }
  absl::StatusOr<PlaceboRow> shifted = ShiftedPlacebo(set, options);
  if (!shifted.ok()) return shifted.status();
  if (absl::StatusOr<double> p = ShiftPValue(set, scorer, proposed); p.ok()) shifted->p_value = *p;
  rows.push_back(*std::move(shifted));

  PlaceboRow catalogue;
  catalogue.number = 6;
  catalogue.name = "catalogue only";
  catalogue.question = "How much of the next week do recent events alone tell?";
  const auto reference = std::find_if(set.references.begin(), set.references.end(),
                                      [](const ReferenceForecast& r) { return r.name == "catalogue-only"; });
  if (reference == set.references.end()) {
    catalogue.comment = "no catalogue-only model for this set";
  } else {
    absl::StatusOr<MeanInterval> gain = scorer.GainInterval(reference->probabilities);
    if (!gain.ok()) return gain.status();
    catalogue.outcome = PlaceboOutcome::kInformative;
    catalogue.runs = 1;
    catalogue.gain = *gain;
    catalogue.metrics = scorer.Metrics({&reference->probabilities, 1});
    catalogue.area_roc = AreaOf(set.view, reference->probabilities);
    catalogue.comment = "a model must beat this, not only climatology, before the word precursor may be used";
  }
  rows.push_back(std::move(catalogue));
  std::sort(rows.begin(), rows.end(), [](const PlaceboRow& a, const PlaceboRow& b) { return a.number < b.number; });
  return rows;
}

absl::StatusOr<std::vector<VariantRow>> RunVariants(const EvaluationSet& set, const EvaluateOptions& options) {
  std::vector<VariantRow> rows;
  absl::Status status;
  const auto run = [&](const std::string& experiment, const std::string& setting, const absl::StatusOr<SetView>& view) {
    if (!status.ok()) return;
    absl::StatusOr<VariantRow> row = RunVariant(set, options, experiment, setting, view);
    status = row.status();
    if (row.ok()) rows.push_back(*std::move(row));
  };
  if (options.variants.leave_one_region_out) {
    std::set<RegionId> regions;
    for (int sample : set.view.test) regions.insert(set.view.samples.samples[static_cast<size_t>(sample)].region);
    for (const RegionId& region : regions) {
      run("leave one region out", absl::StrCat(region.value(), " never trained on"), WithoutRegion(set, region));
    }
  }
  if (options.variants.feature_groups) {
    for (const auto& [name, keep] : FeatureGroups(set)) run("feature groups", name, OnlyChannels(set, keep));
  }
  constexpr std::array<int, 4> kPercent = {100, 75, 50, 25};
  for (int percent : kPercent) {
    if (options.variants.station_dropout) {
      run("stations of the test weeks", absl::StrCat(percent, " % kept"),
          FewerTestStations(set, percent / 100.0, options.first_seed));
    }
  }
  for (int percent : kPercent) {
    if (options.variants.learning_curve) {
      run("learning curve", absl::StrCat("newest ", percent, " % of the training issues"),
          NewestTraining(set, percent / 100.0));
    }
  }
  if (!status.ok()) return status;
  return rows;
}

absl::StatusOr<std::vector<MethodRow>> RunLeakDemonstrations(const EvaluationSet& set, const EvaluateOptions& options) {
  EvaluationSet changed = set;
  std::vector<std::string> modes;
  if (options.daily_issues) {
    absl::StatusOr<SetView> daily = DailyIssues(set);
    if (!daily.ok()) return daily.status();
    changed.view = *std::move(daily);
  }
  if (options.station_mode) {
    modes.emplace_back("station mode");
    changed.view = ByStation(changed.view);
  }
  if (options.daily_issues) modes.emplace_back("daily issues");
  std::vector<MethodRow> rows;
  if (modes.empty()) return rows;
  for (const bool random : {false, true}) {
    SetView view = changed.view;
    if (random) {
      absl::StatusOr<SetView> dealt = RandomSplit(changed, options.first_seed);
      if (!dealt.ok()) return dealt.status();
      view = *std::move(dealt);
    }
    absl::StatusOr<std::vector<SeedAnswers>> answers = RunProposed(view, options, options.placebo_seeds);
    if (!answers.ok()) return answers.status();
    MethodRow row;
    row.table = absl::StrJoin(modes, ", ");
    row.name = random ? "random split: a leak, on purpose" : "split in time";
    const RowScorer scorer(view, BootstrapOf(set, options), nullptr);
    if (absl::Status s = scorer.Score(*answers, row); !s.ok()) return s;
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::StatusOr<double> ShiftPValue(const EvaluationSet& set, const RowScorer& scorer, const Probabilities& p) {
  if (!set.ordered_in_time || set.view.classes > kClasses) {
    return absl::FailedPreconditionError("the set has no time order");
  }
  const auto classes = [](const std::vector<double>& from) {
    ClassProbabilities to = {};
    std::copy(from.begin(), from.end(), to.begin());
    return to;
  };
  std::map<RegionId, std::map<absl::Time, size_t>> rows;
  std::set<absl::Time> weeks(scorer.weeks().begin(), scorer.weeks().end());
  for (size_t i = 0; i < p.size(); ++i) {
    rows[set.view.samples.samples[static_cast<size_t>(set.view.test[i])].region][scorer.weeks()[i]] = i;
  }
  std::vector<RegionSeries> regions;
  for (const auto& [region, own] : rows) {
    if (own.size() != weeks.size()) continue;  // gaps cannot be shifted
    RegionSeries& series = regions.emplace_back();
    for (const auto& [week, i] : own) {
      series.forecasts.push_back(classes(Floored(p[i])));
      series.references.push_back(classes(scorer.climatology()[i]));
      series.observed.push_back(scorer.labels()[i]);
    }
  }
  if (regions.empty()) return absl::FailedPreconditionError("no region has every test week");
  absl::StatusOr<ShiftNull> null = CircularShiftNull(regions);
  if (!null.ok()) return null.status();
  return null->p_value;
}

}  // namespace tremorcast
