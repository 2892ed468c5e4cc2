#pragma once

// Which database tremorcast-server and tremorcast-trainer work on: --database, else
// --database-file, else the variable TREMORCAST_DATABASE (ReadFlagValue).

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <absl/status/statusor.h>

namespace tremorcast {

class DatabaseFlags {
 public:
  // Declares both flags, for the app and for each subcommand that has them; must outlive the app.
  // While the arguments are read a password in --database is refused, without repeating it: every
  // user of the machine can see it there.
  void AddTo(CLI::App& app);
  // After the arguments were read: the connection string, or "" when none is given.
  // The errors are those of ReadFlagValue.
  absl::StatusOr<std::string> Read() const;

 private:
  std::optional<std::string> typed_, file_;
};

// The arguments as one line to show, without the connection string.
std::string WithoutDatabase(const std::vector<std::string>& arguments);

}  // namespace tremorcast
