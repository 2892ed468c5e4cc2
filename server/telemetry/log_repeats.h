#pragma once

// Warnings that come again and again, told apart by their words: digits do not count, so that "row
// 17" and "row 18" are one kind. The first lines of a kind are written, the rest of its window is
// counted and becomes one line. Bounded: beyond so many kinds at once they share what is left.
// Pure; one thread at a time.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast {

class LogRepeats {
 public:
  static constexpr int64_t kShown = 10;  // of a kind in a window
  static constexpr absl::Duration kWindow = absl::Seconds(10);
  static constexpr size_t kKinds = 256;

  // Whether the line is to be written; else it is counted.
  bool Offer(int level, absl::string_view message, absl::Time now);

  struct Summary {
    int level = 0;
    std::string example;  // the last line that was left out
    int64_t count = 0;
  };
  // Of the windows that are over at `now`, those that left lines out; they are forgotten.
  // InfiniteFuture: of all.
  std::vector<Summary> TakeDue(absl::Time now);

 private:
  struct Kind {
    absl::Time until;
    int64_t seen = 0;
    Summary left_out;
  };
  std::map<std::string, Kind> kinds_;
  absl::Time next_ = absl::InfiniteFuture();  // end of the window that ends first
};

}  // namespace tremorcast
