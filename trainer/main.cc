// tremorcast-trainer: the composition root. Flags in, exit status out; everything between is in the library.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <poll.h>
#include <signal.h>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

#include "core/base/status_macros.h"
#include "files/replay_clock.h"
#include "files/system_clock.h"
#include "files/text_file.h"
#include "model/modules/torch_runtime.h"
#include "model/serving/torch_predictor.h"
#include "storage/leadership.h"
#include "storage/store.h"
#include "trainer/command/flags.h"
#include "trainer/evaluate/evaluate.h"
#include "trainer/evaluate/origins.h"
#include "trainer/evaluate/report/report_html.h"
#include "trainer/evaluate/report/report_text.h"
#include "trainer/evaluate/training_report.h"
#include "trainer/run/experiment.h"
#include "trainer/run/progress.h"
#include "trainer/run/report.h"
#include "trainer/run/training_job.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

std::atomic<bool> stop_requested{false};
std::atomic<int> stop_signal{0};
int wake_pipe[2] = {-1, -1};

void OnSignal(int signal) {
  stop_signal = signal;
  stop_requested = true;
  const int saved = errno;
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], "x", 1);
  errno = saved;
}

bool InstallSignalHandlers() {
  if (pipe(wake_pipe) != 0) return false;
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  return sigaction(SIGTERM, &action, nullptr) == 0 && sigaction(SIGINT, &action, nullptr) == 0;
}

// Until `until`, or earlier when a signal asks to stop.
void SleepUntil(absl::Time until) {
  while (!stop_requested && absl::Now() < until) {
    const int64_t left_ms = absl::ToInt64Milliseconds(until - absl::Now()) + 1;
    pollfd wake = {wake_pipe[0], POLLIN, 0};
    poll(&wake, 1, static_cast<int>(std::min<int64_t>(left_ms, 3'600'000)));
  }
}

std::unique_ptr<ProgressReporter> MakeReporter(ProgressStyle style, const Clock& clock) {
  const bool bar = style == ProgressStyle::kBar || (style == ProgressStyle::kAuto && isatty(STDERR_FILENO) != 0);
  if (bar) return MakeTerminalProgress(stderr, clock);
  return MakeLogProgress([](absl::string_view line) { spdlog::info("{}", std::string(line)); }, clock);
}

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// A stop that a signal asked for ends with 128 + signal, like a program without a handler.
int ExitOf(const absl::Status& status) {
  if (absl::IsCancelled(status) && stop_signal != 0) {
    spdlog::warn("{}", std::string(status.message()));
    return 128 + stop_signal;
  }
  spdlog::error("{}", std::string(status.message()));
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

int RunExperimentCommand(const Flags& flags, const Clock& clock) {
  std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, clock);
  const TrainingControl control{[&](const RunProgress& p) { reporter->Update(p); }, &stop_requested, ""};
  absl::StatusOr<ExperimentResult> result = RunExperiment(flags.experiment, control, clock);
  reporter->Finish();
  if (!result.ok()) return ExitOf(result.status());
  Print(flags.json ? ExperimentToJson(flags.experiment, *result) : DescribeExperiment(flags.experiment, *result));
  return 0;
}

absl::StatusOr<std::unique_ptr<Store>> Open(const Flags& flags) {
  StoreOptions options;
  options.conninfo = flags.database;
  options.connections = 2;
  options.ingest_connections = 1;
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStore(options));
  RETURN_IF_ERROR(store->CheckSchema(absl::Now() + absl::Seconds(15)));
  return store;
}

using Origins = absl::StatusOr<std::vector<EvaluationSet>>;

Origins Named(Origins sets, const std::string& title, const std::string& source) {
  if (!sets.ok()) return sets;
  for (EvaluationSet& set : *sets) {
    set.title = title;
    set.source = source;
  }
  return sets;
}

Origins StoredOrigins(const Flags& flags, const Clock& clock, const ReadProgress& reading) {
  const EvaluateFlags& e = flags.evaluate;
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Open(flags));
  ASSIGN_OR_RETURN(std::unique_ptr<Dataset> data, BuildDataset({store->windows(), store->network(), store->events()},
                                                               e.config.data, clock.Now(), reading));
  // Windows beyond the memory limit are read again from the store, which therefore lives as long as they do.
  const std::shared_ptr<Store> kept = std::move(store);
  const std::shared_ptr<const Dataset> dataset(data.release(), [kept](const Dataset* d) { delete d; });
  return Named(DatasetOrigins(dataset, e.config, BuildRevision(), e.origins),
               dataset->simulated ? "Simulated network" : "Service database",
               flags.database.empty() ? "database of the environment" : "database");
}

