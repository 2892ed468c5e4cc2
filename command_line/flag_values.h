#pragma once

// Where the value of a flag comes from: the argument list, a file that a flag names, or the
// environment. In every program the first of these that is given counts, by ReadFlagValue alone.
// Blocks on reading the file. Reading the environment is thread safe while nobody changes it.

#include <optional>
#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

// "" when the variable is not set.
std::string EnvironmentVariable(const char* name);
// The content of the file at `path`. InvalidArgument, naming flag and file but nothing of the
// content, when it cannot be read or holds nothing.
absl::StatusOr<std::string> ReadFlagFile(absl::string_view flag, const std::string& path);

struct FlagSources {
  absl::string_view flag;            // "--database"
  std::optional<std::string> typed;  // in the argument list; absent: the flag is not there
  absl::string_view file_flag;       // "--database-file"; empty: there is none
  std::optional<std::string> file;   // its path
  std::string environment;           // what the variable says; "": it is not set
};
// What is typed, else what the file holds without blanks around it, else what the environment says;
// "" when nobody says anything. InvalidArgument: the file cannot be read or holds nothing, or a flag
// is given and empty. The last is a script's variable that is not set, and taking the next source
// for it would be a value that nobody asked for.
absl::StatusOr<std::string> ReadFlagValue(const FlagSources& sources);

}  // namespace tremorcast
