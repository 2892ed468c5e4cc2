#include "core/base/ids.h"

#include <cstddef>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {

absl::Status ValidateId(absl::string_view what, absl::string_view value) {
  constexpr size_t kMaxLength = 63;
  if (value.empty()) return absl::InvalidArgumentError(absl::StrCat(what, " is empty"));
  if (value.size() > kMaxLength) {
    return absl::InvalidArgumentError(absl::StrCat(what, " has ", value.size(), " characters, at most 63 are allowed"));
  }
  for (const char c : value) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') {
      return absl::InvalidArgumentError(absl::StrCat(what, " may hold only letters, digits, '.', '_' and '-'"));
    }
  }
  if (value.front() == '.' || value.front() == '-') {
    return absl::InvalidArgumentError(absl::StrCat(what, " '", value, "' must start with a letter, a digit or '_'"));
  }
  return absl::OkStatus();
}

std::string LastPart(absl::string_view name) { return std::string(name.substr(name.rfind('/') + 1)); }

}  // namespace tremorcast
