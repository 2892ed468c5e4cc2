// tremorcast-trainer: the composition root. Flags in, exit status out; the commands are in
// trainer/command.

#include <cstdio>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "command_line/arguments.h"
#include "command_line/database_flags.h"
#include "command_line/output.h"
#include "core/base/time_grid.h"
#include "files/replay_clock.h"
#include "files/stop_signals.h"
#include "files/system_clock.h"
#include "model/modules/torch_runtime.h"
#include "trainer/command/command.h"
#include "trainer/command/flags.h"

namespace tremorcast {
namespace {

bool ReadsDatabase(const Flags& flags) {
  if (flags.command == Command::kEvaluate) {
    const EvaluateFlags& e = flags.evaluate;
    return e.dataset.empty() && !e.simulate && e.catalogue.file.empty();
  }
  return flags.command != Command::kExperiment;
}

int Run(const Flags& flags, const CommandContext& context) {
  switch (flags.command) {
    case Command::kExperiment:
      return RunExperimentCommand(flags, context);
    case Command::kEvaluate:
      return RunEvaluateCommand(flags, context);
    case Command::kCatalogue:
      return RunCatalogueCommand(flags, context);
    case Command::kRuns:
      return RunRunsCommand(flags, context);
    case Command::kTrain:
      return RunTrainCommand(flags, context);
  }
  return kExitUsage;
}

int Main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("trainer"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  const absl::StatusOr<Flags> flags = ParseFlags(argc, argv, TorchRuntimeName());
  if (!flags.ok()) {
    std::fputs(UsageError("tremorcast-trainer", flags.status().message()).c_str(), stderr);
    return kExitUsage;
  }
  if (!flags->text.empty()) {
    Print(flags->text);
    return 0;
  }
  const StopSignals* stop = StopSignals::Install(StopSignals::Second::kIsIgnored);
  if (stop == nullptr) {
    spdlog::error("signal handlers cannot be installed");
    return kExitFailed;
  }
  if (flags->database.empty() && ReadsDatabase(*flags)) {
    spdlog::warn(
        "no --database, --database-file or TREMORCAST_DATABASE: libpq's variables (PGHOST, ...) and defaults decide");
  }
  const SystemClock machine_clock;
  std::unique_ptr<ReplayClock> replay;
  if (!flags->replay_clock.empty()) {
    auto opened = ReplayClock::Open(flags->replay_clock);
    if (!opened.ok()) return ExitOf(opened.status(), *stop);
    replay = *std::move(opened);
    spdlog::warn("replay: the time is that of the replay clock, {}, and not the present",
                 FormatNetworkTime(replay->Now()));
  }
  const Clock& clock = replay != nullptr ? static_cast<const Clock&>(*replay) : machine_clock;
  return Run(*flags, {clock, *stop, absl::StrCat("tremorcast-trainer ", WithoutDatabase({argv + 1, argv + argc}))});
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) {
  return tremorcast::ExitAfterOutput(tremorcast::Main(argc, argv), "tremorcast-trainer");
}
