#pragma once

// The client as a function: arguments in, exit code out. main() adds the process around it; tests call it with streams
// of their own.

#include <string>
#include <vector>

#include "cli/calls/connection.h"
#include "cli/text/console.h"
#include "cli/text/exit_code.h"

namespace tremorcast::cli {

// `arguments` without the program's name; `environment`: what its variables say of the connection, any of it may be
// empty. Blocks until the command is done.
ExitCode RunCli(const std::vector<std::string>& arguments, const ConnectionOptions& environment, Console& console,
                Pacer& pacer);

}  // namespace tremorcast::cli
