#include "core/ladder/ladder_trial.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/catalogue_model.h"
#include "core/catalogue/climatology.h"
#include "core/catalogue/weekly_classes.h"
#include "core/network/rings.h"
#include "core/significance/detectable_gain.h"

namespace tremorcast {
namespace {

absl::Duration Mod(absl::Duration value, absl::Duration by) {
  absl::Duration rest;
  absl::IDivDuration(value, by, &rest);
  return rest < absl::ZeroDuration() ? rest + by : rest;
}

class Trial {
 public:
  Trial(absl::Span<const SeismicEvent> catalogue, absl::Span<const SeismicEvent> known,
        const LadderTrialOptions& options, const WeekGrid& grid)
      : catalogue_(catalogue), known_(known), options_(options), grid_(grid) {
    for (const Region& region : options.regions) {
      if (!region.whole_network) regions_.push_back(region);
    }
  }

  absl::StatusOr<LadderTrial> Run() {
    RETURN_IF_ERROR(Plan());
    for (size_t o = 0; o < trial_.origins.size(); ++o) RETURN_IF_ERROR(RunOrigin(trial_.origins[o], o == 0));
    RETURN_IF_ERROR(Learn());
    RETURN_IF_ERROR(Score());
    return std::move(trial_);
  }

 private:
  absl::Status Plan() {
    if (regions_.empty()) return absl::InvalidArgumentError("no region to forecast");
    if (options_.origins < 1) return absl::InvalidArgumentError("at least one origin is needed");
    history_ =
        BuildWeeklyClasses(regions_, catalogue_, options_.period, grid_, options_.rung.classes, options_.horizon);
    first_test_ = history_.IndexOf(options_.test_begin);
    if (history_.first_week + first_test_ * options_.step < options_.test_begin) ++first_test_;
    first_ = first_test_ - std::max<int64_t>(1, options_.calibration / options_.step);
    if (first_ < 1 || first_test_ + options_.origins > history_.weeks) {
      return absl::InvalidArgumentError(absl::StrCat("the catalogue's ", history_.weeks, " whole steps from ",
                                                     FormatNetworkTime(history_.first_week),
                                                     " do not hold the calibration period and the tests"));
    }
    trial_.origins.push_back({IssueAt(first_), IssueAt(first_test_), {}, {}});
    const int64_t tests = history_.weeks - first_test_;
    for (int o = 0; o < options_.origins; ++o) {
      trial_.origins.push_back({IssueAt(first_test_ + tests * o / options_.origins),
                                IssueAt(first_test_ + tests * (o + 1) / options_.origins),
                                {},
                                {}});
    }
    all_ = static_cast<int>(history_.weeks - first_);
    return absl::OkStatus();
  }

  absl::Duration Ahead() const { return std::min(options_.step, options_.horizon); }
  absl::Time IssueAt(int64_t index) const { return history_.first_week + index * options_.step; }

  absl::Status RunOrigin(LadderOrigin& origin, bool calibration) {
    const Interval before = {options_.period.begin, origin.begin};
    ASSIGN_OR_RETURN(origin.rung, FitCatalogueRung(known_, regions_, before, options_.rung));
    if (!learned_.empty()) {
      ASSIGN_OR_RETURN(origin.pool, FitPoolWeight(learned_));
    }
    const std::vector<ClassProbabilities> twin = MeanAnswers();
    double twin_weight = 0;
    if (!learned_.empty()) {
      std::vector<PoolSample> constant = learned_;
      for (size_t i = 0; i < constant.size(); ++i) constant[i].model = twin[i % regions_.size()];
      ASSIGN_OR_RETURN(const PoolFit fit, FitPoolWeight(constant));
      twin_weight = fit.weight;
    }
    std::optional<CatalogueModel> logistic;
    if (auto fitted = CatalogueModel::Fit(history_, origin.begin, {}); fitted.ok()) logistic = *std::move(fitted);

    const auto issues = static_cast<int>(history_.IndexOf(origin.end) - history_.IndexOf(origin.begin));
    std::vector<std::vector<LadderRow>> answered(static_cast<size_t>(issues));
    std::vector<absl::Status> faults(answered.size());
    EtasEvents past;
    if (origin.rung.accepted()) {
      const EtasModel& model = origin.rung.fit.model;
      past = SelectEtasEvents(known_, model.region, model.magnitudes, {options_.period.begin, origin.end});
    }
    const auto one = [&](int i) {
      const auto at = static_cast<size_t>(i);
      auto rows = Answer(origin, past, history_.IndexOf(origin.begin) + i);
      faults[at] = rows.status();
      if (rows.ok()) answered[at] = *std::move(rows);
      if (options_.progress) options_.progress(++done_, all_);
    };
    if (options_.for_each) {
      options_.for_each(issues, one);
    } else {
      for (int i = 0; i < issues; ++i) one(i);
    }
    for (const absl::Status& fault : faults) RETURN_IF_ERROR(fault);
    for (std::vector<LadderRow>& rows : answered) {
      for (LadderRow& row : rows) {
        learned_.push_back({row.issue, row.catalogue, row.climatology, row.label});
        if (calibration) continue;
        row.pooled = PoolWithClimatology(row.catalogue, row.climatology, origin.pool.weight);
        row.twin = PoolWithClimatology(twin[row.region], row.climatology, twin_weight);
        if (logistic.has_value()) {
          if (auto p = logistic->Predict(history_, regions_[row.region].id, row.issue); p.ok()) row.logistic = *p;
        }
        trial_.rows.push_back(row);
      }
    }
    return absl::OkStatus();
  }

