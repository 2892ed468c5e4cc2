#include "model/study/study.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
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
    case StudyTable::kConnectivity:
      return "connectivity";
  }
  return "?";
}

namespace {

constexpr std::array<Sampling, 4> kSamplings = {Sampling::kInstance, Sampling::kSquareRoot, Sampling::kClassBalanced,
                                                Sampling::kProgressive};
constexpr std::array<LossKind, 3> kOtherLosses = {LossKind::kClassBalanced, LossKind::kFocal, LossKind::kLdam};
constexpr std::array<Augmentation, 3> kAugmentations = {Augmentation::kSmote, Augmentation::kMixup,
                                                        Augmentation::kJitter};
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
    for (StudyTable table : {StudyTable::kInputs, StudyTable::kHeads, StudyTable::kMethods, StudyTable::kLongTail,
                             StudyTable::kConnectivity}) {
      if (!Wanted(table)) continue;
      RETURN_IF_ERROR(Table(table));
    }
    return std::move(result_);
  }

 private:
  // Stage 1 and the proposed row alone, for the study that compares with this network.
  absl::Status RunConnectivity() {
    RETURN_IF_ERROR(stages_.FitInputs());
    slices_.class_frequencies = stages_.ClassFrequencies();
    RETURN_IF_ERROR(StageOne());
    return ConnectivityRows();
  }
  static NetworkConfig FusedNetwork(const StudyOptions& options) {
    NetworkConfig network = options.network;
    network.input = ClassifierInput::kFused;
    network.last_inputs = LastInputs::kPlain;
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

  HeadSpec Usual(ClassifierInput input, HeadKind kind) const {
    return {input, kind, training_.stage2_sampling, training_.stage2_loss, training_.augmentation};
  }

  std::vector<HeadSpec> SpecsOf(StudyTable table) const {
    const HeadSpec proposed = Usual(ClassifierInput::kFused, HeadKind::kClassifier);
    switch (table) {
      case StudyTable::kInputs:
        return {Usual(ClassifierInput::kImplicit, HeadKind::kClassifier),
                Usual(ClassifierInput::kExplicit, HeadKind::kClassifier), proposed};
      case StudyTable::kHeads:
        return {Usual(ClassifierInput::kFused, HeadKind::kFlatten),
                Usual(ClassifierInput::kFused, HeadKind::kConvolutions), proposed};
      case StudyTable::kMethods:
      case StudyTable::kConnectivity:
        return {proposed};
      case StudyTable::kLongTail:
        break;
    }
    std::vector<HeadSpec> specs;
    for (const auto& [spec, treatments] : LongTailSpecs()) specs.push_back(spec);
    return specs;
  }

  // Losses that weigh classes themselves go with natural sampling and leave the last layer as they
  // made it; made-up rows go with class-balanced sampling, once plain and once as in the proposed
  // row.
  static std::vector<std::pair<HeadSpec, std::vector<Treatment>>> LongTailSpecs() {
    const HeadSpec plain{ClassifierInput::kFused, HeadKind::kClassifier, Sampling::kInstance};
    std::vector<std::pair<HeadSpec, std::vector<Treatment>>> specs;
    for (Sampling sampling : kSamplings) {
      specs.push_back({plain, {kTreatments.begin(), kTreatments.end()}});
      specs.back().first.sampling = sampling;
    }
    for (LossKind loss : kOtherLosses) {
      specs.push_back({plain, {Treatment::kRetrained}});
      specs.back().first.loss = loss;
    }
    for (Augmentation augmentation : kAugmentations) {
      specs.push_back({plain, {Treatment::kRetrained, Treatment::kTauNormalised}});
      specs.back().first.sampling = Sampling::kClassBalanced;
      specs.back().first.augmentation = augmentation;
    }
    return specs;
  }

  void CountCurves() {
    std::set<std::string> names;
    for (StudyTable table : options_.tables) {
      for (const HeadSpec& spec : SpecsOf(table)) names.insert(spec.Name());
    }
    curves_ = 1 + static_cast<int>(names.size()) * training_.heads + (Wanted(StudyTable::kMethods) ? 1 : 0) +
              (Wanted(StudyTable::kConnectivity) ? 1 + training_.heads : 0);
  }

  void Report(TrainingProgress progress) {
    if (!options_.progress) return;
    options_.progress({what_, finished_, curves_, progress});
  }

  absl::Status StageOne() {
    const auto begin = std::chrono::steady_clock::now();
    what_ = absl::StrCat(curve_prefix_, "stage 1");
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
    if (table == StudyTable::kConnectivity) return Connectivities();
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
      ASSIGN_OR_RETURN(auto row, HeadRow(spec, training_.LastLayer()));
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
    what_ = absl::StrCat(curve_prefix_, spec.Name());
    ASSIGN_OR_RETURN(auto heads, TrainStudyHeads(spec, networks_.config, training_, device_, slices_, stages_));
    for (LossCurve& curve : heads.curves) curve.name = absl::StrCat(curve_prefix_, curve.name);
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
    for (const auto& [spec, treatments] : LongTailSpecs()) {
      for (Treatment treatment : treatments) {
        ASSIGN_OR_RETURN(auto row, HeadRow(spec, treatment));
        std::string name = spec.BalanceName();
        if (treatments.size() > 1) absl::StrAppend(&name, ", ", TreatmentName(treatment));
        Add(StudyTable::kLongTail, std::move(name), std::move(row));
        const size_t last = result_.rows.size() - 1;
        if (!best || result_.rows[last].early_stop_log_score < result_.rows[*best].early_stop_log_score) best = last;
      }
    }
    result_.rows[*best].chosen = true;
    result_.chosen_long_tail = result_.rows[*best].name;
    return absl::OkStatus();
  }

  // Rows of this study's own network, then of the other one.
  absl::Status Connectivities() {
    RETURN_IF_ERROR(ConnectivityRows());
    StudyOptions other = options_;
    other.network.connectivity =
        other.network.connectivity == Connectivity::kSingle ? Connectivity::kDense : Connectivity::kSingle;
    RETURN_IF_ERROR(other.network.Validate());
    other.progress = [this](const StudyProgress& p) {
      what_ = p.what;
      Report(p.training);
    };
    StudyRun study(other, slices_.data, device_);
    study.curve_prefix_ = absl::StrCat(ConnectivityName(other.network.connectivity), ": ");
    RETURN_IF_ERROR(study.RunConnectivity());
    finished_ += 1 + training_.heads;
    std::move(study.result_.rows.begin(), study.result_.rows.end(), std::back_inserter(result_.rows));
    std::move(study.result_.curves.begin(), study.result_.curves.end(), std::back_inserter(result_.curves));
    return absl::OkStatus();
  }

  absl::Status ConnectivityRows() {
    const std::string name(ConnectivityName(options_.network.connectivity));
    ASSIGN_OR_RETURN(auto scores, StageOneScores());
    ASSIGN_OR_RETURN(auto stage1, MakeStudyRow(slices_, scores));
    stage1.parameters = TrainableParameters(*networks_.stage1);
    stage1.seconds = stage1_seconds_;
    Add(StudyTable::kConnectivity, absl::StrCat(name, ", stage 1 + T + pool"), std::move(stage1));
    ASSIGN_OR_RETURN(auto row, HeadRow(SpecsOf(StudyTable::kConnectivity)[0], training_.LastLayer()));
    Add(StudyTable::kConnectivity, absl::StrCat(name, ", proposed"), std::move(row));
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
  std::string curve_prefix_;  // tells the curves of a second network from those of the first
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
