#include "trainer/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "core/duration_text.h"
#include "core/time_grid.h"
#include "storage/pg_status.h"

namespace tremorcast {
namespace {

constexpr char kFooter[] = R"(Examples:
  tremorcast-trainer --database "host=/run/postgresql dbname=tremorcast"
      trains on everything sealed so far, publishes the checkpoint, promotes it if the gate allows
  tremorcast-trainer --every 1w --state-dir /var/lib/tremorcast/training
      stays and trains once a week; goes on after a kill
  tremorcast-trainer --as-of 2022-07-01 --force --json
      trains again what could be known then
  tremorcast-trainer experiment --precursor 0 --seed 3
      a simulated network without a precursor: the gate must refuse (no database needed)
  tremorcast-trainer evaluate --dataset data/timeseries/AETAAreaWeek --html report.html
      the paper's tables, references, placebos and the verdict on a published set (no database needed)
  tremorcast-trainer runs

Exit status: 0 promoted, 10 kept (published or nothing new, the champion stays), 1 failed, 2 wrong usage,
3 another trainer is running, 128 + n ended by signal n.)";

constexpr char kRunsFooter[] = R"(Examples:
  tremorcast-trainer runs --database "host=/run/postgresql dbname=tremorcast"
  tremorcast-trainer runs --limit 1 --json

Exit status: 0 done, 1 failed, 2 wrong usage.)";

constexpr char kExperimentFooter[] = R"(Examples:
  tremorcast-trainer experiment --precursor 3 --seed 1
  tremorcast-trainer experiment --precursor 0 --seed 1 --slots 168 --weeks 104,26,26,52 --regions 8 --stations 3

Exit status: 0 when the experiment ran, whatever it found.)";

constexpr char kEvaluateFooter[] = R"(Examples:
  tremorcast-trainer evaluate --database "dbname=tremorcast" --html report.html
      on the sealed weeks of a store
  tremorcast-trainer evaluate --split-at paper --horizons 1,3 --issue-times 3d
      the paper's split by date; besides, shorter horizons and issues in the middle of the week
  tremorcast-trainer evaluate --rolling 3 --embargo 2 --weeks 0,26,26,52
      three origins a year apart, two weeks left out between slices, one verdict over all 156 test weeks
  tremorcast-trainer evaluate --dataset data/timeseries/BasicMotions --seeds 5 --batch 8
      on NAME_TRAIN and NAME_TEST (.ts or .tsv, .xz too); with NAME_TRAIN.meta.csv beside them the split is by time
  tremorcast-trainer evaluate --simulate --precursor 0 --station-mode --daily-issues --regions 4 --stations 1 --tables IV
      on a simulated network without a precursor: a random split shows skill all the same, and that is the leak

Exit status: 0 when the evaluation ran, whatever it found; 1 failed; 2 wrong usage.)";

// A flag whose text a parser of ours reads; the parser's message becomes CLI11's.
template <typename T, typename Parse>
CLI::Option* AddParsed(CLI::App* app, const std::string& name, T* target, Parse parse, const std::string& help) {
  return app->add_option_function<std::string>(
      name,
      [target, parse, name](const std::string& text) {
        auto value = parse(text);
        if (!value.ok()) throw CLI::ValidationError(name, std::string(value.status().message()));
        *target = *std::move(value);
      },
      help);
}

absl::StatusOr<NetworkChoice> ParseNetworkChoice(absl::string_view text) {
  if (text == "auto") return NetworkChoice::kAuto;
  if (text == "real") return NetworkChoice::kReal;
  if (text == "simulated") return NetworkChoice::kSimulated;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not auto, real or simulated"));
}

absl::StatusOr<ProgressStyle> ParseProgressStyle(absl::string_view text) {
  if (text == "auto") return ProgressStyle::kAuto;
  if (text == "bar") return ProgressStyle::kBar;
  if (text == "log") return ProgressStyle::kLog;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not auto, bar or log"));
}

