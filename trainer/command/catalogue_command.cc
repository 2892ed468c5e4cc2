#include <memory>
#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <spdlog/spdlog.h>

#include "files/text_file.h"
#include "storage/leadership.h"
#include "trainer/command/command.h"
#include "trainer/ladder/catalogue_diagnostics.h"
#include "trainer/ladder/catalogue_job.h"
#include "trainer/ladder/catalogue_report.h"
#include "trainer/ladder/ladder_html.h"
#include "trainer/run/issue_threads.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

// A report that cannot be written takes nothing back: the model is published.
void WriteReport(const Flags& flags, const CommandContext& context, const FittedRun& run) {
  LadderReport report;
  report.source = "the service's own";
  report.options = run.plan.trial;
  report.options.for_each = ForEachOnThreads(flags.catalogue.threads);
  report.options.stop = [&context] { return context.stop.requested().load(); };
  report.events = static_cast<int>(run.plan.events.size());
  report.trial = *run.outcome.trial;
  report.placebos = run.outcome.placebos;
  report.shown = run.rung;
  report.data_hash = run.outcome.data_hash;
  report.plan_hash = run.outcome.plan_hash;
  report.sha256 = run.outcome.weights_sha256;
  report.command = context.command_line;
  report.git_revision = BuildRevision();
  report.created_at = context.clock.Now();
  const absl::StatusOr<CatalogueDiagnostics> diagnostics = DiagnoseTrial(run.plan.events, report.trial, report.options);
  absl::Status status = diagnostics.status();
  if (status.ok()) status = WriteTextFile(flags.catalogue.html, LadderReportToHtml(report, *diagnostics));
  if (!status.ok())
    spdlog::error("the model is published, but its report is not written: {}", std::string(status.message()));
}

int FitOnce(const Flags& flags, const CommandContext& context) {
  LeaderLock::Options lock_options;
  lock_options.conninfo = flags.database;
  // Apart from `train`, so that a training of hours does not keep it from its week.
  lock_options.name = kCatalogueTrainerLeader;
  LeaderLock lock(std::move(lock_options));
  absl::StatusOr<bool> alone = lock.TryAcquire();
  if (!alone.ok()) return ExitOf(alone.status(), context.stop);
  if (!*alone) {
    spdlog::error(
        "another tremorcast-trainer catalogue is running on this database; `tremorcast-trainer runs` shows it");
    return kExitBusy;
  }
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStoreOf(flags);
  if (!store.ok()) return ExitOf(store.status(), context.stop);
  CatalogueJobOptions options;
  options.config = flags.catalogue.config;
  options.git_revision = BuildRevision();
  options.force = flags.catalogue.force;
  options.still_alone = [&lock] { return lock.StillHeld(); };
  options.for_each = ForEachOnThreads(flags.catalogue.threads);
  if (!flags.catalogue.html.empty()) {
    options.on_fitted = [&](const FittedRun& run) { WriteReport(flags, context, run); };
  }
  CatalogueJob job({(*store)->network(), (*store)->events(), lock.models(), (*store)->training_runs()}, context.clock,
                   std::move(options));
  const std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, context.clock);
  const absl::StatusOr<CatalogueOutcome> outcome =
      job.Run([&](const RunProgress& p) { reporter->Update(p); }, &context.stop.requested());
  reporter->Finish();
  if (!outcome.ok()) return ExitOf(outcome.status(), context.stop);
  Print(flags.json ? CatalogueOutcomeToJson(*outcome) : DescribeCatalogueOutcome(*outcome));
  return outcome->state == TrainingState::kPromoted ? kExitPromoted : kExitKept;
}

}  // namespace

int RunCatalogueCommand(const Flags& flags, const CommandContext& context) {
  return RunEvery(flags.catalogue.every, context, [&] { return FitOnce(flags, context); });
}

}  // namespace tremorcast