Origins SimulatedOrigins(EvaluateFlags& flags, const TrainingControl& control) {
  ASSIGN_OR_RETURN(SimulatedWorld world, BuildSimulatedWorld(flags.simulation, control));
  const std::shared_ptr<Simulator> simulator = std::move(world.simulator);
  const std::shared_ptr<const Dataset> dataset(world.data.release(), [simulator](const Dataset* d) { delete d; });
  return Named(DatasetOrigins(dataset, flags.simulation.config, /*git_revision=*/"", flags.origins),
               absl::StrCat("Simulated network, precursor of strength ", flags.simulation.precursor),
               absl::StrCat("simulator, seed ", flags.simulation.seed));
}

Origins SeriesOriginsOf(const EvaluateFlags& flags) {
  ASSIGN_OR_RETURN(SeriesPair series, ReadSeries(flags.dataset));
  SeriesOptions options;
  options.split = flags.config.split;
  options.test_period = flags.config.test_period;
  options.seed = flags.options.first_seed;
  return Named(SeriesOrigins(series, options, flags.origins), series.name, absl::StrJoin(series.files, ", "));
}

int RunEvaluateCommand(Flags flags, const std::string& command, const Clock& clock) {
  EvaluateFlags& e = flags.evaluate;
  std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, clock);
  const TrainingControl control{[&](const RunProgress& p) { reporter->Update(p); }, &stop_requested, ""};
  const ReadProgress reading = [&](int64_t done, int64_t total) {
    control.progress({"reading windows", done, total, "windows", "", 0});
    return !stop_requested.load();
  };
  const Origins origins = !e.dataset.empty() ? SeriesOriginsOf(e)
                          : e.simulate       ? SimulatedOrigins(e, control)
                                             : StoredOrigins(flags, clock, reading);
  if (!origins.ok()) {
    reporter->Finish();
    return ExitOf(origins.status());
  }
  e.options.progress = control.progress;
  e.options.stop = &stop_requested;
  absl::StatusOr<EvaluationReport> report = RunEvaluation(*origins, e.options, clock);
  reporter->Finish();
  if (!report.ok()) return ExitOf(report.status());
  report->command = command;
  report->git_revision = BuildRevision();
  report->runtime = TorchRuntimeName();
  report->created_at = clock.Now();
  for (const auto& [file, text] : {std::pair{e.html, e.html.empty() ? std::string() : RenderHtml(*report)},
                                   std::pair{e.json, ReportToJson(*report)}, std::pair{e.csv, ReportToCsv(*report)}}) {
    if (file.empty()) continue;
    if (absl::Status s = WriteTextFile(file, text); !s.ok()) return ExitOf(s);
  }
  Print(flags.json ? ReportToJson(*report) : ReportToText(*report));
  return 0;
}

int RunRunsCommand(const Flags& flags) {
  absl::StatusOr<std::unique_ptr<Store>> store = Open(flags);
  if (!store.ok()) return ExitOf(store.status());
  absl::StatusOr<std::vector<TrainingRun>> runs = (*store)->training_runs().List(flags.runs_limit);
  if (!runs.ok()) return ExitOf(runs.status());
  Print(flags.json ? RunsToJson(*runs) : DescribeRuns(*runs));
  return 0;
}

// A report that cannot be written takes nothing back: the model is published.
void WriteTrainingReport(const std::string& file, const std::string& command, const Clock& clock,
                         const TrainedRun& run) {
  absl::StatusOr<EvaluationReport> report = ReportTraining(run);
  absl::Status status = report.status();
  if (report.ok()) {
    report->command = command;
    report->runtime = TorchRuntimeName();
    report->created_at = clock.Now();
    status = WriteTextFile(file, RenderHtml(*report));
  }
  if (!status.ok())
    spdlog::error("the model is published, but its report is not written: {}", std::string(status.message()));
}

