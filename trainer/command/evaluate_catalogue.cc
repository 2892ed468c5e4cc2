#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "files/text_file.h"
#include "formats/catalogue_file.h"
#include "formats/regions_json.h"
#include "trainer/command/command.h"
#include "trainer/ladder/catalogue_diagnostics.h"
#include "trainer/ladder/ladder_html.h"
#include "trainer/ladder/ladder_report.h"
#include "trainer/run/issue_threads.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

// Issues of the test where nobody says which.
constexpr int kTestIssues = 52;

absl::StatusOr<std::vector<Region>> RegionsOf(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  ASSIGN_OR_RETURN(std::vector<Region> regions, ReadRegions(text));
  regions.erase(
      std::remove_if(regions.begin(), regions.end(), [](const Region& region) { return region.whole_network; }),
      regions.end());
  return regions;
}

// From the first event of the list to the last, where nobody says since when it is complete.
Interval PeriodOf(absl::Span<const SeismicEvent> catalogue, const CatalogueEvaluation& asked) {
  Interval period = asked.complete.value_or(Interval{absl::InfinitePast(), absl::InfiniteFuture()});
  if (period.begin == absl::InfinitePast()) period.begin = catalogue.front().origin_time;
  if (period.end == absl::InfiniteFuture()) period.end = catalogue.back().origin_time;
  return period;
}

absl::StatusOr<LadderReport> Evaluate(const EvaluateFlags& e, const CommandContext& context,
                                      const std::function<void(const RunProgress&)>& show,
                                      CatalogueDiagnostics& diagnostics) {
  LadderReport report;
  report.source = e.catalogue.file;
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(e.catalogue.file));
  CatalogueOptions reading;
  reading.now = context.clock.Now();
  reading.otherwise = "file";  // it is merged with no other
  ASSIGN_OR_RETURN(CatalogueText read, ReadCatalogueFile(text, reading));
  report.bad_lines = static_cast<int>(read.bad_lines.size());
  const std::vector<SeismicEvent> catalogue = MergeCatalogues(std::move(read.events), DefaultCataloguePrecedence());
  if (catalogue.empty()) return absl::FailedPreconditionError("the catalogue lists no event");
  report.events = static_cast<int>(catalogue.size());

  LadderTrialOptions& options = report.options;
  ASSIGN_OR_RETURN(options.regions, RegionsOf(e.catalogue.regions));
  options.period = PeriodOf(catalogue, e.catalogue);
  options.origins = e.origins;
  options.step = e.catalogue.issue_every;
  options.catalogues = e.catalogue.catalogues;
  options.seed = e.options.first_seed;
  options.bootstrap = e.config.bootstrap;
  options.gate = e.config.gate;
  options.test_begin = options.period.end - e.origins * kTestIssues * options.step;
  if (const auto& test = e.config.test_period; test.has_value()) {
    options.test_begin = test->begin;
    options.period.end = std::min(options.period.end, test->end);
  }
  options.for_each = ForEachOnThreads(e.config.training.threads);
  options.stop = [&context] { return context.stop.requested().load(); };
  std::string stage;
  options.progress = OneAtATime([&](int done, int all) { show({stage, done, all, "issues", "", 0}); });

  const auto trial = [&](const std::string& name, absl::Span<const SeismicEvent> known) {
    stage = name;
    return TryLadder(catalogue, known, options);
  };
  ASSIGN_OR_RETURN(report.trial, trial("forecasting", catalogue));
  if (e.options.placebos) {
    for (const PlaceboCatalogue& placebo : PlaceboCatalogues(catalogue, options.regions, options.period)) {
      ASSIGN_OR_RETURN(LadderTrial tried, trial(absl::StrCat("placebo, ", placebo.name), placebo.known));
      report.placebos.push_back({placebo.name, std::move(tried)});
    }
    ApplyPlacebos(report.placebos, options.gate, report.trial);
  }
  report.shown = report.trial.origins.back().rung;
  if (!e.html.empty()) {
    ASSIGN_OR_RETURN(diagnostics, DiagnoseTrial(catalogue, report.trial, options));
  }
  report.command = context.command_line;
  report.git_revision = BuildRevision();
  report.created_at = context.clock.Now();
  options.for_each = nullptr;  // they refer to this call's own
  options.stop = nullptr;
  options.progress = nullptr;
  return report;
}

}  // namespace

int RunEvaluateCatalogue(const Flags& flags, const CommandContext& context) {
  const std::unique_ptr<ProgressReporter> reporter = MakeReporter(flags.progress, context.clock);
  CatalogueDiagnostics diagnostics;  // for the page alone
  const absl::StatusOr<LadderReport> report = Evaluate(
      flags.evaluate, context, [&](const RunProgress& progress) { reporter->Update(progress); }, diagnostics);
  reporter->Finish();
  if (!report.ok()) return ExitOf(report.status(), context.stop);
  if (!flags.evaluate.json.empty()) {
    if (absl::Status s = WriteTextFile(flags.evaluate.json, LadderReportToJson(*report)); !s.ok()) {
      return ExitOf(s, context.stop);
    }
  }
  if (!flags.evaluate.html.empty()) {
    if (absl::Status s = WriteTextFile(flags.evaluate.html, LadderReportToHtml(*report, diagnostics)); !s.ok()) {
      return ExitOf(s, context.stop);
    }
  }
  Print(flags.json ? LadderReportToJson(*report) : LadderReportToText(*report));
  return 0;
}

}  // namespace tremorcast
