#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "core/base/status_macros.h"
#include "files/text_file.h"
#include "model/modules/torch_runtime.h"
#include "trainer/command/command.h"
#include "trainer/data/dataset.h"
#include "trainer/data/series_data.h"
#include "trainer/evaluate/evaluate.h"
#include "trainer/evaluate/origins.h"
#include "trainer/evaluate/report/report_html.h"
#include "trainer/evaluate/report/report_text.h"
#include "trainer/run/experiment.h"
#include "trainer/run/rung_below.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

using Origins = absl::StatusOr<std::vector<EvaluationSet>>;

Origins Named(Origins sets, const std::string& title, const std::string& source) {
  if (!sets.ok()) return sets;
  for (EvaluationSet& set : *sets) {
    set.title = title;
    set.source = source;
  }
  return sets;
}

Origins StoredOrigins(const Flags& flags, const Clock& clock, const ReadProgress& reading,
                      const TrainingControl& control) {
  EvaluateFlags e = flags.evaluate;
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenStoreOf(flags));
  ASSIGN_OR_RETURN(std::unique_ptr<Dataset> data, BuildDataset({store->windows(), store->network(), store->events()},
                                                               e.config.data, clock.Now(), reading));
  ASSIGN_OR_RETURN(e.config.below, ChooseRungBelow(store->models(), data->simulated, e.config.below));
  ASSIGN_OR_RETURN(const std::vector<Plan> plans, MakePlans(e.config, *data, BuildRevision(), e.origins));
  RETURN_IF_ERROR(AnswerRungBelow(plans, e.config, control, *data));
  // Windows beyond the memory limit are read again from the store, which therefore lives as long as
  // they do.
  const std::shared_ptr<Store> kept = std::move(store);
  const std::shared_ptr<const Dataset> dataset(data.release(), [kept](const Dataset* d) { delete d; });
  return Named(DatasetOrigins(dataset, e.config, BuildRevision(), e.origins),
               dataset->simulated ? "Simulated network" : "Service database",
               flags.database.empty() ? "database of the environment" : "database");
}

Origins SimulatedOrigins(EvaluateFlags& flags, const TrainingControl& control) {
  ASSIGN_OR_RETURN(SimulatedWorld world, BuildSimulatedWorld(flags.simulation, control));
  // The dataset reads from the simulator, so that both live as long as anybody reads.
  const auto held = std::make_shared<const SimulatedWorld>(std::move(world));
  const std::shared_ptr<const Dataset> dataset(held, held->data.get());
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

}  // namespace

int RunEvaluateCommand(Flags flags, const CommandContext& context) {
  EvaluateFlags& e = flags.evaluate;
  if (!e.catalogue.file.empty()) return RunEvaluateCatalogue(flags, context);
  const Clock& clock = context.clock;
  std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, clock);
  const TrainingControl control{[&](const RunProgress& p) { reporter->Update(p); }, &context.stop.requested(), ""};
  const ReadProgress reading = [&](int64_t done, int64_t total) {
    control.progress({"reading windows", done, total, "windows", "", 0});
    return !context.stop.requested().load();
  };
  const Origins origins = !e.dataset.empty() ? SeriesOriginsOf(e)
                          : e.simulate       ? SimulatedOrigins(e, control)
                                             : StoredOrigins(flags, clock, reading, control);
  if (!origins.ok()) {
    reporter->Finish();
    return ExitOf(origins.status(), context.stop);
  }
  e.options.progress = control.progress;
  e.options.stop = &context.stop.requested();
  absl::StatusOr<EvaluationReport> report = RunEvaluation(*origins, e.options, clock);
  reporter->Finish();
  if (!report.ok()) return ExitOf(report.status(), context.stop);
  report->command = context.command_line;
  report->git_revision = BuildRevision();
  report->runtime = TorchRuntimeName();
  report->created_at = clock.Now();
  for (const auto& [file, text] : {std::pair{e.html, e.html.empty() ? std::string() : RenderHtml(*report)},
                                   std::pair{e.json, ReportToJson(*report)}, std::pair{e.csv, ReportToCsv(*report)}}) {
    if (file.empty()) continue;
    if (absl::Status s = WriteTextFile(file, text); !s.ok()) return ExitOf(s, context.stop);
  }
  Print(flags.json ? ReportToJson(*report) : ReportToText(*report));
  return 0;
}

}  // namespace tremorcast
