#include "trainer/run/plan.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

// Train, one skipped, early stop.
constexpr int kFewestIssues = 3;

std::vector<absl::Time> IssuesWithSamples(const Dataset& data) {
  std::set<absl::Time> issues;
  for (const RegionWeek& week : data.weeks) {
    if (week.sample >= 0 && !week.whole_network) issues.insert(week.issue);
  }
  if (issues.empty()) issues.insert(data.sample_issue.begin(), data.sample_issue.end());
  return {issues.begin(), issues.end()};
}

absl::StatusOr<Slices> Divide(const std::vector<absl::Time>& issues, const TrainerConfig& config, bool& shrunk) {
  const SplitSizes& wanted = config.split;
  if (config.test_period) {
    absl::StatusOr<Slices> slices = SplitIssuesAt(issues, *config.test_period, wanted);
    if (slices.ok()) shrunk = static_cast<int>(slices->calibration.size()) < wanted.calibration;
    return slices;
  }
  const int count = static_cast<int>(issues.size());
  if (absl::StatusOr<SplitSizes> sizes = ShrinkToFit(count, wanted); sizes.ok()) {
    shrunk = sizes->test != wanted.test || sizes->calibration != wanted.calibration;
    return SplitIssues(issues, *sizes);
  }
  shrunk = true;
  const int skipped = wanted.skipped;
  if (count < kFewestIssues || count < skipped + 2) {
    return absl::FailedPreconditionError(absl::StrCat("only ", count,
                                                      " weeks with enough stations and a known outcome; at least ",
                                                      std::max(kFewestIssues, skipped + 2), " are needed"));
  }
  Slices slices;
  slices.train.assign(issues.begin(), issues.end() - skipped - 1);
  slices.early_stop.assign(issues.end() - 1, issues.end());
  return slices;
}

std::vector<SampleTimes> TimesOf(const StationQuestion& question,
                                 std::initializer_list<const std::vector<absl::Time>*> slices) {
  std::vector<SampleTimes> times;
  for (const auto* slice : slices) {
    for (const absl::Time issue : *slice) {
      times.push_back({issue, {issue - kWeekLength, issue}, question.TargetOf(issue)});
    }
  }
  return times;
}

std::string DayOf(absl::Time t) { return absl::FormatTime("%Y-%m-%d", t, NetworkTimeZone()); }

Json Describe(const std::vector<absl::Time>& slice) {
  Json json;
  json["issues"] = slice.size();
  if (!slice.empty()) {
    json["first"] = FormatUtc(slice.front());
    json["last"] = FormatUtc(slice.back());
  }
  return json;
}

std::string Summarise(const Slices& slices) {
  std::vector<std::string> parts;
  for (const auto& [name, slice] : {std::pair("train", &slices.train), std::pair("early stop", &slices.early_stop),
                                    std::pair("calibration", &slices.calibration), std::pair("test", &slices.test)}) {
    parts.push_back(slice->empty() ? absl::StrCat(name, " none")
                                   : absl::StrCat(name, " ", DayOf(slice->front()), " to ", DayOf(slice->back()), " (",
                                                  slice->size(), slice->size() == 1 ? " issue)" : " issues)"));
  }
  return absl::StrJoin(parts, ", ");
}

bool IsOfKind(const RegionWeek& week, RegionKind kind) {
  return week.whole_network == (kind == RegionKind::kWholeNetwork);
}

bool IsIssue(const RegionWeek& week, const std::vector<absl::Time>& issues) {
  return std::binary_search(issues.begin(), issues.end(), week.issue);
}

}  // namespace

