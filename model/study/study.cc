#include "model/study/study.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <torch/torch.h>

#include "core/base/status_macros.h"
#include "model/modules/device.h"
#include "model/modules/torch_status.h"
#include "model/study/study_cnn.h"
#include "model/study/study_heads.h"
#include "model/study/study_rows.h"
#include "model/training/trained_networks.h"
#include "model/training/training_stages.h"

namespace tremorcast {

absl::string_view StudyTableName(StudyTable table) {
  switch (table) {
    case StudyTable::kInputs:
      return "II";
    case StudyTable::kHeads:
      return "III";
    case StudyTable::kMethods:
      return "IV";
    case StudyTable::kLongTail:
      return "long tail";
  }
  return "?";
}

absl::string_view TreatmentName(Treatment treatment) {
  switch (treatment) {
    case Treatment::kRetrained:
      return "cRT";
    case Treatment::kTauNormalised:
      return "tau";
    case Treatment::kScaled:
      return "LWS";
    case Treatment::kNearestMean:
      return "NCM";
  }
  return "?";
}

namespace {

constexpr std::array<Sampling, 4> kSamplings = {Sampling::kInstance, Sampling::kSquareRoot, Sampling::kClassBalanced,
                                                Sampling::kProgressive};
constexpr std::array<Treatment, 4> kTreatments = {Treatment::kRetrained, Treatment::kTauNormalised, Treatment::kScaled,
                                                  Treatment::kNearestMean};

class StudyRun {
 public:
  StudyRun(const StudyOptions& options, const StudyData& data, torch::Device device)
      : options_(options),
        training_(Quiet(options, data)),
        device_(device),
        networks_(FusedNetwork(options), device),
        slices_(data, options.network.unit),
        stages_(data.training, training_, networks_, normalisation_) {
    training_.progress = [this](const TrainingProgress& progress) { Report(progress); };
    slices_.min_event_samples = training_.min_event_samples;
    CountCurves();
  }

  absl::StatusOr<StudyResult> Run() {
    RETURN_IF_ERROR(stages_.FitInputs());
    slices_.class_frequencies = stages_.ClassFrequencies();
    RETURN_IF_ERROR(StageOne());
    for (StudyTable table : {StudyTable::kInputs, StudyTable::kHeads, StudyTable::kMethods, StudyTable::kLongTail}) {
      if (!Wanted(table)) continue;
      RETURN_IF_ERROR(Table(table));
    }
    return std::move(result_);
  }

 private:
  static NetworkConfig FusedNetwork(const StudyOptions& options) {
    NetworkConfig network = options.network;
    network.input = ClassifierInput::kFused;
    return network;
  }
  static TrainOptions Quiet(const StudyOptions& options, const StudyData& data) {
    TrainOptions training = ResolveOptions(options.training, options.network, data.training);
    training.state_directory.clear();
    return training;
  }

  bool Wanted(StudyTable table) const {
    return std::find(options_.tables.begin(), options_.tables.end(), table) != options_.tables.end();
  }
  Treatment UsualTreatment() const {
    return training_.tau_grid.empty() ? Treatment::kRetrained : Treatment::kTauNormalised;
  }

  std::vector<HeadSpec> SpecsOf(StudyTable table) const {
    const Sampling usual = training_.stage2_sampling;
    const HeadSpec proposed = {ClassifierInput::kFused, HeadKind::kClassifier, usual};
    switch (table) {
      case StudyTable::kInputs:
        return {{ClassifierInput::kImplicit, HeadKind::kClassifier, usual},
                {ClassifierInput::kExplicit, HeadKind::kClassifier, usual},
                proposed};
      case StudyTable::kHeads:
        return {{ClassifierInput::kFused, HeadKind::kFlatten, usual},
                {ClassifierInput::kFused, HeadKind::kConvolutions, usual},
                proposed};
      case StudyTable::kMethods:
        return {proposed};
      case StudyTable::kLongTail:
        break;
    }
    std::vector<HeadSpec> specs;
    for (Sampling s : kSamplings) specs.push_back({ClassifierInput::kFused, HeadKind::kClassifier, s});
    return specs;
  }

