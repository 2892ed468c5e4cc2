#pragma once

// Flags that several commands of tremorcast-trainer have, for trainer/command/flags.cc and the
// flags of single commands. The targets are written while the arguments are read, so they must
// outlive the app.

#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "trainer/command/flags.h"
#include "trainer/run/config.h"

namespace tremorcast {

// InvalidArgument: neither auto, real nor simulated.
absl::StatusOr<NetworkChoice> ParseNetworkChoice(absl::string_view text);

// FROM, FROM,TO or "paper".
absl::StatusOr<std::optional<Interval>> ParseTestPeriod(absl::string_view text);
// "3d": 3.
absl::StatusOr<int> ParseIssueDay(absl::string_view text);
// At least a second.
absl::StatusOr<absl::Duration> ParseEvery(absl::string_view text);

void AddWeeks(CLI::App& app, SplitSizes& weeks, const std::string& help);       // --weeks
void AddTraining(CLI::App& app, TrainerConfig& config);                         // the network and how it is trained
void AddMemory(CLI::App& app, TrainerConfig& config);                           // --window-memory-mib
void AddOutput(CLI::App& app, Flags& flags);                                    // --progress, --json
void AddBelow(CLI::App& app, TrainerConfig& config, const std::string& usual);  // --below
CLI::Option* AddWorld(CLI::App& app, SimulatedCatalogue& catalogue);            // --world
void AddReplayClock(CLI::App& app, Flags& flags);                               // --replay-clock

}  // namespace tremorcast
