#pragma once

// Where the value of a flag comes from when it is not in the argument list: the environment, or a
// file that the flag names. Blocks on reading the file. Reading the environment is thread safe
// while nobody changes it.

#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

// "" when the variable is not set.
std::string EnvironmentVariable(const char* name);
// The content of the file at `path`. InvalidArgument, naming flag and file but nothing of the
// content, when it cannot be read or holds nothing.
absl::StatusOr<std::string> ReadFlagFile(absl::string_view flag, const std::string& path);

}  // namespace tremorcast