  void CountCurves() {
    std::set<std::string> names;
    for (StudyTable table : options_.tables) {
      for (const HeadSpec& spec : SpecsOf(table)) names.insert(spec.Name());
    }
    curves_ = 1 + static_cast<int>(names.size()) * training_.heads + (Wanted(StudyTable::kMethods) ? 1 : 0);
  }

  void Report(TrainingProgress progress) {
    if (!options_.progress) return;
    options_.progress({what_, finished_, curves_, progress});
  }

  absl::Status StageOne() {
    const auto begin = std::chrono::steady_clock::now();
    what_ = "stage 1";
    const TrainingStateFile no_file("");
    TrainingState state;
    PhaseRunner runner(training_, no_file, state);
    RETURN_IF_ERROR(stages_.TrainStageOne(runner));
    stage1_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    result_.curves.push_back({what_, std::move(state.history)});
    ++finished_;
    return absl::OkStatus();
  }

  absl::Status Table(StudyTable table) {
    if (table == StudyTable::kLongTail) return LongTail();
    if (table == StudyTable::kMethods) {
      RETURN_IF_ERROR(PlainCnnRow());
      RETURN_IF_ERROR(StageOneRows());
    }
    for (const HeadSpec& spec : SpecsOf(table)) {
      std::string name = "proposed";
      if (table == StudyTable::kInputs) name = std::string(ClassifierInputName(spec.input));
      if (table == StudyTable::kHeads) {
        name = spec.kind == HeadKind::kClassifier ? "decoupled DenseNet classifier" : HeadKindName(spec.kind);
      }
      ASSIGN_OR_RETURN(auto row, HeadRow(spec, UsualTreatment()));
      Add(table, std::move(name), std::move(row));
    }
    return absl::OkStatus();
  }

  void Add(StudyTable table, std::string name, StudyRow row) {
    row.table = table;
    row.name = std::move(name);
    result_.rows.push_back(std::move(row));
  }

  // Trains the heads at the first call and keeps them.
  absl::StatusOr<const StudyHeads*> Heads(const HeadSpec& spec) {
    for (const auto& heads : heads_) {
      if (heads->spec == spec) return heads.get();
    }
    what_ = spec.Name();
    ASSIGN_OR_RETURN(auto heads, TrainStudyHeads(spec, options_.network, training_, device_, slices_, stages_));
    result_.curves.insert(result_.curves.end(), heads.curves.begin(), heads.curves.end());
    finished_ += training_.heads;
    heads_.push_back(std::make_unique<StudyHeads>(std::move(heads)));
    return heads_.back().get();
  }

  absl::StatusOr<StudyRow> HeadRow(const HeadSpec& spec, Treatment treatment) {
    ASSIGN_OR_RETURN(auto heads, Heads(spec));
    const std::vector<double> grid = training_.tau_grid.empty() ? TauGrid() : training_.tau_grid;
    ASSIGN_OR_RETURN(auto treated, Treat(*heads, treatment, grid, slices_, stages_));
    ASSIGN_OR_RETURN(auto row, MakeStudyRow(slices_, treated.scores));
    row.tau = treated.tau;
    row.parameters = heads->parameters;
    row.seconds = heads->seconds;
    return row;
  }

  absl::Status LongTail() {
    std::optional<size_t> best;
    for (const HeadSpec& spec : SpecsOf(StudyTable::kLongTail)) {
      for (Treatment treatment : kTreatments) {
        ASSIGN_OR_RETURN(auto row, HeadRow(spec, treatment));
        Add(StudyTable::kLongTail, absl::StrCat(SamplingName(spec.sampling), ", ", TreatmentName(treatment)),
            std::move(row));
        const size_t last = result_.rows.size() - 1;
        if (!best || result_.rows[last].early_stop_log_score < result_.rows[*best].early_stop_log_score) best = last;
      }
    }
    result_.rows[*best].chosen = true;
    result_.chosen_long_tail = result_.rows[*best].name;
    return absl::OkStatus();
  }

