#include "trainer/command/flags.h"

#include <CLI/CLI.hpp>
#include <absl/status/status.h>
#include <absl/strings/string_view.h>

#include "command_line/arguments.h"
#include "command_line/database_flags.h"
#include "core/base/duration_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "trainer/command/evaluate_flags.h"
#include "trainer/command/flag_groups.h"

namespace tremorcast {
namespace {

constexpr char kFooter[] = R"(Examples:
  tremorcast-trainer --database "host=/run/postgresql dbname=tremorcast"
      trains on everything sealed so far, publishes the checkpoint, promotes it if the gate allows
  tremorcast-trainer --every 1w --state-dir /var/lib/tremorcast/training
      stays and trains once a week; goes on after a kill
  tremorcast-trainer --as-of 2022-07-01 --force --json
      trains again what could be known then
  tremorcast-trainer --issue-time 3d
      another question, with a scope of its own: the daily issues of the fourth day of the week ask the stations then
  tremorcast-trainer experiment --precursor 0 --seed 3
      a simulated network without a precursor: the gate must refuse (no database needed)
  tremorcast-trainer evaluate --dataset data/timeseries/AETAAreaWeek --html report.html
      the paper's tables, references, placebos and the verdict on a published set (no database needed)
  tremorcast-trainer catalogue
      fits, judges and publishes the model of the rung below, which sees earthquakes and no stations
  tremorcast-trainer runs

Exit status: 0 promoted, 10 kept (published or nothing new, the champion stays), 1 failed, 2 wrong usage,
3 another trainer is running, 128 + n ended by signal n.)";

constexpr char kCatalogueFooter[] = R"(Examples:
  tremorcast-trainer catalogue --database "host=/run/postgresql dbname=tremorcast"
      fits ETAS to the catalogue, judges it on the newest years, publishes it, promotes it if the gate allows
  tremorcast-trainer catalogue --every 1w
      stays and fits again once a week
  tremorcast-trainer catalogue --split-at 2017-01-01 --rolling 5 --json
      judged from 2017 on, by five fits one after the other

Exit status: 0 promoted, 10 kept (published, nothing new, too short a catalogue or a fit that was refused; the
champion stays), 1 failed, 2 wrong usage, 3 another one is running, 128 + n ended by signal n.)";

constexpr char kRunsFooter[] = R"(Examples:
  tremorcast-trainer runs --database "host=/run/postgresql dbname=tremorcast"
  tremorcast-trainer runs --limit 1 --json

Exit status: 0 done, 1 failed, 2 wrong usage.)";

constexpr char kExperimentFooter[] = R"(Examples:
  tremorcast-trainer experiment --precursor 3 --seed 1
  tremorcast-trainer experiment --precursor 0 --seed 1 --slots 168 --weeks 104,26,26,52 --regions 8 --stations 3
  tremorcast-trainer experiment --world clustered --precursor 0
      earthquakes trigger others, and stations know nothing: the catalogue rung must answer

Exit status: 0 when the experiment ran, whatever it found.)";

void AddQuestion(CLI::App& app, StationQuestion& question) {
  AddParsed(app, "--issue-time", question.issue_day, ParseIssueDay,
            "Issued so long after the week begins, in whole days (0d to 6d): a model that the daily issues of that "
            "day ask; 0d: the weekly one")
      ->type_name("DURATION");
  app.add_option("--horizon", question.horizon_days,
                 "Days from the issue on whose largest earthquake is asked for: 7, or fewer for a model that answers "
                 "beside the weekly forecast")
      ->capture_default_str()
      ->check(CLI::Range(1, kWeekDays));
}

void AddTrain(CLI::App& app, Flags& flags) {
  TrainFlags& train = flags.train;
  DatasetOptions& data = train.config.data;
  app.add_option("--seed", train.config.training.seed,
                 "Seed of initialisation, sampling and dropout; the same one gives the same weights")
      ->capture_default_str();
  app.add_option("--slots", data.slots, "Time steps of the network; windows of 1008 are averaged down")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  AddWeeks(app, train.config.split,
           "Weeks of the four slices, counted back from the newest; TRAIN 0: all the rest (0,26,26,52)");
  AddTraining(app, train.config);
  AddBelow(app, train.config, "catalogue where that rung has a champion");
  AddQuestion(app, data.question);
  AddParsed(app, "--every", train.every, ParseEvery,
            "Stay and train again every so often (12h, 7d, 1w); otherwise train once");
  app.add_option("--state-dir", train.state_directory, "Keep the state of an unfinished run here and go on from it");
  app.add_option("--html", train.html, "Write the report of the run as one HTML page; each later run replaces it");
  app.add_flag("--force", train.force, "Train although data, configuration and build are those of an earlier run");
  AddParsed(app, "--as-of", data.as_of, ParseTime, "Only what was known then (RFC 3339, or a date in UTC+8)");
  AddParsed(app, "--network", data.network, ParseNetworkChoice,
            "real, simulated, or auto (default): the real network if there is one");
  AddParsed(app, "--grace", data.grace, ParseDurationText, "A window counts as known this long after its end (30m)");
  AddParsed(app, "--settling", data.settling, ParseDurationText,
            "The catalogue must be complete this long past a week (48h)");
  AddMemory(app, train.config);
}

