#pragma once

// The client as a function that takes arguments and gives an exit code. main() adds the process
// around it, and tests call it with streams of their own.

#include <string>
#include <vector>

#include "cli/calls/connection.h"
#include "cli/text/console.h"
#include "cli/text/exit_code.h"

namespace tremorcast::cli {

// `arguments` are those behind the program's name, and `environment` is what its variables say of
// the connection, where any text may be empty. Blocks until the command is done.
ExitCode RunCli(const std::vector<std::string>& arguments, const ConnectionOptions& environment, Console& console,
                Pacer& pacer);

}  // namespace tremorcast::cli
