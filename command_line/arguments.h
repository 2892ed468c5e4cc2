#pragma once

// How tremorcast, tremorcast-server and tremorcast-trainer read their arguments: each declares its
// flags on a CLI::App and hands it to ReadArguments. What is asked for (help, the version) and what
// is wrong then sounds the same everywhere, and wrong usage ends every program with kExitUsage.
// Pure; one thread at a time for each app.

#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

inline constexpr int kExitUsage = 2;

// "tremorcast-server 0.1.0 (1a2b3c4), libtorch 1.13.1": `runtime` may be empty.
std::string VersionLine(absl::string_view program, absl::string_view runtime = "");
// What a person reads whose usage was wrong: the message, and where the help is. `program` may name
// a command too.
std::string UsageError(absl::string_view program, absl::string_view message);

// Writes the targets of the flags that are given. The text to print instead of working when help or
// the version is asked for, else "". InvalidArgument, with a message for UsageError: a flag or
// argument that is unknown, missing or has a value that its check refuses.
absl::StatusOr<std::string> ReadArguments(CLI::App& app, const std::vector<std::string>& arguments);

// Adds a flag whose text a parser of ours reads; the parser's message becomes that of
// ReadArguments. The target is written while it reads, so it must outlive the app.
template <typename T, typename Parse>
CLI::Option* AddParsed(CLI::App& app, const std::string& name, T& target, Parse parse, const std::string& help) {
  return app.add_option_function<std::string>(
      name,
      [&target, parse, name](const std::string& text) {
        auto value = parse(text);
        if (!value.ok()) throw CLI::ValidationError(name, std::string(value.status().message()));
        target = *std::move(value);
      },
      help);
}

}  // namespace tremorcast
