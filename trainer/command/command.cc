#include "trainer/command/command.h"

#include <cstdio>
#include <optional>
#include <unistd.h>

#include <absl/strings/string_view.h>
#include <absl/time/clock.h>
#include <spdlog/spdlog.h>

#include "command_line/arguments.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"

namespace tremorcast {

std::unique_ptr<ProgressReporter> MakeReporter(ProgressStyle style, const Clock& clock) {
  const bool bar = style == ProgressStyle::kBar || (style == ProgressStyle::kAuto && isatty(STDERR_FILENO) != 0);
  if (bar) return MakeTerminalProgress(stderr, clock);
  return MakeLogProgress([](absl::string_view line) { spdlog::info("{}", std::string(line)); }, clock);
}

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::optional<int> StopExitStatus(const StopSignals& stop) {
  return stop.number() == 0 ? std::nullopt : std::optional<int>(128 + stop.number());
}

int ExitOf(const absl::Status& status, const StopSignals& stop) {
  if (const std::optional<int> stopped = StopExitStatus(stop); absl::IsCancelled(status) && stopped.has_value()) {
    spdlog::warn("{}", std::string(status.message()));
    return *stopped;
  }
  spdlog::error("{}", std::string(status.message()));
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

int RunEvery(const std::optional<absl::Duration>& every, const CommandContext& context,
             const std::function<int()>& once) {
  if (!every.has_value()) return once();
  while (!context.stop.requested()) {
    const absl::Time started = context.clock.Now();
    // A run that failed has been recorded; the next one may find the cause gone.
    const int status = once();
    if (status == kExitUsage || context.stop.requested()) break;
    const absl::Time next = started + *every;
    spdlog::info("next run at {}", FormatNetworkTime(next));
    context.stop.Wait(next - absl::Now());
  }
  return StopExitStatus(context.stop).value_or(kExitUsage);
}

absl::StatusOr<std::unique_ptr<Store>> OpenStoreOf(const Flags& flags) {
  StoreOptions options;
  options.conninfo = flags.database;
  options.connections = 2;
  options.ingest_connections = 1;
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStore(options));
  RETURN_IF_ERROR(store->CheckSchema(absl::Now() + absl::Seconds(15)));
  return store;
}

}  // namespace tremorcast
