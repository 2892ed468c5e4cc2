#pragma once

// Flags that several commands of tremorcast-trainer have. For trainer/command/flags.cc and the files of single
// commands. What is added is written into the targets while CLI11 parses, so they must outlive the app.

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "trainer/command/flags.h"
#include "trainer/run/config.h"

namespace tremorcast {

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

// InvalidArgument: neither auto, real nor simulated.
absl::StatusOr<NetworkChoice> ParseNetworkChoice(absl::string_view text);

void AddWeeks(CLI::App* app, SplitSizes* weeks, const std::string& help);  // --weeks
void AddTraining(CLI::App* app, TrainerConfig* config);                    // the network and how it is trained
void AddMemory(CLI::App* app, TrainerConfig* config);                      // --window-memory-mib
void AddOutput(CLI::App* app, Flags* flags);                               // --progress, --json
void AddDatabase(CLI::App* app, Flags* flags);                             // --database and its kin

}  // namespace tremorcast
