#include "command_line/flag_values.h"

#include <cstdlib>
#include <fstream>
#include <ios>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {

std::string EnvironmentVariable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> ReadFlagFile(absl::string_view flag, const std::string& path) {
  // A pipe is as good as a file (process substitution, a secret's descriptor), but none without an end.
  constexpr std::streamsize kMostBytes = 64 << 10;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), kMostBytes + 1);
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || absl::StripAsciiWhitespace(text).empty()) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": cannot read ", path));
  }
  if (text.size() > static_cast<size_t>(kMostBytes)) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": ", path, " is larger than 64 KiB"));
  }
  return text;
}

absl::StatusOr<std::string> ReadFlagValue(const FlagSources& sources) {
  const auto given_empty = [](const std::optional<std::string>& text) { return text.has_value() && text->empty(); };
  if (given_empty(sources.typed) || given_empty(sources.file)) {
    return absl::InvalidArgumentError(absl::StrCat(given_empty(sources.typed) ? sources.flag : sources.file_flag,
                                                   " is given without a value; leave it out if that is meant"));
  }
  if (sources.typed.has_value()) return *sources.typed;
  if (!sources.file.has_value()) return sources.environment;
  ASSIGN_OR_RETURN(const std::string text, ReadFlagFile(sources.file_flag, *sources.file));
  return std::string(absl::StripAsciiWhitespace(text));
}

}  // namespace tremorcast
