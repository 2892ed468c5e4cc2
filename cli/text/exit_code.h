#pragma once

// What a run of the client ends with. The codes are listed in --help, and scripts rely on them.

namespace tremorcast::cli {

enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,       // the operation failed; what was done before it stands
  kUsage = 2,        // unknown command or flag, or a flag that makes no sense
  kUnavailable = 3,  // the server cannot be reached, or stayed away longer than --retry-for
  kPartial = 4,      // done, but some rows, events or lines were rejected or are in conflict
};

// The worse of the two, for a command that does several things. A failure is worse than a server
// that cannot be reached, and that is worse than a partial success.
constexpr ExitCode Worse(ExitCode a, ExitCode b) {
  constexpr auto rank = [](ExitCode code) {
    switch (code) {
      case ExitCode::kOk:
        return 0;
      case ExitCode::kPartial:
        return 1;
      case ExitCode::kUnavailable:
        return 2;
      case ExitCode::kFailed:
        return 3;
      case ExitCode::kUsage:
        return 4;
    }
    return 4;
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace tremorcast::cli
