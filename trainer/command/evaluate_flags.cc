#include "trainer/command/evaluate_flags.h"

#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <absl/strings/string_view.h>

#include "command_line/arguments.h"
#include "core/base/duration_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "trainer/command/flag_groups.h"

namespace tremorcast {
namespace {

constexpr char kEvaluateFooter[] = R"(Examples:
  tremorcast-trainer evaluate --database "dbname=tremorcast" --html report.html
      on the sealed weeks of a store
  tremorcast-trainer evaluate --split-at paper --horizons 1,3 --issue-times 3d
      the paper's split by date; besides, shorter horizons and issues in the middle of the week
  tremorcast-trainer evaluate --rolling 3 --embargo 2 --weeks 0,26,26,52
      three origins a year apart, two weeks left out between slices, one verdict over all 156 test weeks
  tremorcast-trainer evaluate --dataset data/timeseries/BasicMotions --seeds 5 --batch 8
      on NAME_TRAIN and NAME_TEST (.ts or .tsv, packed or not); with NAME_TRAIN.meta.csv beside them the split is by time
  tremorcast-trainer evaluate --catalogue cenc.csv --regions areas.json --split-at 2017-01-01 --rolling 5
      ETAS against climatology in those regions, fitted again five times; no stations
  tremorcast-trainer evaluate --simulate --precursor 0 --station-mode --daily-issues --regions 4 --stations 1 --tables IV
      on a simulated network without a precursor: a random split shows skill all the same, and that is the leak

Exit status: 0 when the evaluation ran, whatever it found; 1 failed; 2 wrong usage.)";

absl::StatusOr<std::vector<StudyTable>> ParseTables(absl::string_view text) {
  std::vector<StudyTable> tables;
  for (absl::string_view name : absl::StrSplit(text, ',')) {
    bool known = false;
    for (const StudyTable table : {StudyTable::kInputs, StudyTable::kHeads, StudyTable::kMethods, StudyTable::kLongTail,
                                   StudyTable::kConnectivity}) {
      if (name != absl::StrReplaceAll(StudyTableName(table), {{" ", "-"}})) continue;
      tables.push_back(table);
      known = true;
    }
    if (!known)
      return absl::InvalidArgumentError(absl::StrCat("'", name, "' is not II, III, IV, long-tail or connectivity"));
  }
  return tables;
}

absl::StatusOr<std::vector<absl::Duration>> ParseIssueTimes(absl::string_view text) {
  std::vector<absl::Duration> times;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    ASSIGN_OR_RETURN(const absl::Duration time, ParseDurationText(part));
    if (time >= kWeekLength) return absl::InvalidArgumentError(absl::StrCat("'", part, "' is not below a week"));
    times.push_back(time);
  }
  return times;
}

void AddEvaluateSplit(CLI::App& app, EvaluateFlags& flags) {
  AddWeeks(app, flags.config.split, "Weeks of the four slices, counted back from the newest (0,26,26,52)");
  AddParsed(app, "--split-at", flags.config.test_period, ParseTestPeriod,
            "Test the issues from FROM, before TO where it is given (dates in UTC+8), and train on what lies before; "
            "'paper': 2021-07-01 to 2022-05-30")
      ->type_name("FROM[,TO]|paper");
  app.add_option("--rolling", flags.origins,
                 "Rolling origins: train so many times, each time on all that lies before the next block of test "
                 "weeks, and score the blocks together. They are the newest N x TEST weeks, or --split-at in N parts")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--embargo", flags.config.split.skipped, "Weeks left out between neighbouring slices")
      ->capture_default_str()
      ->check(CLI::Range(1, 52));
}

void AddEvaluateCatalogue(CLI::App& app, CatalogueEvaluation& flags) {
  CLI::Option* file = app.add_option("--catalogue", flags.file,
                                     "The catalogue model (ETAS) against climatology on a catalogue file, in any form "
                                     "that `tremorcast catalog import` reads; no stations, no database");
  AddParsed(app, "--complete", flags.complete, ParseTestPeriod,
            "With --catalogue: the period in which it is complete (its first event to its last)")
      ->type_name("FROM[,TO]")
      ->needs(file);
  AddParsed(app, "--issue-every", flags.issue_every, ParseDurationText,
            "With --catalogue: from issue to issue, and how far each looks ahead, in whole days (7d)")
      ->needs(file);
  app.add_option("--catalogues", flags.catalogues, "Simulated catalogues of each issue, where ETAS is asked")
      ->capture_default_str()
      ->check(CLI::Range(100, 1000000));
}