  // By region, over all answers so far.
  std::vector<ClassProbabilities> MeanAnswers() const {
    std::vector<ClassProbabilities> mean(regions_.size());
    for (size_t i = 0; i < learned_.size(); ++i) {
      for (int k = 0; k < kClasses; ++k) mean[i % regions_.size()][k] += learned_[i].model[k];
    }
    const double answers = static_cast<double>(learned_.size()) / static_cast<double>(regions_.size());
    for (ClassProbabilities& p : mean) {
      for (double& value : p) value /= answers;
    }
    return mean;
  }

  absl::StatusOr<std::vector<LadderRow>> Answer(const LadderOrigin& origin, const EtasEvents& past,
                                                int64_t index) const {
    if (options_.stop && options_.stop()) return absl::CancelledError("stopped");
    const absl::Time issue = IssueAt(index);
    std::vector<std::vector<EtasOutlook>> outlooks;
    if (origin.rung.accepted()) {
      ASSIGN_OR_RETURN(
          outlooks,
          AnswerIssue(origin.rung.fit.model, past,
                      {regions_, issue, {absl::ToDoubleHours(Ahead()) / 24}, options_.catalogues, options_.seed},
                      options_.rung.classes));
    }
    ClassCounts network = {};
    std::vector<ClassCounts> counts(regions_.size());
    for (size_t r = 0; r < regions_.size(); ++r) {
      for (int64_t w = 0; w < index; ++w) ++counts[r][history_.Targets(r)[static_cast<size_t>(w)]];
      for (int k = 0; k < kClasses; ++k) network[k] += counts[r][k];
    }
    const ClassProbabilities prior = JeffreysSmoothed(network);
    std::vector<LadderRow> rows(regions_.size());
    for (size_t r = 0; r < regions_.size(); ++r) {
      LadderRow& row = rows[r];
      row.region = r;
      row.issue = issue;
      row.label = static_cast<int>(history_.Targets(r)[static_cast<size_t>(index)]);
      row.observed = Observed(regions_[r], {issue, issue + Ahead()});
      row.climatology = FloorAndNormalise(RegionClimatology(counts[r], prior));
      row.catalogue = row.climatology;
      if (outlooks.empty()) continue;
      const EtasOutlook& outlook = outlooks[r].front();
      row.catalogue = FloorAndNormalise(outlook.probabilities);
      row.expected = outlook.expected;
      row.low = outlook.low;
      row.high = outlook.high;
    }
    return rows;
  }

  // Of all answers, what a later model is given.
  absl::Status Learn() {
    ASSIGN_OR_RETURN(trial_.pool, FitPoolWeight(learned_));
    trial_.answers = static_cast<int>(learned_.size());
    const std::vector<ClassProbabilities> mean = MeanAnswers();
    trial_.twin.network = {};
    for (size_t r = 0; r < regions_.size(); ++r) {
      trial_.twin.regions[regions_[r].id] = mean[r];
      for (int k = 0; k < kClasses; ++k) trial_.twin.network[k] += mean[r][k] / static_cast<double>(regions_.size());
    }
    return absl::OkStatus();
  }

  int Observed(const Region& region, const Interval& period) const {
    return static_cast<int>(std::count_if(catalogue_.begin(), catalogue_.end(), [&](const SeismicEvent& event) {
      return !event.deleted && period.Contains(event.origin_time) &&
             options_.rung.classes.ClassOf(event.magnitude) > 0 && RegionContains(region, event.epicenter);
    }));
  }

  // Over `reference`; nothing where rows lack it.
  template <typename Forecast, typename Reference>
  std::optional<MeanInterval> Gain(Forecast forecast, Reference reference) const {
    std::vector<ScoredWeek> scored;
    for (const LadderRow& row : trial_.rows) {
      const std::optional<ClassProbabilities> c = reference(row);
      if (!c.has_value()) return std::nullopt;
      scored.push_back({row.issue, forecast(row), FloorAndNormalise(*c), row.label});
    }
    BootstrapOptions bootstrap = options_.bootstrap;
    // An aftershock sequence ties days together as it does weeks.
    if (options_.step < kWeekLength && !bootstrap.block_weeks.has_value()) {
      bootstrap.block_weeks = static_cast<int>(2 * kWeekLength / options_.step);
    }
    auto interval = BootstrapGain(scored, bootstrap);
    return interval.ok() ? std::optional<MeanInterval>(*interval) : std::nullopt;
  }

