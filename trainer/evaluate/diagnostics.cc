#include "trainer/evaluate/diagnostics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"
#include "core/csep/number_test.h"
#include "core/significance/diebold_mariano.h"
#include "core/significance/holm.h"
#include "core/verification/alarm_table.h"
#include "core/verification/gambling_score.h"
#include "core/verification/weekly_series.h"
#include "trainer/evaluate/placebos.h"

namespace tremorcast {
namespace {

constexpr double kAlarmRatio = 2;

// Probability of class k and above.
double Exceedance(const std::vector<double>& p, size_t k) {
  double sum = 0;
  for (size_t j = k; j < p.size(); ++j) sum += p[j];
  return std::clamp(sum, kProbabilityFloor, 1 - kProbabilityFloor);
}

std::vector<BinaryOutcome> EventOutcomes(const Probabilities& p, const std::vector<int>& labels) {
  std::vector<BinaryOutcome> outcomes;
  for (size_t i = 0; i < p.size(); ++i) outcomes.push_back({Exceedance(p[i], 1), labels[i] > 0, 1});
  return outcomes;
}

// Scores that other groups quote. A score that cannot be computed is left out.
void AddEventScores(const std::vector<BinaryOutcome>& outcomes, const RowScorer& scorer, EvaluationReport& report) {
  std::vector<BinaryOutcome> ratios = outcomes;
  std::vector<double> probabilities;
  double gambling = 0;
  for (size_t i = 0; i < ratios.size(); ++i) {
    const double usual = Exceedance(scorer.climatology()[i], 1);
    probabilities.push_back(ratios[i].probability);
    const bool alarm = ratios[i].probability >= kAlarmRatio * usual;
    gambling += AlarmGamblingReturn(alarm, ratios[i].event, usual).value_or(0);
    ratios[i].probability = alarm ? 1 : 0;
  }
  const auto add = [&report](const std::string& name, const absl::StatusOr<double>& value, const std::string& comment) {
    if (value.ok()) report.event_scores.push_back({name, *value, comment});
  };
  if (const absl::StatusOr<AlarmTable> table = CountAlarms(ratios, 0.5); table.ok()) {
    const std::string rule =
        absl::StrCat("alarm at ", kAlarmRatio, " times climatology: ", table->hits, " hits, ", table->false_alarms,
                     " false, ", table->misses, " missed, ", table->quiet, " quiet");
    add("Peirce score", PierceScore(*table), rule);
    add("R-score", RScore(*table), "hit rate minus alarmed share");
    add("gambling return", gambling / static_cast<double>(outcomes.size()), "points a row; not proper");
  }
  if (const auto test = PoissonBinomialNumberTest(probabilities, scorer.event_rows()); test.ok()) {
    const std::string numbers = absl::StrFormat("expected %.1f event rows, observed %d; rows taken as independent",
                                                test->mean, scorer.event_rows());
    add("N-test, P(at least observed)", test->at_least, numbers);
    add("N-test, P(at most observed)", test->at_most, "");
  }
}

// Reliability of P(class >= 1) before the pool, without the isotonic map and with it, where it is
// used.
absl::Status AddIsotonic(const RowScorer& scorer, const std::vector<SeedAnswers>& answers, EvaluationReport& report) {
  if (!answers.front().event_reason.empty()) report.caveats.push_back(answers.front().event_reason);
  std::vector<SeedAnswers> before;
  for (const SeedAnswers& seed : answers) {
    if (!seed.before_isotonic.empty()) before.push_back(seed);
  }
  if (before.empty()) return absl::OkStatus();
  for (const bool mapped : {false, true}) {
    const auto part = mapped ? &SeedAnswers::calibrated : &SeedAnswers::before_isotonic;
    ASSIGN_OR_RETURN(const Reliability r, MeasureReliability(EventOutcomes(AverageOf(before, part), scorer.labels())));
    report.event_scores.push_back(
        {mapped ? "Brier with isotonic map" : "Brier without isotonic map", r.brier,
         absl::StrFormat("before the pool, %d of %d seeds: miscalibration %.4f, discrimination %.4f", before.size(),
                         answers.size(), r.miscalibration, r.discrimination)});
  }
  return absl::OkStatus();
}

absl::Status AddEventDiagrams(const RowScorer& scorer, const std::vector<SeedAnswers>& answers,
                              EvaluationReport& report) {
  const int events = scorer.event_rows();
  if (events == 0 || events == static_cast<int>(scorer.labels().size())) {
    report.caveats.push_back("no reliability, ROC and Molchan diagrams: every test row had the same outcome");
    return absl::OkStatus();
  }
  const std::vector<BinaryOutcome> after = EventOutcomes(AverageOf(answers), scorer.labels());
  absl::StatusOr<Reliability> reliability_before =
      MeasureReliability(EventOutcomes(AverageOf(answers, &SeedAnswers::balanced), scorer.labels()));
  absl::StatusOr<Reliability> reliability_after = MeasureReliability(after);
  absl::StatusOr<RocCurve> roc = BuildRocCurve(after);
  absl::StatusOr<MolchanDiagram> molchan = BuildMolchanDiagram(after);
  for (const absl::Status& status :
       {reliability_before.status(), reliability_after.status(), roc.status(), molchan.status()}) {
    if (!status.ok()) return status;
  }
  EventDiagrams diagrams;
  diagrams.before = *std::move(reliability_before);
  diagrams.after = *std::move(reliability_after);
  diagrams.roc = *std::move(roc);
  diagrams.molchan = *std::move(molchan);
  diagrams.base_rate = static_cast<double>(events) / static_cast<double>(scorer.labels().size());
  report.event_diagrams = std::move(diagrams);
  AddEventScores(after, scorer, report);
  return AddIsotonic(scorer, answers, report);
}

// One part of the gain: rows, interval, and the one-sided p of a weekly mean above 0 where one can
// be computed.
struct PartData {
  std::vector<absl::Time> weeks;
  std::vector<double> gains;
  int events = 0;
};

absl::StatusOr<GainPart> MeasurePart(const std::string& name, const PartData& data, const BootstrapOptions& bootstrap,
                                     std::vector<double>& p_values) {
  GainPart part;
  part.name = name;
  part.rows = static_cast<int>(data.gains.size());
  part.event_rows = data.events;
  ASSIGN_OR_RETURN(const MeanInterval interval, BootstrapMean(data.weeks, data.gains, bootstrap));
  part.gain = interval.mean;
  part.interval = interval;
  double p = 1;  // gains that are rounding, or do not vary, show nothing
  const bool varies = std::any_of(data.gains.begin(), data.gains.end(), [](double g) { return std::abs(g) > 1e-9; });
  if (const auto weekly = WeeklyMeans(data.weeks, data.gains); varies && weekly.ok()) {
    if (const auto test = DieboldMariano(*weekly); test.ok()) p = test->upper_p;
  }
  p_values.push_back(p);
  if (data.events < kFewestEventRows) {
    part.comment = absl::StrCat("fewer than ", kFewestEventRows, " event weeks: no claim");
  }
  return part;
}

absl::StatusOr<std::vector<GainPart>> MeasureParts(const std::vector<std::pair<std::string, PartData>>& parts,
                                                   const BootstrapOptions& bootstrap) {
  std::vector<GainPart> measured;
  std::vector<double> p_values;
  for (const auto& [name, data] : parts) {
    ASSIGN_OR_RETURN(GainPart part, MeasurePart(name, data, bootstrap, p_values));
    measured.push_back(std::move(part));
  }
  ASSIGN_OR_RETURN(const std::vector<double> adjusted, HolmAdjusted(p_values));
  for (size_t i = 0; i < measured.size(); ++i) measured[i].adjusted_p = adjusted[i];
  return measured;
}

std::vector<std::pair<std::string, PartData>> ByRegion(const EvaluationSet& set, const RowScorer& scorer,
                                                       const Probabilities& p) {
  const std::vector<double> gains = scorer.Gains(p);
  std::map<RegionId, PartData> regions;
  for (size_t i = 0; i < gains.size(); ++i) {
    PartData& part = regions[set.view.samples.samples[static_cast<size_t>(set.view.test[i])].region];
    part.weeks.push_back(scorer.weeks()[i]);
    part.gains.push_back(gains[i]);
    part.events += scorer.labels()[i] > 0 ? 1 : 0;
  }
  std::vector<std::pair<std::string, PartData>> parts;
  for (auto& [region, part] : regions) parts.emplace_back(region.value(), std::move(part));
  return parts;
}

// By edge: the gain of the yes-no forecast "class k or above", because the mean over the weeks on
// which a class came would reward always naming it.
std::vector<std::pair<std::string, PartData>> ByEdge(const EvaluationSet& set, const RowScorer& scorer,
                                                     const Probabilities& p) {
  std::vector<std::pair<std::string, PartData>> parts;
  for (int k = 1; k < set.view.classes; ++k) {
    PartData part;
    for (size_t i = 0; i < p.size(); ++i) {
      const bool event = scorer.labels()[i] >= k;
      const double q = Exceedance(p[i], static_cast<size_t>(k));
      const double c = Exceedance(scorer.climatology()[i], static_cast<size_t>(k));
      part.weeks.push_back(scorer.weeks()[i]);
      part.gains.push_back(BinaryLogScore(c, event) - BinaryLogScore(q, event));
      part.events += event ? 1 : 0;
    }
    const std::string name = set.class_names[static_cast<size_t>(k)];
    parts.emplace_back(k + 1 < set.view.classes ? absl::StrCat(name, " or above") : name, std::move(part));
  }
  return parts;
}

}  // namespace

absl::Status AddDiagnostics(const EvaluationSet& set, const RowScorer& scorer, const std::vector<SeedAnswers>& answers,
                            const BootstrapOptions& bootstrap, EvaluationReport& report) {
  const Probabilities mean = AverageOf(answers);
  report.balanced_confusion = scorer.Confusion(answers.front().balanced);
  report.calibrated_confusion = scorer.Confusion(answers.front().pooled);
  if (absl::StatusOr<double> p = ShiftPValue(set, scorer, mean); p.ok()) report.shift_p_value = *p;
  if (!set.ordered_in_time) return absl::OkStatus();
  RETURN_IF_ERROR(AddEventDiagrams(scorer, answers, report));
  absl::StatusOr<std::vector<GainPart>> parts = MeasureParts(ByRegion(set, scorer, mean), bootstrap);
  if (!parts.ok()) return parts.status();
  report.by_region = *std::move(parts);
  parts = MeasureParts(ByEdge(set, scorer, mean), bootstrap);
  if (!parts.ok()) return parts.status();
  report.by_class = *std::move(parts);
  return absl::OkStatus();
}

}  // namespace tremorcast
