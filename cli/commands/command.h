#pragma once

// A command of the client and the one table of all of them, which drives parsing, help and
// dispatch.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cli/calls/client.h"
#include "cli/text/console.h"
#include "cli/text/exit_code.h"

namespace tremorcast::cli {

// A flag or positional argument. Its target is written before Run, and the value until then is the
// default that the help shows.
struct Flag {
  using Target = std::variant<bool*, std::string*, int64_t*, double*, std::vector<std::string>*>;
  std::string name;  // "--region", or "FILE" for a positional argument
  std::string help;
  Target target;
  bool required = false;
  std::vector<std::string> choices;  // when not empty, nothing else is taken
};

struct CommandContext {
  Console& console;
  Pacer& pacer;
  Client& client;  // connects on first use
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::vector<Flag> Flags() = 0;
  // Messages about failures have been written when it returns.
  virtual ExitCode Run(CommandContext& context) = 0;
};

struct CommandSpec {
  std::string path;  // "models promote"
  std::string summary;
  std::string detail;  // paragraphs below the usage line, may be empty
  std::vector<std::string> examples;
  std::function<std::unique_ptr<Command>()> make;
};

// In the order the help shows them.
const std::vector<CommandSpec>& AllCommands();

}  // namespace tremorcast::cli
