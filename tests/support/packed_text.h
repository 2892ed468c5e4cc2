#pragma once

// A text as the programs xz, gzip and zstd pack it, made in memory by the libraries themselves.

#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

// One member of the format that `ending` (".xz", ".gz" or ".zst") names. Stops the test program
// when it cannot.
std::string Packed(absl::string_view ending, absl::string_view text);

}  // namespace tremorcast