void AddWeeks(CLI::App* app, SplitSizes* weeks, const std::string& help) {
  app->add_option_function<std::vector<int>>(
         "--weeks",
         [weeks](const std::vector<int>& n) {
           weeks->train = n[0];
           weeks->early_stop = n[1];
           weeks->calibration = n[2];
           weeks->test = n[3];
         },
         help)
      ->delimiter(',')
      ->expected(4)
      ->check(CLI::NonNegativeNumber)
      ->type_name("TRAIN,STOP,CALIBRATION,TEST");
}

void AddTraining(CLI::App* app, TrainerConfig* config) {
  TrainOptions& t = config->training;
  app->add_option("--heads", t.heads, "Classifiers per checkpoint, averaged")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app->add_option("--epochs", t.max_epochs, "At most this many epochs per stage")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app->add_option("--patience", t.patience, "Epochs without improvement before a stage ends")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app->add_option("--batch", t.batch_size, "Samples per step")->capture_default_str()->check(CLI::Range(2, 4096));
  app->add_option("--learning-rate", t.learning_rate, "Of Adam, cosine annealed to 0")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  AddParsed(app, "--sampling", &t.stage2_sampling, ParseSampling,
            "Stage 2: instance, sqrt, class-balanced (default) or progressive");
  AddParsed(app, "--pool", &config->network.pool, ParseStationPool,
            "How stations become a region: mean (default), max or attention");
  AddParsed(app, "--input", &config->network.input, ParseClassifierInput,
            "Classifier input: fused (default), implicit or explicit");
  AddParsed(app, "--unit", &config->network.unit, ParseSampleUnit, "A sample is a region (default) or a station");
  app->add_option("--threads", t.threads, "Processor threads; 0: half of them. Part of what the weights depend on")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  app->add_option("--device", t.device, "auto, cpu or cuda")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
}

void AddMemory(CLI::App* app, TrainerConfig* config) {
  app->add_option_function<int64_t>(
         "--window-memory-mib",
         [config](int64_t mib) {
           config->data.memory_bytes = mib << 20;
           config->training.window_cache_bytes = std::min(config->training.window_cache_bytes, mib << 20);
         },
         "Windows kept in memory as read, and as much again as the network sees them; others are read again (4096, "
         "and 2048)")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 24));
}

void AddTrain(CLI::App* app, Flags* flags) {
  TrainFlags& train = flags->train;
  DatasetOptions& data = train.config.data;
  app->add_option("--seed", train.config.training.seed,
                  "Seed of initialisation, sampling and dropout; the same one gives the same weights")
      ->capture_default_str();
  app->add_option("--slots", data.slots, "Time steps of the network; windows of 1008 are averaged down")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  AddWeeks(app, &train.config.split,
           "Weeks of the four slices, counted back from the newest; TRAIN 0: all the rest (0,26,26,52)");
  AddTraining(app, &train.config);
  app->add_option_function<std::string>(
      "--every",
      [&train](const std::string& text) {
        absl::StatusOr<absl::Duration> every = ParseDurationText(text);
        if (!every.ok()) throw CLI::ValidationError("--every", std::string(every.status().message()));
        if (*every < absl::Seconds(1)) throw CLI::ValidationError("--every", "must be at least a second");
        train.every = *every;
      },
      "Stay and train again every so often (12h, 7d, 1w); otherwise train once");
  app->add_option("--state-dir", train.state_directory, "Keep the state of an unfinished run here and go on from it");
  app->add_option("--html", train.html, "Write the report of the run as one HTML page; each later run replaces it");
  app->add_flag("--force", train.force, "Train although data, configuration and build are those of an earlier run");
  AddParsed(app, "--as-of", &data.as_of, ParseTime, "Only what was known then (RFC 3339, or a date in UTC+8)");
  AddParsed(app, "--network", &data.network, ParseNetworkChoice,
            "real, simulated, or auto (default): the real network if there is one");
  AddParsed(app, "--grace", &data.grace, ParseDurationText, "A window counts as known this long after its end (30m)");
  AddParsed(app, "--settling", &data.settling, ParseDurationText,
            "The catalogue must be complete this long past a week (48h)");
  AddMemory(app, &train.config);
}

