#include "trainer/evaluate/placebos.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"
#include "core/distribution/student_t.h"
#include "core/significance/circular_shift.h"
#include "core/skill/gate.h"
#include "core/verification/roc.h"
#include "model/calibration/head_calibration.h"
#include "trainer/evaluate/catalogue_past.h"
#include "trainer/evaluate/origins.h"
#include "trainer/evaluate/sets/set_views.h"

namespace tremorcast {
namespace {

bool Vetoes(int number) {
  return std::find(std::begin(kVetoingPlacebos), std::end(kVetoingPlacebos), number) != std::end(kVetoingPlacebos);
}

struct Placebo {
  int number;
  const char* name;
  const char* question;
  ViewOf view;
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
       OtherRegionsStations},
      {kCataloguePlacebo, "the catalogue's past alone",
       "Does the same network know as much that sees no station, but what happened before? It must know less.",
       CataloguePast}};
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

absl::Status ScorePlacebo(const ProposedRun& run, const EvaluationSet& set, const EvaluateOptions& options,
                          PlaceboRow& row) {
  BootstrapOptions bootstrap = set.Bootstrap(options.bootstrap);
  // Any one of them refuses the model: together they may do so by chance as often as one interval errs.
  if (Vetoes(row.number)) bootstrap.level = 1 - (1 - bootstrap.level) / std::size(kVetoingPlacebos);
  row.level = bootstrap.level;
  const RowScorer scorer(run.view, bootstrap, nullptr);
  const Probabilities mean = AverageOf(run.answers, &SeedAnswers::calibrated);
  std::vector<Probabilities> calibrated;
  for (const SeedAnswers& seed : run.answers) calibrated.push_back(seed.calibrated);
  row.runs = static_cast<int>(run.answers.size());
  row.metrics = scorer.Metrics(calibrated);
  row.area_roc = AreaOf(run.view, mean);
  ASSIGN_OR_RETURN(row.gain, scorer.GainInterval(mean));
  for (const SeedAnswers& seed : run.answers) {
    if (seed.twin.size() != mean.size()) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(row.gain_over_twin, scorer.GainOver(mean, AverageOf(run.answers, &SeedAnswers::twin)));
  return absl::OkStatus();
}

// What the numbers of a placebo mean beside the real run's gain and AUC before the pool.
void Judge(std::optional<double> real_area, PlaceboRow& row) {
  const bool above = row.gain && row.gain->low > kLeastGain;
  switch (row.number) {
    case 4:
      row.outcome = PlaceboOutcome::kInformative;
      row.comment = above ? "the inputs know of last week's events: a gain over climatology may be response to them"
                          : "the inputs do not tell last week's class";
      return;
    case kCataloguePlacebo: {
      row.outcome = PlaceboOutcome::kInformative;
      const bool more = row.model_gain && row.model_gain->low > kLeastGain;
      row.comment = !row.model_gain ? "the model was not compared with it"
                    : more          ? absl::StrCat("the stations tell more than that: ", FormatGain(*row.model_gain))
                           : absl::StrCat("the stations tell no more than that: ", FormatGain(*row.model_gain));
      return;
    }
    case 5: {
      const bool better = above && row.area_roc && real_area && *row.area_roc > *real_area + 0.05;
      row.outcome = better ? PlaceboOutcome::kShowsLeak : PlaceboOutcome::kInformative;
      row.comment = better ? "a random split would have shown skill that a split in time does not"
                           : "no leak shows here; it does in station mode and with overlapping issues";
      return;
    }
    default: {
      // A gain that the twin shares comes from a base rate that changed, not from these inputs.
      const bool own = above && (!row.gain_over_twin || row.gain_over_twin->low > kLeastGain);
      row.outcome = own ? PlaceboOutcome::kSuspicious : PlaceboOutcome::kClean;
      row.comment = own     ? row.number == 7 ? "a gain where there must be none: a leak, or something that all "
                                                "stations share, which is then nothing of this region's"
                                              : "a gain where there must be none: find the leak before believing the model"
                    : above ? "a gain over climatology that its input-free twin has too: the base rate changed"
                            : "no gain";
    }
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

absl::StatusOr<PlaceboRow> TrainedPlacebo(const Placebo& placebo, absl::Span<const EvaluationSet> origins,
                                          const EvaluationSet& pooled, const EvaluateOptions& options,
                                          const Probabilities& proposed) {
  const absl::StatusOr<std::vector<SetView>> views = ViewsOf(origins, placebo.view);
  if (!views.ok()) return NotApplicable(placebo.number, placebo.name, placebo.question, views.status());
  EvaluateOptions own = options;
  if (placebo.number == kCataloguePlacebo) own.training = Unhurried(options.training);
  ASSIGN_OR_RETURN(ProposedRun run, RunProposed(*views, own, options.placebo_seeds));
  PlaceboRow row;
  row.number = placebo.number;
  row.name = placebo.name;
  row.question = placebo.question;
  RETURN_IF_ERROR(ScorePlacebo(run, pooled, options, row));
  if (placebo.number == kCataloguePlacebo && run.view.test == pooled.view.test) {
    const RowScorer scorer(pooled.view, pooled.Bootstrap(options.bootstrap), nullptr);
    Probabilities past = AverageOf(run.answers, &SeedAnswers::calibrated);
    Probabilities table;
    for (const SetView& view : *views) {
      ASSIGN_OR_RETURN(Probabilities answers, TableOfThePast(view));
      std::move(answers.begin(), answers.end(), std::back_inserter(table));
    }
    // Whichever of the two knows more, which is chosen in the model's disfavour.
    ASSIGN_OR_RETURN(const MeanInterval by_table, scorer.GainInterval(table));
    ASSIGN_OR_RETURN(const MeanInterval by_network, scorer.GainInterval(past));
    if (by_table.mean > by_network.mean) past = std::move(table);
    ASSIGN_OR_RETURN(row.model_gain, scorer.GainOver(proposed, past));
  }
  Judge(AreaOf(pooled.view, proposed), row);
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

// Issues to shift by, spread evenly and at least kMinShiftWeeks from no shift in either direction.
// 0: too few issues.
int ShiftOfRun(int issues, int run, int runs) {
  if (issues <= 3 * kMinShiftWeeks) return 0;
  return kMinShiftWeeks + (issues - 2 * kMinShiftWeeks) * (run + 1) / (runs + 1);
}

int Issues(const SetView& view) {
  return static_cast<int>(std::set<absl::Time>(view.weeks.begin(), view.weeks.end()).size());
}

// The row's gain is the mean over the runs: the luckiest of several would look like skill by
// selection alone.
absl::StatusOr<PlaceboRow> ShiftedPlacebo(absl::Span<const EvaluationSet> origins, const EvaluationSet& pooled,
                                          const EvaluateOptions& options) {
  PlaceboRow row;
  row.number = 3;
  row.name = "labels shifted in time, trained again";
  row.question = "Does the network find skill when every outcome belongs to another week? It must not.";
  std::vector<double> gains;
  for (int run = 0; run < options.shift_runs; ++run) {
    const absl::StatusOr<std::vector<SetView>> views =
        ViewsOf(origins, [&](const EvaluationSet& set) -> absl::StatusOr<SetView> {
          const int shift = ShiftOfRun(Issues(set.view), run, options.shift_runs);
          if (shift == 0) return absl::FailedPreconditionError("too few weeks to shift");
          return ShiftedLabels(set, shift);
        });
    if (!views.ok()) return NotApplicable(3, row.name, row.question, views.status());
    EvaluateOptions own = options;
    own.first_seed = options.first_seed + static_cast<uint64_t>(run);
    ASSIGN_OR_RETURN(ProposedRun answers, RunProposed(*views, own, 1));
    RETURN_IF_ERROR(ScorePlacebo(answers, pooled, options, row));
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

// What a candidate answered before its pool, in the order of the set's test rows.
absl::StatusOr<Probabilities> AnswersInOrder(const EvaluationSet& set, const TestScores& areas) {
  std::map<std::pair<RegionId, absl::Time>, const TestWeek*> answered;
  for (const TestWeek& week : areas.weeks) answered[{week.region, week.issue}] = &week;
  Probabilities answers;
  for (const int i : set.view.test) {
    const auto at = static_cast<size_t>(i);
    const auto it = answered.find({set.view.samples.samples[at].region, set.times[at].issue});
    if (it == answered.end()) return absl::InternalError("a test row that the candidate did not answer");
    const ClassProbabilities& p = it->second->before_pool;
    answers.emplace_back(p.begin(), p.end());
  }
  return answers;
}

absl::StatusOr<PlaceboRow> CataloguePlacebo(const EvaluationSet& pooled, const RowScorer& scorer) {
  PlaceboRow row;
  row.number = 6;
  row.name = "catalogue only";
  row.question = "How much of the next week do recent events alone tell?";
  const ReferenceForecast* const reference = pooled.Find("catalogue-only");
  if (reference == nullptr) {
    row.comment = "no catalogue-only model for this set";
    return row;
  }
  ASSIGN_OR_RETURN(MeanInterval gain, scorer.GainInterval(reference->probabilities));
  row.outcome = PlaceboOutcome::kInformative;
  row.runs = 1;
  row.gain = gain;
  row.metrics = scorer.Metrics({&reference->probabilities, 1});
  row.area_roc = AreaOf(pooled.view, reference->probabilities);
  row.comment = "a model must beat this, not only climatology, before the word precursor may be used";
  return row;
}

}  // namespace

absl::StatusOr<std::vector<PlaceboRow>> RunPlacebos(absl::Span<const EvaluationSet> origins,
                                                    const EvaluationSet& pooled, const EvaluateOptions& options,
                                                    const RowScorer& scorer, const Probabilities& proposed) {
  std::vector<PlaceboRow> rows;
  for (const Placebo& placebo : TrainedPlacebos(options.first_seed)) {
    ASSIGN_OR_RETURN(PlaceboRow row, TrainedPlacebo(placebo, origins, pooled, options, proposed));
    rows.push_back(std::move(row));
  }
  ASSIGN_OR_RETURN(PlaceboRow shifted, ShiftedPlacebo(origins, pooled, options));
  if (absl::StatusOr<double> p = ShiftPValue(pooled, scorer, proposed); p.ok()) shifted.p_value = *p;
  rows.push_back(std::move(shifted));
  ASSIGN_OR_RETURN(PlaceboRow catalogue, CataloguePlacebo(pooled, scorer));
  rows.push_back(std::move(catalogue));
  std::sort(rows.begin(), rows.end(), [](const PlaceboRow& a, const PlaceboRow& b) { return a.number < b.number; });
  return rows;
}

std::string PlaceboVeto(absl::Span<const PlaceboRow> placebos) {
  for (const PlaceboRow& row : placebos) {
    const bool vetoes =
        std::find(std::begin(kVetoingPlacebos), std::end(kVetoingPlacebos), row.number) != std::end(kVetoingPlacebos);
    if (vetoes && row.outcome == PlaceboOutcome::kSuspicious) {
      return absl::StrCat("placebo ", row.number, " (", row.name,
                          ") shows skill that must not be there: ", FormatGain(*row.gain),
                          " nats per region-week over climatology");
    }
    if (row.number == kCataloguePlacebo && row.model_gain && !(row.model_gain->low > kLeastGain)) {
      return absl::StrCat("the gain over what the catalogue's past tells without stations (placebo ", row.number,
                          "), is ", FormatGain(*row.model_gain), " nats per region-week, its lower end is not above 0");
    }
  }
  return "";
}

absl::StatusOr<std::string> CheckPlacebos(const std::shared_ptr<const Dataset>& data, const Plan& plan,
                                          const TrainerConfig& config, const TestScores& areas,
                                          const TrainingControl& control) {
  ASSIGN_OR_RETURN(const EvaluationSet set, DatasetEvaluationSet(data, plan, config));
  ASSIGN_OR_RETURN(const Probabilities proposed, AnswersInOrder(set, areas));
  EvaluateOptions options;
  options.network = config.network;
  options.training = config.training;
  options.first_seed = config.training.seed;
  options.bootstrap = config.bootstrap;
  options.stop = control.stop;
  std::vector<PlaceboRow> rows;
  for (const Placebo& placebo : TrainedPlacebos(options.first_seed)) {
    if (!Vetoes(placebo.number) && placebo.number != kCataloguePlacebo) continue;
    if (control.progress) control.progress({absl::StrCat("placebo: ", placebo.name), 0, 1, "trainings", "", 0.96});
    ASSIGN_OR_RETURN(PlaceboRow row, TrainedPlacebo(placebo, {&set, 1}, set, options, proposed));
    rows.push_back(std::move(row));
  }
  return PlaceboVeto(rows);
}

absl::StatusOr<double> ShiftPValue(const EvaluationSet& set, const RowScorer& scorer, const Probabilities& p) {
  if (!set.ordered_in_time) return absl::FailedPreconditionError("the set has no time order");
  if (set.view.classes > kClasses) {
    return absl::FailedPreconditionError(
        absl::StrCat("the set has more classes than the ", kClasses, " of the service"));
  }
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
      series.forecasts.push_back(ToClassProbabilities(Floored(p[i])));
      series.references.push_back(ToClassProbabilities(scorer.climatology()[i]));
      series.observed.push_back(scorer.labels()[i]);
    }
  }
  if (regions.empty()) return absl::FailedPreconditionError("no region has every test week");
  ASSIGN_OR_RETURN(ShiftNull null, CircularShiftNull(regions));
  return null.p_value;
}

}  // namespace tremorcast