absl::StatusOr<Plan> MakePlan(const TrainerConfig& config, const Dataset& data, const std::string& git_revision) {
  Plan plan;
  ASSIGN_OR_RETURN(Slices slices, Divide(IssuesWithSamples(data), config, plan.shrunk));
  plan.slices = std::move(slices);
  const Slices& s = plan.slices;
  if (absl::Status leak = CheckNoLeak(TimesOf(config.data.question, {&s.train, &s.early_stop, &s.calibration}),
                                      TimesOf(config.data.question, {&s.test}));
      !leak.ok()) {
    return leak;
  }
  const absl::Time last = s.calibration.empty() ? s.early_stop.back() : s.calibration.back();
  plan.training_period = {s.train.front() - kWeekLength, config.data.question.TargetOf(last).end};
  plan.test_begin = s.test.empty() ? data.catalogue.end : s.test.front();
  plan.summary = Summarise(s);
  if (const std::string asked = DescribeQuestion(config.data.question); !asked.empty())
    absl::StrAppend(&plan.summary, "; ", asked);

  Json json;
  json["plan"] = "tremorcast-plan-1";
  json["git_revision"] = git_revision;
  json["data_hash"] = data.data_hash;
  json["simulated"] = data.simulated;
  json["train"] = Describe(s.train);
  json["early_stop"] = Describe(s.early_stop);
  json["calibration"] = Describe(s.calibration);
  json["test"] = Describe(s.test);
  json["configuration"] = Json::parse(config.ToJson());
  plan.json = json.dump();
  plan.hash = Sha256Hex(plan.json);
  return plan;
}

absl::StatusOr<std::vector<Plan>> MakeRollingPlans(const TrainerConfig& config, const Dataset& data,
                                                   const std::string& git_revision, int origins) {
  std::vector<absl::Time> tested = IssuesWithSamples(data);
  if (config.test_period) {
    std::erase_if(tested, [&](absl::Time issue) { return !config.test_period->Contains(issue); });
  } else {
    const size_t wanted = static_cast<size_t>(config.split.test) * static_cast<size_t>(std::max(origins, 1));
    if (tested.size() > wanted) tested.erase(tested.begin(), tested.end() - static_cast<std::ptrdiff_t>(wanted));
  }
  ASSIGN_OR_RETURN(const std::vector<Interval> periods, RollingTestPeriods(tested, origins));
  std::vector<Plan> plans;
  for (const Interval& period : periods) {
    TrainerConfig own = config;
    own.test_period = period;
    ASSIGN_OR_RETURN(Plan plan, MakePlan(own, data, git_revision));
    plans.push_back(std::move(plan));
  }
  return plans;
}

absl::StatusOr<std::vector<Plan>> MakePlans(const TrainerConfig& config, const Dataset& data,
                                            const std::string& git_revision, int origins) {
  if (origins > 1) return MakeRollingPlans(config, data, git_revision, origins);
  ASSIGN_OR_RETURN(Plan plan, MakePlan(config, data, git_revision));
  return std::vector<Plan>{std::move(plan)};
}

std::vector<Region> RegionsOf(const Dataset& data, RegionKind kind) {
  std::set<RegionId> wanted;
  for (const RegionWeek& week : data.weeks) {
    if (IsOfKind(week, kind)) wanted.insert(week.region);
  }
  std::vector<Region> regions;
  for (const Region& region : data.regions) {
    if (wanted.contains(region.id)) regions.push_back(region);
  }
  return regions;
}

std::vector<int> SamplesOf(const Dataset& data, const std::vector<absl::Time>& issues, RegionKind kind) {
  std::vector<int> samples;
  for (const RegionWeek& week : data.weeks) {
    if (week.sample >= 0 && IsOfKind(week, kind) && IsIssue(week, issues)) samples.push_back(week.sample);
  }
  return samples;
}

std::vector<RegionWeek> AbstainedWeeks(const Dataset& data, const std::vector<absl::Time>& issues, RegionKind kind) {
  std::vector<RegionWeek> abstained;
  for (const RegionWeek& week : data.weeks) {
    if (week.sample < 0 && IsOfKind(week, kind) && IsIssue(week, issues)) abstained.push_back(week);
  }
  return abstained;
}

}  // namespace tremorcast
