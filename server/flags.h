#pragma once

// The command line of tremorcast-server, read as all programs read theirs
// (command_line/arguments.h). Pure but for reading the file and the environment variable that may
// hold the connection string.

#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "server/server.h"
#include "server/telemetry/log.h"

namespace tremorcast {

struct CommandLine {
  ServerOptions server;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::string port_file;     // empty: none
  std::string replay_clock;  // likewise; set with server.replay
  // Not empty: print this and exit with success (--help, --version).
  std::string text;
};

// `runtime` is what --version says of the models' library. InvalidArgument with a message for
// people; it holds no part of a connection string.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv, absl::string_view runtime);

}  // namespace tremorcast