void AddOutput(CLI::App* app, Flags* flags) {
  AddParsed(app, "--progress", &flags->progress, ParseProgressStyle,
            "auto (default: a bar on a terminal, else log lines), bar or log");
  app->add_flag("--json", flags->json, "Print the result as one JSON object");
}

void AddDatabase(CLI::App* app, Flags* flags) {
  app->add_option("--database", flags->database,
                  "PostgreSQL connection string or URI without a password: every user of the machine can read it here")
      ->envname("TREMORCAST_DATABASE");
  app->add_option("--database-file", flags->database_file, "File with the connection string");
  app->add_option(
      "--replay-clock", flags->replay_clock,
      "For a replay of simulated weeks, beside a server with the same flag: the time is the one in this file");
}

// As typed: what came from the environment may hold a password.
absl::Status RefuseTypedSecrets(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    absl::string_view word = argv[i];
    if (word == "--database" && i + 1 < argc) {
      word = argv[i + 1];
    } else if (!absl::ConsumePrefix(&word, "--database=")) {
      continue;
    }
    if (absl::Status open = RefuseSecrets("--database", std::string(word)); !open.ok()) return open;
  }
  return absl::OkStatus();
}

absl::Status ReadDatabase(int argc, const char* const* argv, Flags* flags) {
  if (absl::Status open = RefuseTypedSecrets(argc, argv); !open.ok()) return open;
  if (flags->database_file.empty()) return absl::OkStatus();
  auto conninfo = ReadConninfoFile("--database-file", flags->database_file);
  if (!conninfo.ok()) return conninfo.status();
  flags->database = *std::move(conninfo);
  return absl::OkStatus();
}

void AddExperiment(CLI::App* app, Flags* flags) {
  ExperimentOptions& e = flags->experiment;
  app->add_option("--precursor", e.precursor, "Strength planted before events, robust units; 0 plants nothing")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app->add_option("--seed", e.seed, "Seed of simulation and training")->capture_default_str();
  app->add_option("--regions", e.regions, "Regions")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--stations", e.stations, "Stations in each region")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app->add_option("--slots", e.slots, "Samples per week")->capture_default_str()->check(CLI::PositiveNumber);
  AddWeeks(app, &e.weeks, "Weeks of the four slices (104,26,26,52)");
  AddTraining(app, &e.config);
  AddOutput(app, flags);
  app->footer(kExperimentFooter);
}

absl::StatusOr<std::vector<StudyTable>> ParseTables(absl::string_view text) {
  std::vector<StudyTable> tables;
  for (absl::string_view name : absl::StrSplit(text, ',')) {
    bool known = false;
    for (const StudyTable table :
         {StudyTable::kInputs, StudyTable::kHeads, StudyTable::kMethods, StudyTable::kLongTail}) {
      if (name != absl::StrReplaceAll(StudyTableName(table), {{" ", "-"}})) continue;
      tables.push_back(table);
      known = true;
    }
    if (!known) return absl::InvalidArgumentError(absl::StrCat("'", name, "' is not II, III, IV or long-tail"));
  }
  return tables;
}

// The test period of the paper, both days included.
constexpr char kPaperTestPeriod[] = "2021-07-01,2022-05-31";

absl::StatusOr<std::optional<Interval>> ParseTestPeriod(absl::string_view text) {
  if (text == "paper") text = kPaperTestPeriod;
  const std::vector<absl::string_view> dates = absl::StrSplit(text, ',');
  if (dates.size() > 2) return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not FROM, FROM,TO or paper"));
  Interval period{absl::InfinitePast(), absl::InfiniteFuture()};
  for (size_t i = 0; i < dates.size(); ++i) {
    const absl::StatusOr<absl::Time> date = ParseTime(dates[i]);
    if (!date.ok()) return date.status();
    (i == 0 ? period.begin : period.end) = *date;
  }
  if (period.empty()) return absl::InvalidArgumentError(absl::StrCat("'", text, "' ends before it begins"));
  return period;
}

