#include <vector>

#include <absl/status/statusor.h>

#include "trainer/command/command.h"
#include "trainer/run/report.h"

namespace tremorcast {

int RunRunsCommand(const Flags& flags, const CommandContext& context) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStoreOf(flags);
  if (!store.ok()) return ExitOf(store.status(), context.stop);
  absl::StatusOr<std::vector<TrainingRun>> runs = (*store)->training_runs().List(flags.runs_limit);
  if (!runs.ok()) return ExitOf(runs.status(), context.stop);
  Print(flags.json ? RunsToJson(*runs) : DescribeRuns(*runs));
  return 0;
}

}  // namespace tremorcast
