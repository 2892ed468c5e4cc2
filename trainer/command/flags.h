#pragma once

// The command line of tremorcast-trainer, read as all programs read theirs
// (command_line/arguments.h). Flags are read here and nowhere else.

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "trainer/evaluate/evaluate.h"
#include "trainer/ladder/catalogue_plan.h"
#include "trainer/run/config.h"
#include "trainer/run/experiment.h"

namespace tremorcast {

// What the exit status says beside kExitUsage (2). A signal gives 128 + its number.
enum ExitCode : int {
  kExitPromoted = 0,  // also: the command did what was asked
  kExitFailed = 1,
  kExitBusy = 3,   // another trainer holds the lock
  kExitKept = 10,  // published, nothing new, or nothing to publish; the champion stays
};

enum class Command : int8_t { kTrain, kCatalogue, kExperiment, kEvaluate, kRuns };
enum class ProgressStyle : int8_t { kAuto, kBar, kLog };

struct TrainFlags {
  TrainerConfig config;
  std::optional<absl::Duration> every;
  std::string state_directory;
  bool force = false;
  std::string html;  // file for the report of each run; "" none
};

struct CatalogueFlags {
  CatalogueConfig config;
  std::optional<absl::Duration> every;
  bool force = false;
  int threads = 0;   // 0: half of the processor's; no part of the result
  std::string html;  // file for the report of each run; "" none
};

// The catalogue model alone, on a file.
struct CatalogueEvaluation {
  std::string file;                  // "": not this
  std::string regions;               // their file
  std::optional<Interval> complete;  // in which the catalogue is
  absl::Duration issue_every = kWeekLength;
  int64_t catalogues = 10000;  // of each issue
};

struct EvaluateFlags {
  EvaluateOptions options;
  CatalogueEvaluation catalogue;
  std::string regions;  // as typed: a file or, of simulated ones, how many
  // Where the rows come from: a published set (DIR/NAME), the simulator, or else the database.
  std::string dataset;
  bool simulate = false;
  ExperimentOptions simulation;
  TrainerConfig config;         // of rows from the database
  int origins = 1;              // rolling origins
  std::string html, json, csv;  // files to write; "" none
};

struct Flags {
  Command command = Command::kTrain;
  std::string database;      // conninfo; "" takes the PG* environment variables
  std::string replay_clock;  // file (files/replay_clock.h); "" goes by the machine's clock
  ProgressStyle progress = ProgressStyle::kAuto;
  bool json = false;  // the result as one JSON object on standard output
  TrainFlags train;
  CatalogueFlags catalogue;
  ExperimentOptions experiment;
  EvaluateFlags evaluate;
  int runs_limit = 20;
  // Not empty: print this and end with success (--help, --version).
  std::string text;
};

// `runtime` is what --version says of the models' library. InvalidArgument with a message for
// people, which holds no part of a connection string.
absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv, absl::string_view runtime);

}  // namespace tremorcast
