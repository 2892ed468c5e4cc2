#include "trainer/evaluate/sets/describe_set.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

SliceFacts FactsOfSlice(const std::string& name, const std::vector<int>& slice, const EvaluationSet& set) {
  SliceFacts facts;
  facts.name = name;
  facts.rows = static_cast<int>(slice.size());
  facts.class_counts.resize(static_cast<size_t>(set.view.classes));
  std::set<absl::Time> issues;
  const WindowSource& source = *set.view.samples.source;
  std::vector<float> values(static_cast<size_t>(source.channels()) * static_cast<size_t>(source.slots()));
  int64_t missing = 0, seen = 0;
  const size_t steps = static_cast<size_t>(source.slots());
  for (int sample : slice) {
    ++facts.class_counts[static_cast<size_t>(set.view.label(sample))];
    issues.insert(set.view.weeks[static_cast<size_t>(sample)]);
    for (int window : set.view.samples.samples[static_cast<size_t>(sample)].windows) {
      if (!source.Read(window, absl::MakeSpan(values)).ok()) continue;
      for (size_t channel = 0; channel * steps < values.size(); ++channel) {
        const size_t own =
            set.own_steps.empty() ? steps : static_cast<size_t>(set.own_steps[static_cast<size_t>(window)][channel]);
        const absl::Span<const float> present = absl::MakeConstSpan(values).subspan(channel * steps, own);
        missing += std::count_if(present.begin(), present.end(), [](float x) { return std::isnan(x); });
        seen += static_cast<int64_t>(own);
      }
    }
  }
  facts.issues = static_cast<int>(issues.size());
  if (seen > 0) facts.missing_fraction = static_cast<double>(missing) / static_cast<double>(seen);
  if (set.ordered_in_time && !issues.empty()) {
    facts.first = *issues.begin();
    facts.last = *issues.rbegin();
  }
  return facts;
}

}  // namespace

void DescribeSet(absl::Span<const EvaluationSet> origins, const EvaluationSet& pooled, EvaluationReport& report) {
  report.title = pooled.title;
  report.data_source = pooled.source;
  report.data_hash = pooled.data_hash;
  report.plan_hash = pooled.plan_hash;
  report.ordered_in_time = pooled.ordered_in_time;
  report.simulated = pooled.simulated;
  report.class_names = pooled.class_names;
  report.published = pooled.published;
  report.caveats.insert(report.caveats.end(), pooled.caveats.begin(), pooled.caveats.end());
  report.channels = pooled.view.samples.source->channels();
  report.steps = pooled.view.samples.source->slots();
  for (const auto& [region, p] : pooled.view.climatology) report.regions.push_back(region.value());
  const EvaluationSet& newest = origins.back();
  report.slices.push_back(FactsOfSlice("train", newest.view.train, newest));
  report.slices.push_back(FactsOfSlice("early stop", newest.view.early_stop, newest));
  report.slices.push_back(FactsOfSlice("calibration", newest.view.calibration, newest));
  report.slices.push_back(FactsOfSlice("test", pooled.view.test, pooled));
  if (origins.size() > 1) {
    report.caveats.push_back(
        absl::StrCat(origins.size(),
                     " rolling origins: every figure is over the test weeks of all of them; the slices train, early "
                     "stop and calibration are those of the newest, and so are the loss curves"));
  }
}

}  // namespace tremorcast
