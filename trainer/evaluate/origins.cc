#include "trainer/evaluate/origins.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

void AppendRows(const Probabilities& from, Probabilities& to) { to.insert(to.end(), from.begin(), from.end()); }

void KeepRows(size_t begin, size_t rows, Probabilities& p) {
  if (p.empty()) return;
  p = Probabilities(p.begin() + static_cast<std::ptrdiff_t>(begin),
                    p.begin() + static_cast<std::ptrdiff_t>(begin + rows));
}

}  // namespace

absl::StatusOr<std::vector<EvaluationSet>> DatasetOrigins(const std::shared_ptr<const Dataset>& data,
                                                          const TrainerConfig& config, const std::string& git_revision,
                                                          int origins) {
  ASSIGN_OR_RETURN(const std::vector<Plan> plans, MakePlans(config, *data, git_revision, origins));
  std::vector<EvaluationSet> sets;
  for (const Plan& plan : plans) {
    ASSIGN_OR_RETURN(EvaluationSet set, DatasetEvaluationSet(data, plan, config));
    sets.push_back(std::move(set));
  }
  return sets;
}

absl::StatusOr<std::vector<EvaluationSet>> SeriesOrigins(const SeriesPair& pair, const SeriesOptions& options,
                                                         int origins) {
  std::vector<SeriesOptions> splits = {options};
  if (origins != 1) {
    ASSIGN_OR_RETURN(const std::vector<Interval> periods, RollingSeriesPeriods(pair, options, origins));
    splits.assign(periods.size(), options);
    for (size_t k = 0; k < splits.size(); ++k) splits[k].test_period = periods[k];
  }
  std::vector<EvaluationSet> sets;
  for (const SeriesOptions& split : splits) {
    ASSIGN_OR_RETURN(std::unique_ptr<SeriesData> data, BuildSeriesData(pair, split));
    sets.push_back(SeriesEvaluationSet(std::move(data)));
  }
  return sets;
}

SetView PoolTestRows(absl::Span<const SetView> views) {
  TREMORCAST_CHECK(!views.empty());
  if (views.size() == 1) return views.front();
  SetView pooled;
  auto owners = std::make_shared<std::vector<std::shared_ptr<const void>>>();
  for (const SetView& view : views) {
    owners->push_back(view.owner);
    for (int sample : view.test) {
      pooled.test.push_back(static_cast<int>(pooled.samples.samples.size()));
      pooled.samples.samples.push_back(view.samples.samples[static_cast<size_t>(sample)]);
      pooled.weeks.push_back(view.weeks[static_cast<size_t>(sample)]);
      pooled.own_climatology.push_back(view.ClimatologyOf(sample));
    }
  }
  pooled.owner = std::move(owners);
  pooled.samples.source = views.back().samples.source;
  pooled.climatology = views.back().climatology;
  pooled.classes = views.back().classes;
  return pooled;
}

EvaluationSet PoolOrigins(absl::Span<const EvaluationSet> origins) {
  TREMORCAST_CHECK(!origins.empty());
  EvaluationSet pooled = origins.back();
  if (origins.size() == 1) return pooled;
  std::vector<SetView> views;
  std::string plans;
  for (const EvaluationSet& origin : origins) {
    views.push_back(origin.view);
    absl::StrAppend(&plans, origin.plan_hash, "\n");
    for (const std::string& caveat : origin.caveats) {
      if (std::find(pooled.caveats.begin(), pooled.caveats.end(), caveat) == pooled.caveats.end()) {
        pooled.caveats.push_back(caveat);
      }
    }
  }
  pooled.view = PoolTestRows(views);
  if (!pooled.plan_hash.empty()) pooled.plan_hash = Sha256Hex(plans);
  std::vector<ReferenceForecast> references;
  for (const ReferenceForecast& reference : pooled.references) {
    ReferenceForecast all{reference.name, {}};
    for (const EvaluationSet& origin : origins) {
      const ReferenceForecast* const own = origin.Find(reference.name);
      if (own != nullptr) AppendRows(own->probabilities, all.probabilities);
    }
    if (all.probabilities.size() == pooled.view.test.size()) references.push_back(std::move(all));
  }
  pooled.references = std::move(references);
  return pooled;
}

void Append(const SeedAnswers& later, SeedAnswers& answers) {
  const double before = static_cast<double>(answers.pooled.size()), more = static_cast<double>(later.pooled.size());
  if (before + more > 0) {
    answers.pool_weight = (before * answers.pool_weight + more * later.pool_weight) / (before + more);
  }
  answers.seconds += later.seconds;
  answers.event_reason = later.event_reason;
  // Where only some origins use the map, what is calibrated without one is both before and after.
  if (!later.before_isotonic.empty() && answers.before_isotonic.empty()) answers.before_isotonic = answers.calibrated;
  if (!later.before_isotonic.empty() || !answers.before_isotonic.empty()) {
    AppendRows(later.before_isotonic.empty() ? later.calibrated : later.before_isotonic, answers.before_isotonic);
  }
  AppendRows(later.balanced, answers.balanced);
  AppendRows(later.calibrated, answers.calibrated);
  AppendRows(later.pooled, answers.pooled);
  AppendRows(later.twin, answers.twin);
  AppendRows(later.twin_pooled, answers.twin_pooled);
}

std::vector<SeedAnswers> RowsOf(absl::Span<const SeedAnswers> seeds, size_t begin, size_t rows) {
  std::vector<SeedAnswers> part(seeds.begin(), seeds.end());
  for (SeedAnswers& seed : part) {
    KeepRows(begin, rows, seed.balanced);
    KeepRows(begin, rows, seed.calibrated);
    KeepRows(begin, rows, seed.pooled);
    KeepRows(begin, rows, seed.twin);
    KeepRows(begin, rows, seed.twin_pooled);
    KeepRows(begin, rows, seed.before_isotonic);
  }
  return part;
}

absl::StatusOr<std::vector<SetView>> ViewsOf(absl::Span<const EvaluationSet> origins, const ViewOf& view_of) {
  std::vector<SetView> views;
  for (const EvaluationSet& origin : origins) {
    ASSIGN_OR_RETURN(SetView view, view_of(origin));
    views.push_back(std::move(view));
  }
  return views;
}

absl::StatusOr<ProposedRun> RunProposed(absl::Span<const SetView> views, const EvaluateOptions& options, int seeds) {
  ProposedRun run{PoolTestRows(views), std::vector<SeedAnswers>(static_cast<size_t>(seeds))};
  for (int s = 0; s < seeds; ++s) {
    for (const SetView& view : views) {
      if (options.stop != nullptr && options.stop->load()) return absl::CancelledError("stopped");
      TrainOptions training = options.training;
      training.seed = options.first_seed + static_cast<uint64_t>(s);
      training.stop = options.stop;
      ASSIGN_OR_RETURN(std::unique_ptr<TrainedModel> model,
                       Train(view.Fitted(options.network), view.ForStudy().training, training));
      ASSIGN_OR_RETURN(SampleOutputs out, model->Predict(view.samples, view.test));
      Append({std::move(out.balanced), std::move(out.calibrated), std::move(out.pooled),
              model->calibration().pool_weight, 0, std::move(out.twin), std::move(out.twin_pooled)},
             run.answers[static_cast<size_t>(s)]);
    }
  }
  return run;
}

}  // namespace tremorcast