absl::StatusOr<std::vector<absl::Duration>> ParseIssueTimes(absl::string_view text) {
  std::vector<absl::Duration> times;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const absl::StatusOr<absl::Duration> time = ParseDurationText(part);
    if (!time.ok()) return time.status();
    if (*time >= kWeekLength) return absl::InvalidArgumentError(absl::StrCat("'", part, "' is not below a week"));
    times.push_back(*time);
  }
  return times;
}

void AddEvaluateSplit(CLI::App* app, EvaluateFlags* flags) {
  AddWeeks(app, &flags->config.split, "Weeks of the four slices, counted back from the newest (0,26,26,52)");
  AddParsed(app, "--split-at", &flags->config.test_period, ParseTestPeriod,
            "Test the issues from FROM, before TO where it is given (dates in UTC+8), and train on what lies before; "
            "'paper': 2021-07-01 to 2022-05-30")
      ->type_name("FROM[,TO]|paper");
  app->add_option("--rolling", flags->origins,
                  "Rolling origins: train so many times, each time on all that lies before the next block of test "
                  "weeks, and score the blocks together. They are the newest N x TEST weeks, or --split-at in N parts")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app->add_option("--embargo", flags->config.split.skipped, "Weeks left out between neighbouring slices")
      ->capture_default_str()
      ->check(CLI::Range(1, 52));
}

void AddEvaluateSource(CLI::App* app, EvaluateFlags* flags) {
  CLI::Option* dataset = app->add_option("--dataset", flags->dataset, "A published set of series: DIR/NAME");
  CLI::Option* simulate = app->add_flag("--simulate", flags->simulate, "A simulated network");
  simulate->excludes(dataset);
  ExperimentOptions& e = flags->simulation;
  app->add_option("--precursor", e.precursor, "With --simulate: strength planted before events")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->needs(simulate);
  app->add_option("--regions", e.regions, "With --simulate: regions")->capture_default_str()->needs(simulate);
  app->add_option("--stations", e.stations, "With --simulate: stations in each")
      ->capture_default_str()
      ->needs(simulate);
  app->add_option_function<int>(
         "--slots",
         [flags](int slots) {
           flags->simulation.slots = slots;
           flags->config.data.slots = slots;
         },
         "Time steps of the network (168 with --simulate, else 1008)")
      ->check(CLI::PositiveNumber);
  AddParsed(app, "--network", &flags->config.data.network, ParseNetworkChoice,
            "Rows of the database: real, simulated, or auto (default): real if there are any");
}

void AddEvaluate(CLI::App* app, Flags* flags) {
  EvaluateFlags& e = flags->evaluate;
  EvaluateOptions& o = e.options;
  AddDatabase(app, flags);
  AddEvaluateSource(app, &e);
  app->add_option("--seeds", o.seeds, "Trainings of each row")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--seed", o.first_seed, "The first seed")->capture_default_str();
  AddParsed(app, "--tables", &o.tables, ParseTables,
            "II, III, IV and long-tail, comma between (all); IV must be there");
  app->add_flag("!--no-placebos", o.placebos, "Leave the placebos out: a score without them proves nothing");
  app->add_option("--placebo-seeds", o.placebo_seeds, "Trainings of each placebo and variant")->capture_default_str();
  app->add_option("--shifts", o.shift_runs, "Circular label shifts that are trained again")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app->add_flag("--station-mode", o.station_mode,
                "Also every station as a row of its own, split in time and at random");
  app->add_flag("--daily-issues", o.daily_issues, "Also an issue every day, split in time and at random");
  app->add_flag("--leave-one-region-out", o.variants.leave_one_region_out, "Also train without each region in turn");
  app->add_flag("--feature-groups", o.variants.feature_groups, "Also each signal alone, ulf_* alone and left out");
  app->add_flag("--station-dropout", o.variants.station_dropout, "Also with fewer stations in the test weeks");
  app->add_flag("--learning-curve", o.variants.learning_curve, "Also with fewer training weeks");
  app->add_option("--horizons", o.variants.horizon_days, "Also the largest event of the next so many days: 1,3")
      ->delimiter(',')
      ->check(CLI::Range(1, 6));
  AddParsed(app, "--issue-times", &o.variants.issue_times, ParseIssueTimes,
            "Also issued so long after the week begins, from the seven days before: 12h,3d")
      ->type_name("DURATION,...");
  AddEvaluateSplit(app, &e);
  AddMemory(app, &e.config);
  AddTraining(app, &e.config);
  app->add_option("--html", e.html, "Write the report as one HTML page");
  app->add_option("--json-file", e.json, "Write every number as JSON");
  app->add_option("--csv", e.csv, "Write the tables as CSV");
  AddOutput(app, flags);
  app->footer(kEvaluateFooter);
}

