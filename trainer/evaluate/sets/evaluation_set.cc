#include "trainer/evaluate/sets/evaluation_set.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/catalogue_model.h"
#include "core/catalogue/climatology.h"
#include "core/catalogue/persistence_model.h"
#include "trainer/evaluate/sets/row_scores.h"

namespace tremorcast {
namespace {

std::vector<double> Smoothed(const std::vector<double>& counts) {
  const double half = 0.5;
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0) + half * static_cast<double>(counts.size());
  std::vector<double> p;
  for (double n : counts) p.push_back((n + half) / total);
  return p;
}

using Predict = std::function<absl::StatusOr<ClassProbabilities>(const RegionId& region, absl::Time week)>;

absl::StatusOr<ReferenceForecast> PredictReference(const std::string& name, const EvaluationSet& set,
                                                   const Predict& predict) {
  ReferenceForecast reference{name, {}};
  for (int sample : set.view.test) {
    const Sample& s = set.view.samples.samples[static_cast<size_t>(sample)];
    ASSIGN_OR_RETURN(ClassProbabilities p, predict(s.region, set.times[static_cast<size_t>(sample)].label.begin));
    reference.probabilities.push_back(Floored(std::vector<double>(p.begin(), p.begin() + set.view.classes)));
  }
  return reference;
}

}  // namespace

StudyData SetView::ForStudy() const {
  StudyData data;
  data.training.set = &samples;
  data.training.train = train;
  data.training.early_stop = early_stop;
  data.training.calibration = calibration;
  data.training.climatology = climatology;
  data.training.climatology_before_calibration = climatology_before_calibration;
  data.test = test;
  return data;
}

NetworkConfig SetView::Fitted(NetworkConfig config) const {
  config.channels = samples.source->channels();
  config.input_slots = config.slots = samples.source->slots();
  config.classes = classes;
  return config;
}

std::vector<double> SetView::ClimatologyOf(int sample) const {
  if (!own_climatology.empty()) return own_climatology[static_cast<size_t>(sample)];
  const auto it = climatology.find(samples.samples[static_cast<size_t>(sample)].region);
  if (it != climatology.end()) return Floored(it->second);
  std::vector<double> mean(static_cast<size_t>(classes), 0);
  for (const auto& [region, p] : climatology) {
    for (size_t k = 0; k < mean.size(); ++k) mean[k] += p[k] / static_cast<double>(climatology.size());
  }
  return Floored(std::move(mean));
}

std::vector<double> SetView::BelowOf(int sample) const {
  const std::vector<double>& below = samples.samples[static_cast<size_t>(sample)].below;
  return below.empty() ? ClimatologyOf(sample) : Floored(below);
}

const ReferenceForecast* EvaluationSet::Find(const std::string& reference) const {
  const auto it =
      std::find_if(references.begin(), references.end(), [&](const auto& r) { return r.name == reference; });
  return it == references.end() ? nullptr : &*it;
}

BootstrapOptions EvaluationSet::Bootstrap(BootstrapOptions options) const {
  options.block_weeks = block_weeks;
  return options;
}

std::map<RegionId, std::vector<double>> CountClimatology(const SetView& view, CountedSlices slices) {
  const size_t classes = static_cast<size_t>(view.classes);
  std::vector<double> all(classes, 0);
  std::map<RegionId, std::vector<double>> counts;
  std::vector<const std::vector<int>*> counted = {&view.train, &view.early_stop};
  if (slices == CountedSlices::kBeforeTest) counted.push_back(&view.calibration);
  for (const std::vector<int>* slice : counted) {
    for (int sample : *slice) {
      const Sample& s = view.samples.samples[static_cast<size_t>(sample)];
      std::vector<double>& own = counts.try_emplace(s.region, classes, 0).first->second;
      ++own[static_cast<size_t>(s.label)];
      ++all[static_cast<size_t>(s.label)];
    }
  }
  const std::vector<double> prior = Smoothed(all);
  for (auto& [region, own] : counts) {
    const double total = std::accumulate(own.begin(), own.end(), 0.0);
    for (size_t k = 0; k < classes; ++k) {
      own[k] = (own[k] + kClimatologyPriorWeeks * prior[k]) / (total + kClimatologyPriorWeeks);
    }
  }
  return counts;
}

void CountClimatologies(SetView& view) {
  for (Sample& sample : view.samples.samples) sample.below.clear();
  view.climatology = CountClimatology(view);
  view.climatology_before_calibration = CountClimatology(view, CountedSlices::kBeforeCalibration);
}

void AddCatalogueReferences(const WeeklyClasses& history, absl::Time test_begin, EvaluationSet& set) {
  const auto add = [&set](const std::string& name, const auto& model, const Predict& predict) {
    absl::Status status = model.status();
    if (status.ok()) {
      absl::StatusOr<ReferenceForecast> reference = PredictReference(name, set, predict);
      status = reference.status();
      if (reference.ok()) set.references.push_back(*std::move(reference));
    }
    if (!status.ok()) set.caveats.push_back(absl::StrCat("no ", name, " reference: ", std::string(status.message())));
  };
  const absl::StatusOr<PersistenceModel> persistence = PersistenceModel::Fit(history, test_begin);
  add("persistence", persistence,
      [&](const RegionId& region, absl::Time week) { return persistence->Predict(history, region, week); });
  const absl::StatusOr<CatalogueModel> catalogue = CatalogueModel::Fit(history, test_begin, {});
  add("catalogue-only", catalogue,
      [&](const RegionId& region, absl::Time week) { return catalogue->Predict(history, region, week); });
}

}  // namespace tremorcast
