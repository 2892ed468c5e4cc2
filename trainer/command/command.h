#pragma once

// The commands of tremorcast-trainer, each in a file of its own, and what they share. A command
// blocks until its work is done or a signal asked it to stop, prints its result on standard output,
// says failures in the log, and gives the exit status (ExitCode in flags.h, or 128 and the number
// of a signal).

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/base/clock.h"
#include "files/stop_signals.h"
#include "storage/store.h"
#include "trainer/command/flags.h"
#include "trainer/run/progress.h"
#include "trainer/run/training_job.h"

namespace tremorcast {

struct CommandContext {
  const Clock& clock;
  const StopSignals& stop;
  // What was typed, without the connection string, for the reports. Shown, never parsed.
  std::string command_line;
};

int RunTrainCommand(const Flags& flags, const CommandContext& context);
int RunCatalogueCommand(const Flags& flags, const CommandContext& context);
int RunEvaluateCommand(Flags flags, const CommandContext& context);
int RunEvaluateCatalogue(const Flags& flags, const CommandContext& context);  // with --catalogue
int RunExperimentCommand(const Flags& flags, const CommandContext& context);
int RunRunsCommand(const Flags& flags, const CommandContext& context);

// For the commands.

// Logs why it ended; an end that a signal asked for has the exit status of that signal.
int ExitOf(const absl::Status& status, const StopSignals& stop);
// 128 and the number of the signal that came; nothing before one came.
std::optional<int> StopExitStatus(const StopSignals& stop);
void Print(const std::string& text);
// The store that the flags name, ready for use.
absl::StatusOr<std::unique_ptr<Store>> OpenStoreOf(const Flags& flags);
// `once`, or again every so often until a signal comes. Its exit status, or that of the signal.
int RunEvery(const std::optional<absl::Duration>& every, const CommandContext& context,
             const std::function<int()>& once);
std::unique_ptr<ProgressReporter> MakeReporter(ProgressStyle style, const Clock& clock);

}  // namespace tremorcast
