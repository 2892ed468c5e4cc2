#include <absl/status/statusor.h>
#include <spdlog/spdlog.h>

#include "trainer/command/command.h"
#include "trainer/evaluate/placebos.h"
#include "trainer/run/experiment.h"
#include "trainer/run/report.h"

namespace tremorcast {

int RunExperimentCommand(const Flags& flags, const CommandContext& context) {
  std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, context.clock);
  const TrainingControl control{[&](const RunProgress& p) { reporter->Update(p); }, &context.stop.requested(), ""};
  absl::StatusOr<ExperimentResult> result = RunExperiment(flags.experiment, CheckPlacebos, control, context.clock);
  reporter->Finish();
  if (!result.ok()) return ExitOf(result.status(), context.stop);
  for (const std::string& warning : result->warnings) spdlog::warn("{}", warning);
  Print(flags.json ? ExperimentToJson(flags.experiment, *result) : DescribeExperiment(flags.experiment, *result));
  return 0;
}

}  // namespace tremorcast
