#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
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
#include "trainer/ladder/ladder_report.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

// Issues of the test where nobody says which.
constexpr int kTestIssues = 52;

int ThreadsOf(int asked) {
  return asked > 0 ? asked : std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
}

void ForEachOnThreads(int threads, int n, const std::function<void(int)>& one) {
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int i = next++; i < n; i = next++) one(i);
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
}

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
                                      const std::function<void(const RunProgress&)>& show) {
  LadderReport report;
  report.source = e.catalogue.file;
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(e.catalogue.file));
  CatalogueOptions reading;
  reading.now = context.clock.Now();
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
  const int threads = ThreadsOf(e.config.training.threads);
  options.for_each = [threads](int n, const std::function<void(int)>& one) { ForEachOnThreads(threads, n, one); };
  options.stop = [&context] { return context.stop.requested().load(); };
  std::mutex showing;
  std::string stage;
  options.progress = [&](int done, int all) {
    const std::lock_guard lock(showing);
    show({stage, done, all, "issues", "", 0});
  };

  const auto trial = [&](const std::string& name, absl::Span<const SeismicEvent> known) {
    stage = name;
    return TryLadder(catalogue, known, options);
  };
  ASSIGN_OR_RETURN(report.trial, trial("forecasting", catalogue));
  if (e.options.placebos) {
    const std::pair<const char*, std::vector<SeismicEvent>> placebos[] = {
        // By years: what a catalogue knew half a year ago is still worth something.
        {"half the catalogue's time later", ShiftedCatalogue(catalogue, options.period, options.period.length() / 2)},
        {"mirrored north to south", MirroredCatalogue(catalogue, options.regions)}};
    for (const auto& [name, known] : placebos) {
      ASSIGN_OR_RETURN(LadderTrial tried, trial(absl::StrCat("placebo, ", name), known));
      report.placebos.push_back({name, std::move(tried)});
    }
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
  const absl::StatusOr<LadderReport> report =
      Evaluate(flags.evaluate, context, [&](const RunProgress& progress) { reporter->Update(progress); });
  reporter->Finish();
  if (!report.ok()) return ExitOf(report.status(), context.stop);
  if (!flags.evaluate.json.empty()) {
    if (absl::Status s = WriteTextFile(flags.evaluate.json, LadderReportToJson(*report)); !s.ok()) {
      return ExitOf(s, context.stop);
    }
  }
  Print(flags.json ? LadderReportToJson(*report) : LadderReportToText(*report));
  return 0;
}

}  // namespace tremorcast