void AddEvaluateSource(CLI::App& app, EvaluateFlags& flags) {
  CLI::Option* dataset = app.add_option("--dataset", flags.dataset, "A published set of series: DIR/NAME");
  CLI::Option* simulate = app.add_flag("--simulate", flags.simulate, "A simulated network");
  simulate->excludes(dataset);
  AddEvaluateCatalogue(app, flags.catalogue);
  app.get_option("--catalogue")->excludes(dataset)->excludes(simulate);
  ExperimentOptions& e = flags.simulation;
  app.add_option("--precursor", e.precursor, "With --simulate: strength planted before events")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->needs(simulate);
  app.add_option("--regions", flags.regions,
                 "With --simulate: how many regions (8); with --catalogue: their file, in any form that "
                 "`tremorcast regions import` reads")
      ->type_name("COUNT|FILE");
  AddWorld(app, e.catalogue)->needs(simulate);
  app.add_option("--stations", e.stations, "With --simulate: stations in each")->capture_default_str()->needs(simulate);
  app.add_option_function<int>(
         "--slots",
         [&flags](int slots) {
           flags.simulation.slots = slots;
           flags.config.data.slots = slots;
         },
         "Time steps of the network (168 with --simulate, else 1008)")
      ->check(CLI::PositiveNumber);
  AddParsed(app, "--network", flags.config.data.network, ParseNetworkChoice,
            "Rows of the database: real, simulated, or auto (default): real if there are any");
}

}  // namespace

void AddEvaluate(CLI::App& app, Flags& flags) {
  EvaluateFlags& e = flags.evaluate;
  EvaluateOptions& o = e.options;
  AddEvaluateSource(app, e);
  app.add_option("--seeds", o.seeds, "Trainings of each row")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", o.first_seed, "The first seed")->capture_default_str();
  AddParsed(app, "--tables", o.tables, ParseTables,
            "II, III, IV, long-tail (these four by default) and connectivity, comma between; IV must be there");
  app.add_flag("!--no-placebos", o.placebos, "Leave the placebos out: a score without them proves nothing");
  app.add_option("--placebo-seeds", o.placebo_seeds, "Trainings of each placebo and variant")->capture_default_str();
  app.add_option("--shifts", o.shift_runs, "Circular label shifts that are trained again")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app.add_flag("--station-mode", o.station_mode, "Also every station as a row of its own, split in time and at random");
  app.add_flag("--daily-issues", o.daily_issues, "Also an issue every day, split in time and at random");
  app.add_flag("--leave-one-region-out", o.variants.leave_one_region_out, "Also train without each region in turn");
  app.add_flag("--feature-groups", o.variants.feature_groups, "Also each signal alone, ulf_* alone and left out");
  app.add_flag("--station-dropout", o.variants.station_dropout, "Also with fewer stations in the test weeks");
  app.add_flag("--learning-curve", o.variants.learning_curve, "Also with fewer training weeks");
  app.add_option("--horizons", o.variants.horizon_days, "Also the largest event of the next so many days: 1,3")
      ->delimiter(',')
      ->check(CLI::Range(1, 6));
  AddParsed(app, "--issue-times", o.variants.issue_times, ParseIssueTimes,
            "Also issued so long after the week begins, from the seven days before: 12h,3d")
      ->type_name("DURATION,...");
  AddEvaluateSplit(app, e);
  AddMemory(app, e.config);
  AddTraining(app, e.config);
  AddBelow(app, e.config,
           "with --simulate as --world says, in a database catalogue where that rung has a champion, for a published "
           "set climatology");
  app.add_option("--html", e.html, "Write the report as one HTML page");
  app.add_option("--json-file", e.json, "Write every number as JSON");
  app.add_option("--csv", e.csv, "Write the tables as CSV");
  AddOutput(app, flags);
  app.footer(kEvaluateFooter);
}

absl::Status FinishEvaluate(EvaluateFlags& e, bool weeks_given) {
  if (!e.catalogue.file.empty()) {
    e.catalogue.regions = e.regions;
    if (e.regions.empty()) return absl::InvalidArgumentError("--catalogue needs the regions: --regions FILE");
    if (e.catalogue.issue_every % absl::Hours(24) != absl::ZeroDuration()) {
      return absl::InvalidArgumentError("--issue-every is in whole days");
    }
    if (!e.csv.empty()) return absl::InvalidArgumentError("--catalogue writes text, JSON and HTML only");
  } else if (!e.regions.empty()) {
    if (!e.simulate) return absl::InvalidArgumentError("--regions goes with --simulate or --catalogue");
    if (!absl::SimpleAtoi(e.regions, &e.simulation.regions) || e.simulation.regions < 1) {
      return absl::InvalidArgumentError(absl::StrCat("--regions: '", e.regions, "' is no number of regions"));
    }
  }
  if (e.config.below == Rung::kCatalogue && (!e.dataset.empty() || !e.catalogue.file.empty())) {
    return absl::InvalidArgumentError("--below catalogue goes with a database or --simulate");
  }
  e.config.Normalise();
  e.config.below_catalogues = e.catalogue.catalogues;
  e.options.network = e.config.network;
  e.options.training = e.config.training;
  e.options.bootstrap = e.config.bootstrap;
  e.options.gate = e.config.gate;
  e.simulation.seed = e.options.first_seed;
  e.simulation.config = e.config;
  e.simulation.origins = e.origins;
  if (weeks_given) e.simulation.weeks = e.config.split;
  e.simulation.weeks.skipped = e.config.split.skipped;
  return absl::OkStatus();
}

}  // namespace tremorcast
