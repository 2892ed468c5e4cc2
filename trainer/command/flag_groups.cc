#include "trainer/command/flag_groups.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "command_line/arguments.h"
#include "core/base/duration_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

absl::StatusOr<ProgressStyle> ParseProgressStyle(absl::string_view text) {
  if (text == "auto") return ProgressStyle::kAuto;
  if (text == "bar") return ProgressStyle::kBar;
  if (text == "log") return ProgressStyle::kLog;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not auto, bar or log"));
}

// The test period of the paper, both days included.
constexpr char kPaperTestPeriod[] = "2021-07-01,2022-05-31";

absl::StatusOr<std::optional<Rung>> ParseRungBelow(absl::string_view text) {
  if (text == "auto") return std::nullopt;
  for (const Rung rung : {Rung::kClimatology, Rung::kCatalogue}) {
    if (text == RungName(rung)) return rung;
  }
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not auto, climatology or catalogue"));
}

}  // namespace

absl::StatusOr<std::optional<Interval>> ParseTestPeriod(absl::string_view text) {
  if (text == "paper") text = kPaperTestPeriod;
  const std::vector<absl::string_view> dates = absl::StrSplit(text, ',');
  if (dates.size() > 2) return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not FROM, FROM,TO or paper"));
  Interval period{absl::InfinitePast(), absl::InfiniteFuture()};
  for (size_t i = 0; i < dates.size(); ++i) {
    ASSIGN_OR_RETURN(const absl::Time date, ParseTime(dates[i]));
    (i == 0 ? period.begin : period.end) = date;
  }
  if (period.empty()) return absl::InvalidArgumentError(absl::StrCat("'", text, "' ends before it begins"));
  return period;
}

absl::StatusOr<int> ParseIssueDay(absl::string_view text) {
  ASSIGN_OR_RETURN(const absl::Duration later, ParseDurationText(text));
  if (later < absl::ZeroDuration() || later >= kWeekLength || later % absl::Hours(24) != absl::ZeroDuration())
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no whole number of days below a week"));
  return static_cast<int>(later / absl::Hours(24));
}

absl::StatusOr<absl::Duration> ParseEvery(absl::string_view text) {
  ASSIGN_OR_RETURN(const absl::Duration every, ParseDurationText(text));
  if (every < absl::Seconds(1)) return absl::InvalidArgumentError("must be at least a second");
  return every;
}

absl::StatusOr<NetworkChoice> ParseNetworkChoice(absl::string_view text) {
  if (text == "auto") return NetworkChoice::kAuto;
  if (text == "real") return NetworkChoice::kReal;
  if (text == "simulated") return NetworkChoice::kSimulated;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not auto, real or simulated"));
}

void AddWeeks(CLI::App& app, SplitSizes& weeks, const std::string& help) {
  app.add_option_function<std::vector<int>>(
         "--weeks",
         [&weeks](const std::vector<int>& n) {
           weeks.train = n[0];
           weeks.early_stop = n[1];
           weeks.calibration = n[2];
           weeks.test = n[3];
         },
         help)
      ->delimiter(',')
      ->expected(4)
      ->check(CLI::NonNegativeNumber)
      ->type_name("TRAIN,STOP,CALIBRATION,TEST");
}

void AddTraining(CLI::App& app, TrainerConfig& config) {
  TrainOptions& t = config.training;
  app.add_option("--heads", t.heads, "Classifiers per checkpoint, averaged")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--epochs", t.max_epochs,
                 absl::StrCat("At most this many epochs per stage; left out: ", kUsualEpochs,
                              ", or on a small set as many as make ", kUsualSteps, " steps"))
      ->check(CLI::PositiveNumber);
  app.add_option("--patience", t.patience, "Epochs without improvement before a stage ends")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--patience-steps", t.patience_steps, "Optimiser steps without improvement, which must be over too")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--min-steps", t.min_steps, "Optimiser steps before which no stage ends early")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--batch", t.batch_size, "Samples per step")->capture_default_str()->check(CLI::Range(2, 4096));
  app.add_option("--learning-rate", t.learning_rate, "Of Adam, annealed to 0 over the epochs of a stage")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  AddParsed(app, "--schedule", t.schedule, ParseSchedule,
            "How it is annealed: cosine (default), or warm-restarts, each arc twice as long as the one before");
  app.add_option("--restart-epochs", t.restart_epochs, "Epochs of the first of these arcs; 0: a fifteenth of the run")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  AddParsed(app, "--sampling", t.stage2_sampling, ParseSampling,
            "Stage 2: instance, sqrt, class-balanced (default) or progressive");
  AddParsed(app, "--loss", t.stage2_loss, ParseLoss,
            "Stage 2: cross-entropy (default), class-balanced, focal or ldam-drw; those that weigh classes go with "
            "--sampling instance");
  AddParsed(app, "--augment", t.augmentation, ParseAugmentation,
            "Stage 2, maps of training rows: none (default), smote, mixup or jitter");
  AddParsed(app, "--last-layer", t.last_layer, ParseTreatment,
            "What becomes of it after stage 2: tau (default), cRT, LWS or NCM");
  AddParsed(app, "--pool", config.network.pool, ParseStationPool,
            "How stations become a region: mean (default), max or attention");
  AddParsed(app, "--input", config.network.input, ParseClassifierInput,
            "Classifier input: fused (default), implicit or explicit");
  AddParsed(app, "--connectivity", config.network.connectivity, ParseConnectivity,
            "Dense blocks: single (default: one concatenation at the end) or dense (each layer sees all before it)");
  AddParsed(app, "--unit", config.network.unit, ParseSampleUnit, "A sample is a region (default) or a station");
  app.add_option("--threads", t.threads, "Processor threads; 0: half of them. Part of what the weights depend on")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  app.add_option("--device", t.device, "auto, cpu or cuda")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
}

void AddBelow(CLI::App& app, TrainerConfig& config, const std::string& usual) {
  AddParsed(app, "--below", config.below, ParseRungBelow,
            absl::StrCat("What answers are pooled with and must beat: climatology, catalogue (ETAS too), or auto "
                         "(default): ",
                         usual));
}

CLI::Option* AddWorld(CLI::App& app, SimulatedCatalogue& catalogue) {
  return AddParsed(app, "--world", catalogue, ParseSimulatedCatalogue,
                   "Simulated catalogue: independent (default; each week for itself), poisson, or clustered (ETAS)");
}

void AddMemory(CLI::App& app, TrainerConfig& config) {
  app.add_option_function<int64_t>(
         "--window-memory-mib",
         [&config](int64_t mib) {
           config.data.memory_bytes = mib << 20;
           config.training.window_cache_bytes = std::min(config.training.window_cache_bytes, mib << 20);
         },
         "Windows kept in memory as read, and as much again as the network sees them; others are read again (4096, "
         "and 2048)")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 24));
}

void AddOutput(CLI::App& app, Flags& flags) {
  AddParsed(app, "--progress", flags.progress, ParseProgressStyle,
            "auto (default: a bar on a terminal, else log lines), bar or log");
  app.add_flag("--json", flags.json, "Print the result as one JSON object");
}

void AddReplayClock(CLI::App& app, Flags& flags) {
  app.add_option(
      "--replay-clock", flags.replay_clock,
      "For a replay of simulated weeks, beside a server with the same flag: the time is the one in this file");
}

}  // namespace tremorcast