int TrainOnce(const Flags& flags, const std::string& command, const Clock& clock) {
  LeaderLock::Options lock_options;
  lock_options.conninfo = flags.database;
  lock_options.name = kTrainerLeader;
  LeaderLock lock(std::move(lock_options));
  absl::StatusOr<bool> alone = lock.TryAcquire();
  if (!alone.ok()) return ExitOf(alone.status());
  if (!*alone) {
    spdlog::error("another tremorcast-trainer is running on this database; `tremorcast-trainer runs` shows it");
    return kExitBusy;
  }
  absl::StatusOr<std::unique_ptr<Store>> store = Open(flags);
  if (!store.ok()) return ExitOf(store.status());
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
    options.on_trained = [&](const TrainedRun& run) { WriteTrainingReport(flags.train.html, command, clock, run); };
  }
  TrainingJob job(
      {(*store)->windows(), (*store)->network(), (*store)->events(), lock.models(), (*store)->training_runs()}, loader,
      clock, options);
  std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, clock);
  absl::StatusOr<TrainingOutcome> outcome =
      job.Run([&](const RunProgress& p) { reporter->Update(p); }, &stop_requested);
  reporter->Finish();
  if (!outcome.ok()) return ExitOf(outcome.status());
  Print(flags.json ? OutcomeToJson(*outcome) : DescribeOutcome(*outcome));
  return outcome->state == TrainingState::kPromoted ? kExitPromoted : kExitKept;
}

int RunTrainCommand(const Flags& flags, const std::string& command, const Clock& clock) {
  if (absl::Status s = flags.train.config.Validate(); !s.ok()) return ExitOf(s);
  if (!flags.train.every) return TrainOnce(flags, command, clock);
  while (!stop_requested) {
    const absl::Time started = clock.Now();
    // A run that failed has been recorded; the next one may find the cause gone.
    const int status = TrainOnce(flags, command, clock);
    if (status == kExitUsage || stop_requested) break;
    const absl::Time next = started + *flags.train.every;
    spdlog::info("next run at {}", FormatNetworkTime(next));
    SleepUntil(next);
  }
  return stop_signal != 0 ? 128 + stop_signal : kExitUsage;
}

bool ReadsDatabase(const Flags& flags) {
  if (flags.command == Command::kEvaluate) return flags.evaluate.dataset.empty() && !flags.evaluate.simulate;
  return flags.command != Command::kExperiment;
}

// As typed, without the connection string, which may hold a password.
std::string CommandLine(int argc, const char* const* argv) {
  std::vector<std::string> words = {"tremorcast-trainer"};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--database" && i + 1 < argc) {
      words.insert(words.end(), {word, "..."});
      ++i;
    } else if (absl::StartsWith(word, "--database=")) {
      words.emplace_back("--database=...");
    } else {
      words.push_back(word);
    }
  }
  return absl::StrJoin(words, " ");
}

int Main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("trainer"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  const ParsedFlags parsed =
      ParseFlags(argc, argv, absl::StrCat(BuildVersion(), " (", BuildRevision(), ", ", TorchRuntimeName(), ")"));
  if (parsed.exit) {
    std::fputs(parsed.exit->text.c_str(), parsed.exit->status == 0 ? stdout : stderr);
    return parsed.exit->status;
  }
  if (!InstallSignalHandlers()) {
    spdlog::error("signal handlers cannot be installed");
    return kExitFailed;
  }
  if (parsed.flags.database.empty() && ReadsDatabase(parsed.flags)) {
    spdlog::warn(
        "no --database, --database-file or TREMORCAST_DATABASE: libpq's variables (PGHOST, ...) and defaults decide");
  }
  const SystemClock machine_clock;
  std::unique_ptr<ReplayClock> replay;
  if (!parsed.flags.replay_clock.empty()) {
    auto opened = ReplayClock::Open(parsed.flags.replay_clock);
    if (!opened.ok()) return ExitOf(opened.status());
    replay = *std::move(opened);
    spdlog::warn("replay: the time is that of the replay clock, {}, and not the present",
                 FormatNetworkTime(replay->Now()));
  }
  const Clock& clock = replay != nullptr ? static_cast<const Clock&>(*replay) : machine_clock;
  switch (parsed.flags.command) {
    case Command::kExperiment:
      return RunExperimentCommand(parsed.flags, clock);
    case Command::kEvaluate:
      return RunEvaluateCommand(parsed.flags, CommandLine(argc, argv), clock);
    case Command::kRuns:
      return RunRunsCommand(parsed.flags);
    case Command::kTrain:
      return RunTrainCommand(parsed.flags, CommandLine(argc, argv), clock);
  }
  return kExitUsage;
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) { return tremorcast::Main(argc, argv); }