void AddCatalogue(CLI::App& app, Flags& flags) {
  CatalogueFlags& catalogue = flags.catalogue;
  CatalogueConfig& config = catalogue.config;
  app.add_option("--rolling", config.origins,
                 "Fit so many times in the test period, each time to all that lies before; without --split-at the test "
                 "is of as many years, or of fewer where the catalogue is younger")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  AddParsed(app, "--split-at", config.test_period, ParseTestPeriod,
            "Test the issues from FROM, before TO where it is given (dates in UTC+8)")
      ->type_name("FROM[,TO]");
  app.add_option("--catalogues", config.catalogues, "Simulated catalogues of each issue, and of each forecast")
      ->capture_default_str()
      ->check(CLI::Range(100, 1000000));
  app.add_option("--seed", config.seed, "Seed of the simulated catalogues; the same one gives the same bytes")
      ->capture_default_str();
  app.add_option("--threads", catalogue.threads, "Processor threads; 0: half of them. No part of the result")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  AddParsed(app, "--every", catalogue.every, ParseEvery,
            "Stay and fit again every so often (12h, 7d, 1w); otherwise fit once");
  app.add_option("--html", catalogue.html, "Write the report of the run as one HTML page; each later run replaces it");
  app.add_flag("--force", catalogue.force, "Fit although data, configuration and build are those of an earlier run");
  AddParsed(app, "--as-of", config.data.as_of, ParseTime, "Only what was known then (RFC 3339, or a date in UTC+8)");
  AddParsed(app, "--network", config.data.network, ParseNetworkChoice,
            "real, simulated, or auto (default): the real network if there is one");
  AddParsed(app, "--settling", config.data.settling, ParseDurationText,
            "The catalogue must be complete this long past a week (48h)");
  AddOutput(app, flags);
  app.footer(kCatalogueFooter);
}

void AddExperiment(CLI::App& app, Flags& flags) {
  ExperimentOptions& e = flags.experiment;
  app.add_option("--precursor", e.precursor, "Strength planted before events, robust units; 0 plants nothing")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seed", e.seed, "Seed of simulation and training")->capture_default_str();
  app.add_option("--regions", e.regions, "Regions")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--stations", e.stations, "Stations in each region")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--slots", e.slots, "Samples per week")->capture_default_str()->check(CLI::PositiveNumber);
  AddWeeks(app, e.weeks, "Weeks of the four slices (104,26,26,52)");
  AddWorld(app, e.catalogue);
  AddTraining(app, e.config);
  AddBelow(app, e.config, "climatology with independent weeks, else catalogue");
  app.add_option("--catalogues", e.config.below_catalogues, "That the catalogue rung simulates for each issue")
      ->capture_default_str()
      ->check(CLI::Range(100, 1000000));
  AddOutput(app, flags);
  app.footer(kExperimentFooter);
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv, absl::string_view runtime) {
  Flags flags;
  DatabaseFlags database;
  CLI::App app(
      "Trains the forecast network on the sealed weeks of a store, judges it on weeks it has not seen, publishes it, "
      "and promotes it if it shows skill.",
      "tremorcast-trainer");
  app.set_version_flag("--version", VersionLine("tremorcast-trainer", runtime));
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  CLI::App& train = *app.add_subcommand("train", "Train (also without a subcommand)");
  for (CLI::App* command : {&app, &train}) {
    database.AddTo(*command);
    AddReplayClock(*command, flags);
    AddTrain(*command, flags);
    AddOutput(*command, flags);
  }
  CLI::App& catalogue = *app.add_subcommand(
      "catalogue",
      "Fit the model of the catalogue rung (ETAS), judge it, publish it, and promote it if it shows skill");
  database.AddTo(catalogue);
  AddReplayClock(catalogue, flags);
  AddCatalogue(catalogue, flags);
  CLI::App& experiment = *app.add_subcommand(
      "experiment", "Plant a precursor of known strength in a simulated network and see whether it is found");
  AddExperiment(experiment, flags);
  CLI::App& evaluate = *app.add_subcommand(
      "evaluate", "Ask whether the model forecasts anything: the paper's tables, references, placebos, the verdict");
  database.AddTo(evaluate);
  AddReplayClock(evaluate, flags);
  AddEvaluate(evaluate, flags);
  CLI::App& runs = *app.add_subcommand("runs", "List the training runs, newest first");
  database.AddTo(runs);
  AddReplayClock(runs, flags);
  runs.add_option("--limit", flags.runs_limit, "At most this many")->capture_default_str()->check(CLI::PositiveNumber);
  runs.add_flag("--json", flags.json, "One JSON object per line");
  runs.footer(kRunsFooter);
  ASSIGN_OR_RETURN(flags.text, ReadArguments(app, {argv + 1, argv + argc}));
  if (!flags.text.empty()) return flags;
  if (catalogue.parsed()) flags.command = Command::kCatalogue;
  if (experiment.parsed()) flags.command = Command::kExperiment;
  if (evaluate.parsed()) flags.command = Command::kEvaluate;
  if (runs.parsed()) flags.command = Command::kRuns;
  ASSIGN_OR_RETURN(flags.database, database.Read());
  RETURN_IF_ERROR(FinishEvaluate(flags.evaluate, evaluate.count("--weeks") > 0));
  flags.experiment.config.training.seed = flags.experiment.seed;
  flags.train.config.Normalise();
  return flags;
}

}  // namespace tremorcast
