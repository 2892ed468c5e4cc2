#include "trainer/evaluate/method_rows.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "model/training/training_course.h"
#include "trainer/classical/classical_rows.h"
#include "trainer/evaluate/origins.h"

namespace tremorcast {
namespace {

// Table and row as the study and the classical models name them; figures as printed in the paper.
struct Published {
  const char* table;
  const char* name;
  PaperFigures figures;
};
constexpr Published kPaper[] = {
    {"II", "implicit", {.8434, .8764, .86}},    {"II", "explicit", {.4695, .5580, .59}},
    {"II", "fused", {.9580, .9580, .95}},       {"III", "Flatten", {.8591, .9281, .85}},
    {"III", "CNN", {.8333, .9292, .83}},        {"III", "decoupled DenseNet classifier", {.9580, .9580, .95}},
    {"IV", "Weighted-DT", {.8996, .8983, .90}}, {"IV", "Weighted-SVM", {.7556, .5500, .70}},
    {"IV", "CNN", {.7885, .3144, .30}},         {"IV", "DenseNet", {.7670, .7970, .83}},
    {"IV", kProposed, {.9580, .9580, .95}},
};

std::optional<PaperFigures> PaperFiguresOf(const std::string& table, const std::string& name) {
  for (const Published& row : kPaper) {
    if (table == row.table && name == row.name) return row.figures;
  }
  return std::nullopt;
}

// Figures of the paper belong beside forecasts of its five classes only.
bool IsTask(const EvaluationSet& set) { return set.ordered_in_time && set.view.classes == kClasses; }

// Puts a row of the study where that row's answers of seed `s` are collected, behind those of
// earlier origins.
void Collect(const EvaluationSet& set, const StudyRow& study, const std::string& table, size_t s,
             std::vector<CollectedRow>& rows) {
  auto it = std::find_if(rows.begin(), rows.end(),
                         [&](const CollectedRow& r) { return r.row.table == table && r.row.name == study.name; });
  if (it == rows.end()) {
    MethodRow row;
    row.table = table;
    row.name = study.name;
    row.parameters = study.parameters;
    if (IsTask(set)) row.paper = PaperFiguresOf(table, study.name);
    it = rows.insert(rows.end(), {std::move(row), {}});
  }
  it->row.chosen = it->row.chosen || study.chosen;
  SeedAnswers answers = AnswersOf(study);
  // Without time there is no climatology to fall back to, and nothing is issued.
  if (!set.ordered_in_time) {
    answers.pooled = answers.calibrated;
    answers.pool_weight = 1;
  }
  if (it->answers.size() <= s) it->answers.resize(s + 1);
  Append(answers, it->answers[s]);
}

void CollectClassical(const EvaluationSet& set, const NetworkConfig& network, const EvaluateOptions& options,
                      std::vector<CollectedRow>& rows, EvaluationReport& report) {
  const absl::StatusOr<std::vector<StudyRow>> classical =
      ClassicalRows(set.view.ForStudy(), network, {{}, {}, options.training.min_event_samples});
  if (!classical.ok()) {
    report.caveats.push_back(
        absl::StrCat("no Weighted-DT and Weighted-SVM: ", std::string(classical.status().message())));
    return;
  }
  for (const StudyRow& row : *classical) Collect(set, row, "IV", 0, rows);
}

std::vector<double> ClassFrequencies(const SetView& view) {
  std::vector<double> frequencies(static_cast<size_t>(view.classes), 0);
  double total = 0;
  for (const std::vector<int>* slice : {&view.train, &view.early_stop, &view.calibration}) {
    for (int sample : *slice) ++frequencies[static_cast<size_t>(view.label(sample))], ++total;
  }
  for (double& f : frequencies) f /= total;
  return Floored(frequencies);
}

void AddReference(const std::string& name, Probabilities p, std::vector<CollectedRow>& rows) {
  CollectedRow row;
  row.row.table = "reference";
  row.row.name = name;
  row.answers.push_back({{}, p, p, 0, 0});
  rows.push_back(std::move(row));
}

}  // namespace

ReportCurve CurveOf(const std::string& name, absl::Span<const TrainingProgress> epochs) {
  ReportCurve out;
  out.name = name;
  for (const TrainingProgress& epoch : epochs) {
    out.train_loss.push_back(epoch.train_loss);
    out.validation_loss.push_back(epoch.validation_loss);
    if (epoch.improved) out.best_epoch = static_cast<int>(out.train_loss.size());
  }
  return out;
}

void AddReferences(absl::Span<const EvaluationSet> origins, const EvaluationSet& pooled,
                   std::vector<CollectedRow>& rows) {
  Probabilities majority, climatology;
  for (const EvaluationSet& origin : origins) {
    const std::vector<double> frequencies = ClassFrequencies(origin.view);
    for (int sample : origin.view.test) {
      majority.push_back(frequencies);
      climatology.push_back(origin.view.ClimatologyOf(sample));
    }
  }
  const size_t classes = static_cast<size_t>(pooled.view.classes);
  const Probabilities uniform(majority.size(), std::vector<double>(classes, 1.0 / static_cast<double>(classes)));
  AddReference("majority class (class frequencies of all regions)", std::move(majority), rows);
  AddReference("climatology", std::move(climatology), rows);
  AddReference("uniform", uniform, rows);
  for (const ReferenceForecast& reference : pooled.references) {
    AddReference(reference.name, reference.probabilities, rows);
  }
}

absl::Status RunMethods(absl::Span<const EvaluationSet> origins, const EvaluateOptions& options,
                        std::vector<CollectedRow>& rows, EvaluationReport& report) {
  const int runs = options.seeds * static_cast<int>(origins.size());
  size_t tested = 0;
  std::vector<TrainingCourse> courses;
  for (size_t o = 0; o < origins.size(); ++o) {
    const EvaluationSet& set = origins[o];
    tested += set.view.test.size();
    for (int s = 0; s < options.seeds; ++s) {
      const int run = static_cast<int>(o) * options.seeds + s;
      std::string stage = absl::StrCat("seed ", s + 1, " of ", options.seeds);
      if (origins.size() > 1) absl::StrAppend(&stage, ", origin ", o + 1, " of ", origins.size());
      StudyOptions study;
      study.network = set.view.Fitted(options.network);
      study.training = options.training;
      study.training.seed = options.first_seed + static_cast<uint64_t>(s);
      study.training.stop = options.stop;
      study.tables = options.tables;
      study.progress = [&](const StudyProgress& p) {
        if (!options.progress) return;
        const double done = (run + static_cast<double>(p.finished) / std::max(p.curves, 1)) / runs;
        options.progress(
            {stage, p.finished, p.curves, "trainings",
             absl::StrFormat("%s, epoch %d, validation %.3f", p.what, p.training.epoch, p.training.validation_loss),
             0.7 * done});
      };
      ASSIGN_OR_RETURN(const StudyResult result, RunStudy(study, set.view.ForStudy()));
      for (const StudyRow& row : result.rows) {
        Collect(set, row, std::string(StudyTableName(row.table)), static_cast<size_t>(s), rows);
      }
      for (const LossCurve& curve : result.curves) {
        for (const TrainingCourse& course : CoursesOf(curve.epochs)) courses.push_back(course);
      }
      if (s > 0) continue;
      CollectClassical(set, study.network, options, rows, report);
      if (o + 1 < origins.size()) continue;
      for (const LossCurve& curve : result.curves) report.curves.push_back(CurveOf(curve.name, curve.epochs));
    }
  }
  for (std::string& warning : CourseWarnings(courses)) report.caveats.push_back(std::move(warning));
  // A method that one origin lacks cannot be scored on all rows.
  std::erase_if(rows, [tested](const CollectedRow& row) {
    return std::any_of(row.answers.begin(), row.answers.end(),
                       [tested](const SeedAnswers& seed) { return seed.pooled.size() != tested; });
  });
  return absl::OkStatus();
}

}  // namespace tremorcast