  absl::Status Score() {
    const auto pooled = [](const LadderRow& row) { return row.pooled; };
    const auto alone = [](const LadderRow& row) { return row.catalogue; };
    const auto climatology = [](const LadderRow& row) { return std::optional(row.climatology); };
    trial_.gain = Gain(pooled, climatology);
    trial_.gain_before_pool = Gain(alone, climatology);
    trial_.gain_over_twin = Gain(pooled, [](const LadderRow& row) { return std::optional(row.twin); });
    trial_.gain_over_logistic = Gain(pooled, [](const LadderRow& row) { return row.logistic; });

    std::vector<ScoredWeek> issued, before_pool;
    std::vector<ReferenceWeek> reference;
    int in_range = 0;
    for (const LadderRow& row : trial_.rows) {
      issued.push_back({row.issue, row.pooled, row.climatology, row.label});
      before_pool.push_back({row.issue, row.catalogue, row.climatology, row.label});
      reference.push_back({row.issue, 1 - row.climatology[0]});
      trial_.observed += row.observed;
      trial_.expected += row.expected;
      in_range += row.low <= row.observed && row.observed <= row.high ? 1 : 0;
    }
    trial_.in_range = in_range / static_cast<double>(trial_.rows.size());
    trial_.scores = Summarise(issued);
    trial_.gain_before_pool_per_event_row = Summarise(before_pool).gain_per_event_week;

    GateEvidence& evidence = trial_.evidence;
    evidence.catalogue_model = true;
    if (options_.step != kWeekLength) evidence.issue = options_.step == absl::Hours(24) ? "day" : "issue";
    evidence.test_weeks = trial_.scores.weeks;
    evidence.event_region_weeks = trial_.scores.event_weeks;
    evidence.pool_weight = std::min(trial_.origins.back().pool.weight, trial_.pool.weight);
    evidence.gain_over_climatology = trial_.gain;
    evidence.gain_over_twin = trial_.gain_over_twin;
    DetectableGainOptions detectable;
    detectable.min_events = options_.gate.min_event_region_weeks;
    if (auto gain = DetectableGain(reference, options_.bootstrap, detectable); gain.ok()) {
      evidence.detectable_gain = *gain;
    }
    trial_.verdict = DecideSkill(evidence, options_.gate);
    return absl::OkStatus();
  }

  const absl::Span<const SeismicEvent> catalogue_, known_;
  const LadderTrialOptions& options_;
  const WeekGrid grid_;
  std::vector<Region> regions_;
  WeeklyClasses history_;
  int64_t first_ = 0, first_test_ = 0;
  int all_ = 0;
  std::atomic<int> done_{0};
  std::vector<PoolSample> learned_;  // all answers so far, by issue, then region
  LadderTrial trial_;
};

}  // namespace

absl::StatusOr<LadderTrial> TryLadder(absl::Span<const SeismicEvent> catalogue, absl::Span<const SeismicEvent> known,
                                      const LadderTrialOptions& options) {
  if (options.step <= absl::ZeroDuration() || Mod(options.step, absl::Hours(24)) != absl::ZeroDuration()) {
    return absl::InvalidArgumentError("the step is not a number of days");
  }
  // A length on which every issue of the service falls.
  ASSIGN_OR_RETURN(const WeekGrid grid, WeekGrid::Create(WeekGrid::Service().Containing(options.period.begin).begin +
                                                             options.after_week_start,
                                                         options.step));
  return Trial(catalogue, known, options, grid).Run();
}

std::vector<SeismicEvent> ShiftedCatalogue(absl::Span<const SeismicEvent> catalogue, const Interval& period,
                                           absl::Duration shift) {
  std::vector<SeismicEvent> shifted;
  for (const SeismicEvent& event : catalogue) {
    if (!period.Contains(event.origin_time)) continue;
    shifted.push_back(event);
    shifted.back().origin_time = period.begin + Mod(event.origin_time - period.begin + shift, period.length());
  }
  std::stable_sort(shifted.begin(), shifted.end(),
                   [](const SeismicEvent& a, const SeismicEvent& b) { return a.origin_time < b.origin_time; });
  return shifted;
}

std::vector<SeismicEvent> MirroredCatalogue(absl::Span<const SeismicEvent> catalogue,
                                            absl::Span<const Region> regions) {
  const std::vector<GeoPoint> box = BoxAround(regions);
  if (box.empty()) return {catalogue.begin(), catalogue.end()};
  const double both = box[0].latitude_deg + box[2].latitude_deg;  // opposite corners
  std::vector<SeismicEvent> mirrored(catalogue.begin(), catalogue.end());
  for (SeismicEvent& event : mirrored) {
    event.epicenter.latitude_deg = std::clamp(both - event.epicenter.latitude_deg, -90.0, 90.0);
  }
  return mirrored;
}

}  // namespace tremorcast
