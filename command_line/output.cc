#include "command_line/output.h"

#include <cstdio>
#include <iostream>
#include <string>

#include <absl/strings/str_cat.h>

namespace tremorcast {

int ExitAfterOutput(int status, absl::string_view program) {
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0 && std::cout.good()) return status;
  std::fputs(absl::StrCat(program, ": standard output could not be written to its end\n").c_str(), stderr);
  return 1;
}

}  // namespace tremorcast
