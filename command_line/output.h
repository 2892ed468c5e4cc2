#pragma once

// What a program does about its standard output when it ends. Not thread safe.

#include <absl/strings/string_view.h>

namespace tremorcast {

// `status`, or 1 with a line on standard error where standard output did not take all that was written
// to it: a full disk behind `> FILE` must not look like a success of any kind.
int ExitAfterOutput(int status, absl::string_view program);

}  // namespace tremorcast
