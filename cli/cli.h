#pragma once

// The client as a function: arguments in, exit code out. main() adds the process around it; tests call it with streams
// of their own.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/exit_code.h"

namespace tremorcast::cli {

struct Environment {
  std::string server;  // TREMORCAST_SERVER, may be empty
};

// `arguments` without the program's name. Blocks until the command is done.
ExitCode RunCli(const std::vector<std::string>& arguments, const Environment& environment, Console& console,
                Pacer& pacer);

}  // namespace tremorcast::cli
