#include "trainer/evaluate/variants.h"

#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "core/base/status_macros.h"
#include "trainer/evaluate/origins.h"
#include "trainer/evaluate/sets/row_scores.h"
#include "trainer/evaluate/sets/set_views.h"

namespace tremorcast {
namespace {

absl::StatusOr<VariantRow> RunVariant(absl::Span<const EvaluationSet> origins, const EvaluateOptions& options,
                                      const std::string& experiment, const std::string& setting,
                                      const ViewOf& view_of) {
  VariantRow row;
  row.experiment = experiment;
  row.setting = setting;
  const absl::StatusOr<std::vector<SetView>> views = ViewsOf(origins, view_of);
  if (!views.ok()) {
    absl::StrAppend(&row.setting, ": not possible, ", std::string(views.status().message()));
    return row;
  }
  ASSIGN_OR_RETURN(ProposedRun run, RunProposed(*views, options, options.placebo_seeds));
  const RowScorer scorer(run.view, origins.back().Bootstrap(options.bootstrap), nullptr);
  MethodRow scored;
  RETURN_IF_ERROR(scorer.Score(run.answers, scored));
  row.test_rows = static_cast<int>(run.view.test.size());
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

// An experiment, a setting of it, and the view it is run on.
struct Variant {
  std::string experiment, setting;
  ViewOf view;
};

std::vector<Variant> VariantsOf(const EvaluationSet& set, const EvaluateOptions& options) {
  const VariantChoice& choice = options.variants;
  std::vector<Variant> variants;
  if (choice.leave_one_region_out) {
    std::set<RegionId> regions;
    for (int sample : set.view.test) regions.insert(set.view.samples.samples[static_cast<size_t>(sample)].region);
    for (const RegionId& region : regions) {
      variants.push_back({"leave one region out", absl::StrCat(region.value(), " never trained on"),
                          [region](const EvaluationSet& s) { return WithoutRegion(s, region); }});
    }
  }
  if (choice.feature_groups) {
    for (const auto& [name, keep] : FeatureGroups(set)) {
      variants.push_back({"feature groups", name, [keep](const EvaluationSet& s) { return OnlyChannels(s, keep); }});
    }
  }
  constexpr std::array<int, 4> kPercent = {100, 75, 50, 25};
  for (int percent : kPercent) {
    if (!choice.station_dropout) break;
    variants.push_back({"stations of the test weeks", absl::StrCat(percent, " % kept"),
                        [percent, seed = options.first_seed](const EvaluationSet& s) {
                          return FewerTestStations(s, percent / 100.0, seed);
                        }});
  }
  for (int percent : kPercent) {
    if (!choice.learning_curve) break;
    variants.push_back({"learning curve", absl::StrCat("newest ", percent, " % of the training issues"),
                        [percent](const EvaluationSet& s) { return NewestTraining(s, percent / 100.0); }});
  }
  for (int days : choice.horizon_days) {
    variants.push_back({"shorter horizon",
                        absl::StrCat("largest event of the next ", days, days == 1 ? " day" : " days"),
                        [days](const EvaluationSet& s) { return ShorterHorizon(s, days); }});
  }
  for (absl::Duration later : choice.issue_times) {
    variants.push_back({"issue time", absl::StrCat("issued ", absl::FormatDuration(later), " after the week begins"),
                        [later](const EvaluationSet& s) { return IssuedLater(s, later); }});
  }
  return variants;
}

}  // namespace

absl::StatusOr<std::vector<VariantRow>> RunVariants(absl::Span<const EvaluationSet> origins,
                                                    const EvaluateOptions& options) {
  std::vector<VariantRow> rows;
  for (const Variant& variant : VariantsOf(origins.back(), options)) {
    ASSIGN_OR_RETURN(VariantRow row, RunVariant(origins, options, variant.experiment, variant.setting, variant.view));
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::StatusOr<std::vector<MethodRow>> RunLeakDemonstrations(absl::Span<const EvaluationSet> origins,
                                                             const EvaluateOptions& options) {
  std::vector<std::string> modes;
  if (options.station_mode) modes.emplace_back("station mode");
  if (options.daily_issues) modes.emplace_back("daily issues");
  std::vector<MethodRow> rows;
  if (modes.empty()) return rows;
  for (const bool random : {false, true}) {
    ASSIGN_OR_RETURN(const std::vector<SetView> views,
                     ViewsOf(origins, [&](const EvaluationSet& set) -> absl::StatusOr<SetView> {
                       EvaluationSet changed = set;
                       if (options.daily_issues) {
                         ASSIGN_OR_RETURN(changed.view, DailyIssues(set));
                       }
                       if (options.station_mode) changed.view = ByStation(changed.view);
                       if (random) return RandomSplit(changed, options.first_seed);
                       return changed.view;
                     }));
    ASSIGN_OR_RETURN(ProposedRun run, RunProposed(views, options, options.placebo_seeds));
    MethodRow row;
    row.table = absl::StrJoin(modes, ", ");
    row.name = random ? "random split: a leak, on purpose" : "split in time";
    const RowScorer scorer(run.view, origins.back().Bootstrap(options.bootstrap), nullptr);
    RETURN_IF_ERROR(scorer.Score(run.answers, row));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tremorcast
