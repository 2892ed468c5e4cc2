#pragma once

// What the programs here share: their arguments, and medians with spread. They measure and judge
// nothing; a result that is wrong ends the program, for a figure of wrong work means nothing.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

namespace tremorcast::bench {

inline void Require(bool good, const std::string& what) {
  if (good) return;
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}
inline void RequireOk(const absl::Status& status) { Require(status.ok(), status.ToString()); }
template <typename T>
T Get(absl::StatusOr<T> value) {
  RequireOk(value.status());
  return *std::move(value);
}

// `--name=123` for each name in `defaults`; anything else ends the program.
inline std::map<std::string, int64_t> ParseArguments(int argc, char** argv, std::map<std::string, int64_t> defaults) {
  for (int i = 1; i < argc; ++i) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(argv[i], absl::MaxSplits('=', 1));
    const auto at = defaults.find(std::string(absl::StripPrefix(parts.first, "--")));
    const bool good = at != defaults.end() && absl::SimpleAtoi(parts.second, &at->second) && at->second >= 1;
    std::string known;
    for (const auto& [name, value] : defaults) absl::StrAppend(&known, " --", name, "=", value);
    Require(good, absl::StrCat("unknown argument ", argv[i], "; known, with their defaults:", known));
  }
  return defaults;
}

class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// `share` of the sorted values lie at or below the answer.
inline double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(share * last + 0.5)];
}

inline void Report(const std::string& what, const std::vector<double>& values, const char* format, const char* unit) {
  const std::string line =
      absl::StrCat("%-46s median ", format, " %s (lowest ", format, ", highest ", format, ", %zu runs)\n");
  std::printf(line.c_str(), what.c_str(), Quantile(values, 0.5), unit, Quantile(values, 0), Quantile(values, 1),
              values.size());
}

}  // namespace tremorcast::bench
