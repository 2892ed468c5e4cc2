#include <algorithm>
#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/catalogue/climatology.h"
#include "core/catalogue/poisson_gr_model.h"
#include "trainer/evaluate/sets/evaluation_set.h"
#include "trainer/run/candidate_scores.h"

namespace tremorcast {
namespace {

std::vector<std::string> ClassNames(const MagnitudeClasses& classes) {
  std::vector<std::string> names = {absl::StrCat("none or M < ", classes.edges.front())};
  for (size_t k = 0; k + 1 < classes.edges.size(); ++k) {
    names.push_back(absl::StrCat(classes.edges[k], " <= M < ", classes.edges[k + 1]));
  }
  names.push_back(absl::StrCat("M >= ", classes.edges.back()));
  return names;
}

void AddPoissonGr(const Dataset& data, const Plan& plan, const TrainerConfig& config, EvaluationSet& set) {
  if (config.data.question.horizon_days != kWeekDays) {
    set.caveats.push_back("no Poisson-GR reference: it is of whole weeks");
    return;
  }
  const absl::StatusOr<PoissonGrModel> model =
      PoissonGrModel::Fit(RegionsOf(data, RegionKind::kAreas), data.events, {data.catalogue.begin, plan.test_begin},
                          config.data.classes, PoissonGrOptions());
  if (!model.ok()) {
    set.caveats.push_back(absl::StrCat("no Poisson-GR reference: ", std::string(model.status().message())));
    return;
  }
  ReferenceForecast reference{"Poisson-GR", {}};
  for (int sample : set.view.test) {
    const absl::StatusOr<ClassProbabilities> p =
        model->Predict(set.view.samples.samples[static_cast<size_t>(sample)].region);
    if (!p.ok()) {
      set.caveats.push_back(absl::StrCat("no Poisson-GR reference: ", std::string(p.status().message())));
      return;
    }
    reference.probabilities.emplace_back(p->begin(), p->end());
  }
  set.references.push_back(std::move(reference));
}

// The catalogue rung's answers that the network is pooled with.
void AddRungBelow(const Dataset& data, EvaluationSet& set) {
  set.over_catalogue_rung = data.rung_below != nullptr;
  if (!set.over_catalogue_rung) {
    set.caveats.push_back(kWithoutEtas);
    return;
  }
  if (!data.rung_below->trial.has_value()) {
    set.caveats.push_back(absl::StrCat("the catalogue rung does not stand below: ", data.rung_below->missing));
    return;
  }
  ReferenceForecast reference{kCatalogueRungRow, {}};
  for (int sample : set.view.test) reference.probabilities.push_back(set.view.BelowOf(sample));
  set.references.push_back(std::move(reference));
  set.caveats.push_back(
      absl::StrCat("the rung below, ETAS pooled with climatology, over its calibration and test "
                   "issues: ",
                   data.rung_below->trial->verdict.sentence));
}

int ClassOf(const Dataset& data, const MagnitudeClasses& classes, const RegionId& region, const Interval& period) {
  const auto it =
      std::find_if(data.regions.begin(), data.regions.end(), [&](const Region& r) { return r.id == region; });
  return LabelRegion(*it, period, data.events, classes).magnitude_class;
}

void AddLastWeekClasses(const Dataset& data, EvaluationSet& set) {
  for (size_t i = 0; i < set.times.size(); ++i) {
    const absl::Time last = set.times[i].issue - kWeekLength;
    set.last_week_class.push_back(last < data.catalogue.begin
                                      ? -1
                                      : set.label_of(set.view.samples.samples[i].region, {last, set.times[i].issue}));
  }
}

}  // namespace

absl::StatusOr<EvaluationSet> DatasetEvaluationSet(std::shared_ptr<const Dataset> data, const Plan& plan,
                                                   const TrainerConfig& config) {
  if (plan.slices.test.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("too few weeks for a test slice: ", plan.summary));
  }
  EvaluationSet set;
  set.view.owner = data;
  set.view.samples = data->samples;
  set.view.classes = kClasses;
  set.view.weeks = data->sample_issue;
  set.view.train = SamplesOf(*data, plan.slices.train, RegionKind::kAreas);
  set.view.early_stop = SamplesOf(*data, plan.slices.early_stop, RegionKind::kAreas);
  set.view.calibration = SamplesOf(*data, plan.slices.calibration, RegionKind::kAreas);
  set.view.test = SamplesOf(*data, plan.slices.test, RegionKind::kAreas);
  set.view.climatology = ClimatologyByRegion(*data, plan.test_begin, config);
  set.view.climatology_before_calibration = ClimatologyByRegion(*data, plan.calibration_begin(), config);
  set.ordered_in_time = true;
  set.simulated = data->simulated;
  set.block_weeks = config.bootstrap.block_weeks;
  set.data_hash = data->data_hash;
  set.plan_hash = plan.hash;
  set.class_names = ClassNames(config.data.classes);
  for (absl::string_view name : FeatureNames()) set.channel_names.emplace_back(name);
  for (absl::Time issue : data->sample_issue) {
    set.times.push_back({issue, {issue - kWeekLength, issue}, config.data.question.TargetOf(issue)});
  }
  for (int w = 0; w < data->windows->size(); ++w) set.window_issue.push_back(data->windows->key(w).start + kWeekLength);
  set.label_of = [data, classes = config.data.classes](const RegionId& region, const Interval& period) {
    return ClassOf(*data, classes, region, period);
  };
  AddLastWeekClasses(*data, set);
  const WeeklyClasses history =
      BuildWeeklyClasses(RegionsOf(*data, RegionKind::kAreas), data->events, data->catalogue,
                         config.data.question.Grid(), config.data.classes, config.data.question.horizon());
  AddCatalogueReferences(history, plan.test_begin, set);
  AddPoissonGr(*data, plan, config, set);
  AddRungBelow(*data, set);
  const size_t abstained = AbstainedWeeks(*data, plan.slices.test, RegionKind::kAreas).size();
  if (abstained > 0) {
    set.caveats.push_back(absl::StrCat(abstained,
                                       " test region-weeks had too few stations and are not scored here; the "
                                       "service answers climatology for them, with a gain of 0"));
  }
  return set;
}

}  // namespace tremorcast