  absl::Status PlainCnnRow() {
    what_ = "plain CNN";
    ASSIGN_OR_RETURN(auto cnn, TrainPlainCnn(options_.network, training_, device_, slices_, stages_));
    ASSIGN_OR_RETURN(auto row, MakeStudyRow(slices_, cnn.scores));
    row.parameters = cnn.parameters;
    row.seconds = cnn.seconds;
    result_.curves.push_back(std::move(cnn.curve));
    ++finished_;
    Add(StudyTable::kMethods, "CNN", std::move(row));
    return absl::OkStatus();
  }

  absl::StatusOr<StudyScores> StageOneScores() {
    StudyScores scores;
    scores.prior = UniformPrior(options_.network.classes);
    scores.fit_event_bias = false;
    RETURN_IF_ERROR(AppendLogits(
        slices_, [this](const RowSet& rows) { return networks_.StageOneLogits(stages_.maps(), rows); }, scores));
    return scores;
  }

  // "DenseNet" is stage 1 as it comes out of training: T = 1, no pool. The second row is calibrated
  // as the others are.
  absl::Status StageOneRows() {
    ASSIGN_OR_RETURN(auto scores, StageOneScores());
    ASSIGN_OR_RETURN(auto calibrated, MakeStudyRow(slices_, scores));
    calibrated.parameters = TrainableParameters(*networks_.stage1);
    calibrated.seconds = stage1_seconds_;
    StudyRow plain = calibrated;
    plain.temperatures = {1.0};
    plain.pool_weight = 1;
    plain.pool_reason = "as stage 1 answers: no temperature, no pool";
    const auto answers = HeadAnswers(scores.test, slices_.test, {{1.0}, {0.0}}, {});
    for (size_t i = 0; i < answers.size(); ++i) {
      plain.balanced[i] = plain.calibrated[i] = MeanOf(answers[i]);
      plain.pooled[i] = Pool(plain.calibrated[i], plain.calibrated[i], 1);
    }
    Add(StudyTable::kMethods, "DenseNet", std::move(plain));
    Add(StudyTable::kMethods, "stage 1 + T + pool", std::move(calibrated));
    return absl::OkStatus();
  }

  const StudyOptions& options_;
  TrainOptions training_;
  torch::Device device_;
  TrainedNetworks networks_;
  Normalisation normalisation_;
  StudySlices slices_;
  TrainingStages stages_;
  std::vector<std::unique_ptr<StudyHeads>> heads_;
  StudyResult result_;
  double stage1_seconds_ = 0;
  std::string what_;
  int finished_ = 0, curves_ = 0;
};

absl::Status ValidateStudy(const StudyOptions& options, const StudyData& data) {
  RETURN_IF_ERROR(options.network.Validate());
  RETURN_IF_ERROR(options.training.Validate());
  RETURN_IF_ERROR(ValidateTrainingData(options.network, data.training));
  for (int i : data.test) {
    if (i < 0 || i >= static_cast<int>(data.training.set->samples.size())) {
      return absl::InvalidArgumentError(absl::StrCat("study: no test sample ", i));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StudyResult> RunStudy(const StudyOptions& options, const StudyData& data) {
  RETURN_IF_ERROR(ValidateStudy(options, data));
  return TorchStatus("study", [&]() -> absl::StatusOr<StudyResult> {
    ASSIGN_OR_RETURN(auto device, ChooseDevice(options.training.device));
    ConfigureTorch(WithThreads(options.training).threads);
    return StudyRun(options, data, device).Run();
  });
}

}  // namespace tremorcast