// What is asked of any source goes where that source reads it.
void FinishEvaluate(EvaluateFlags& e, bool weeks_given) {
  e.config.Normalise();
  e.options.network = e.config.network;
  e.options.training = e.config.training;
  e.options.bootstrap = e.config.bootstrap;
  e.options.gate = e.config.gate;
  e.simulation.seed = e.options.first_seed;
  e.simulation.config = e.config;
  e.simulation.origins = e.origins;
  if (weeks_given) e.simulation.weeks = e.config.split;
  e.simulation.weeks.skipped = e.config.split.skipped;
}

}  // namespace

ParsedFlags ParseFlags(int argc, const char* const* argv, const std::string& version) {
  ParsedFlags parsed;
  Flags& flags = parsed.flags;
  CLI::App app(
      "Trains the forecast network on the sealed weeks of a store, judges it on weeks it has not seen, publishes it, "
      "and promotes it if it shows skill.",
      "tremorcast-trainer");
  app.set_version_flag("--version", version);
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  AddDatabase(&app, &flags);
  AddTrain(&app, &flags);
  AddOutput(&app, &flags);
  CLI::App* train = app.add_subcommand("train", "Train (also without a subcommand)");
  AddDatabase(train, &flags);
  AddTrain(train, &flags);
  AddOutput(train, &flags);
  CLI::App* experiment = app.add_subcommand(
      "experiment", "Plant a precursor of known strength in a simulated network and see whether it is found");
  AddExperiment(experiment, &flags);
  CLI::App* evaluate = app.add_subcommand(
      "evaluate", "Ask whether the model forecasts anything: the paper's tables, references, placebos, the verdict");
  AddEvaluate(evaluate, &flags);
  CLI::App* runs = app.add_subcommand("runs", "List the training runs, newest first");
  AddDatabase(runs, &flags);
  runs->add_option("--limit", flags.runs_limit, "At most this many")->capture_default_str()->check(CLI::PositiveNumber);
  runs->add_flag("--json", flags.json, "One JSON object per line");
  runs->footer(kRunsFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int status = app.exit(error, out, err);
    parsed.exit = status == 0 ? EarlyExit{0, out.str()}
                              : EarlyExit{kExitUsage, absl::StrCat("tremorcast-trainer: ", out.str(), err.str())};
    return parsed;
  }
  if (absl::Status database = ReadDatabase(argc, argv, &flags); !database.ok()) {
    parsed.exit = EarlyExit{kExitUsage, absl::StrCat("tremorcast-trainer: ", database.message(), "\n")};
    return parsed;
  }
  if (experiment->parsed()) flags.command = Command::kExperiment;
  if (evaluate->parsed()) flags.command = Command::kEvaluate;
  FinishEvaluate(flags.evaluate, evaluate->count("--weeks") > 0);
  if (runs->parsed()) flags.command = Command::kRuns;
  flags.experiment.config.training.seed = flags.experiment.seed;
  flags.train.config.Normalise();
  return parsed;
}

}  // namespace tremorcast
