#include <memory>
#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <spdlog/spdlog.h>

#include "command_line/arguments.h"
#include "files/text_file.h"
#include "model/modules/torch_runtime.h"
#include "model/serving/torch_predictor.h"
#include "storage/leadership.h"
#include "trainer/command/command.h"
#include "trainer/evaluate/placebos.h"
#include "trainer/evaluate/report/report_html.h"
#include "trainer/evaluate/training_report.h"
#include "trainer/run/report.h"
#include "trainer/run/training_job.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

// A report that cannot be written takes nothing back: the model is published.
void WriteTrainingReport(const std::string& file, const CommandContext& context, const TrainedRun& run) {
  absl::StatusOr<EvaluationReport> report = ReportTraining(run);
  absl::Status status = report.status();
  if (report.ok()) {
    report->command = context.command_line;
    report->runtime = TorchRuntimeName();
    report->created_at = context.clock.Now();
    status = WriteTextFile(file, RenderHtml(*report));
  }
  if (!status.ok())
    spdlog::error("the model is published, but its report is not written: {}", std::string(status.message()));
}

int TrainOnce(const Flags& flags, const CommandContext& context) {
  LeaderLock::Options lock_options;
  lock_options.conninfo = flags.database;
  lock_options.name = kTrainerLeader;
  LeaderLock lock(std::move(lock_options));
  absl::StatusOr<bool> alone = lock.TryAcquire();
  if (!alone.ok()) return ExitOf(alone.status(), context.stop);
  if (!*alone) {
    spdlog::error("another tremorcast-trainer is running on this database; `tremorcast-trainer runs` shows it");
    return kExitBusy;
  }
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStoreOf(flags);
  if (!store.ok()) return ExitOf(store.status(), context.stop);
  TorchPredictorOptions predictor_options;
  predictor_options.device = flags.train.config.training.device;
  const TorchPredictorLoader loader(predictor_options);
  TrainingJobOptions options;
  options.config = flags.train.config;
  options.git_revision = BuildRevision();
  options.state_root = flags.train.state_directory;
  options.force = flags.train.force;
  options.still_alone = [&lock] { return lock.StillHeld(); };
  if (!flags.train.html.empty()) {
    options.on_trained = [&](const TrainedRun& run) { WriteTrainingReport(flags.train.html, context, run); };
  }
  TrainingJob job(
      {(*store)->windows(), (*store)->network(), (*store)->events(), lock.models(), (*store)->training_runs()}, loader,
      context.clock, CheckPlacebos, options);
  std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, context.clock);
  absl::StatusOr<TrainingOutcome> outcome =
      job.Run([&](const RunProgress& p) { reporter->Update(p); }, &context.stop.requested());
  reporter->Finish();
  if (!outcome.ok()) return ExitOf(outcome.status(), context.stop);
  for (const std::string& warning : outcome->warnings) spdlog::warn("{}", warning);
  Print(flags.json ? OutcomeToJson(*outcome) : DescribeOutcome(*outcome));
  return outcome->state == TrainingState::kPromoted ? kExitPromoted : kExitKept;
}

}  // namespace

int RunTrainCommand(const Flags& flags, const CommandContext& context) {
  if (absl::Status s = flags.train.config.Validate(); !s.ok()) return ExitOf(s, context.stop);
  return RunEvery(flags.train.every, context, [&] { return TrainOnce(flags, context); });
}

}  // namespace tremorcast
