#include "trainer/run/rung_below.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"
#include "core/ladder/ladder_trial.h"
#include "core/skill/records.h"
#include "trainer/run/issue_threads.h"

namespace tremorcast {
namespace {

constexpr int64_t kYearWeeks = 52;
constexpr int64_t kFewestLearning = 8;  // weeks of answers that the rung's own pool learns from

// The issues that are calibrated or tested on, from the first of any plan to the end of the last.
Interval JudgedIssues(absl::Span<const Plan> plans) {
  Interval judged{absl::InfiniteFuture(), absl::InfinitePast()};
  for (const Plan& plan : plans) {
    judged.begin = std::min(judged.begin, plan.calibration_begin());
    if (!plan.slices.test.empty()) judged.end = std::max(judged.end, plan.slices.test.back() + kWeekLength);
  }
  return judged;
}

absl::StatusOr<LadderTrial> Try(const Dataset& data, const Interval& judged, const TrainerConfig& config,
                                const TrainingControl& control) {
  if (judged.empty()) return absl::FailedPreconditionError("there is no test to answer");
  LadderTrialOptions options;
  options.regions = data.regions;
  options.rung.classes = config.data.classes;
  options.period = {data.catalogue.begin, std::min(judged.end, data.catalogue.end)};
  options.test_begin = judged.begin;
  options.after_week_start = config.data.question.after_week_start();
  options.horizon = config.data.question.horizon();
  // Half of what lies between the sources and the first issue is fitted to, and the pool learns from
  // the rest, a year at most.
  const int64_t weeks = (judged.begin - options.period.begin - options.rung.auxiliary) / kWeekLength;
  const int64_t learning = std::min(kYearWeeks, weeks / 2);
  if (learning < kFewestLearning) {
    return absl::FailedPreconditionError(
        absl::StrCat("the catalogue begins only on ", FormatNetworkTime(data.catalogue.begin)));
  }
  options.calibration = learning * kWeekLength;
  options.origins = static_cast<int>(std::max<int64_t>(1, judged.length() / (kYearWeeks * kWeekLength)));
  options.catalogues = config.below_catalogues;
  options.seed = config.training.seed;
  options.bootstrap = config.bootstrap;
  options.gate = config.gate;
  options.for_each = ForEachOnThreads(config.training.threads);
  options.stop = [&control] { return control.StopAsked(); };
  if (control.progress) {
    options.progress = OneAtATime([&control](int done, int all) {
      control.progress({"the catalogue rung", done, all, "issues", "", 0.1});
    });
  }
  return TryLadder(data.events, data.events, options);
}

}  // namespace

absl::StatusOr<Rung> ChooseRungBelow(ModelRegistry& models, bool simulated, std::optional<Rung> asked) {
  if (asked.has_value()) return *asked;
  ASSIGN_OR_RETURN(const auto champions, models.Champions(absl::InfiniteFuture()));
  const auto champion = champions.find(RegionId(kCatalogueScope));
  if (champion == champions.end() || champion->second.version.empty()) return Rung::kClimatology;
  ASSIGN_OR_RETURN(const ModelRecord record, models.Get(champion->second.version));
  return record.simulated == simulated ? Rung::kCatalogue : Rung::kClimatology;
}

absl::Status AnswerRungBelow(absl::Span<const Plan> plans, const TrainerConfig& config, const TrainingControl& control,
                             Dataset& data) {
  if (config.below != Rung::kCatalogue) return absl::OkStatus();
  auto below = std::make_shared<RungBelow>();
  absl::StatusOr<LadderTrial> trial = Try(data, JudgedIssues(plans), config, control);
  if (absl::IsCancelled(trial.status())) return trial.status();
  if (!trial.ok()) {
    below->missing = std::string(trial.status().message());
    data.rung_below = std::move(below);
    return absl::OkStatus();
  }
  std::vector<RegionId> areas;  // as the rows count them
  for (const Region& region : data.regions) {
    if (!region.whole_network) areas.push_back(region.id);
  }
  std::map<std::pair<RegionId, absl::Time>, const LadderRow*> rows;
  for (const LadderRow& row : trial->rows) rows[{areas[row.region], row.issue}] = &row;
  for (size_t i = 0; i < data.samples.samples.size(); ++i) {
    Sample& sample = data.samples.samples[i];
    const auto row = rows.find({sample.region, data.sample_issue[i]});
    if (row == rows.end()) continue;
    const ClassProbabilities p = FloorAndNormalise(row->second->pooled);
    sample.below.assign(p.begin(), p.end());
  }
  below->trial = *std::move(trial);
  data.rung_below = std::move(below);
  return absl::OkStatus();
}

}  // namespace tremorcast
