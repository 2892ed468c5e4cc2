// The process around the client, with its terminal, environment and signals.

#include <exception>
#include <iostream>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

#include "cli/cli.h"
#include "command_line/flag_values.h"
#include "command_line/output.h"

int main(int argc, char** argv) {
  using tremorcast::cli::Console;
  Console::Options options;
  options.out_terminal = ::isatty(STDOUT_FILENO) == 1;
  options.err_terminal = ::isatty(STDERR_FILENO) == 1;
  options.color = options.out_terminal && tremorcast::EnvironmentVariable("NO_COLOR").empty() &&
                  tremorcast::EnvironmentVariable("TERM") != "dumb";
  struct winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) options.width = size.ws_col;
  Console console(std::cout, std::cerr, options);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    tremorcast::cli::ConnectionOptions environment;
    for (const auto& flag : tremorcast::cli::ConnectionFlags()) {
      environment.*flag.target = tremorcast::EnvironmentVariable(flag.variable);
    }
    const auto code = tremorcast::cli::RunCli(arguments, environment, console, tremorcast::cli::SystemPacer());
    return tremorcast::ExitAfterOutput(static_cast<int>(code), "tremorcast");
  } catch (const std::exception& error) {  // this is a fault of ours, for nothing below throws on purpose
    std::cerr << "tremorcast: " << error.what() << "\n";
    return static_cast<int>(tremorcast::cli::ExitCode::kFailed);
  }
}
