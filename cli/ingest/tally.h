#pragma once

// Keeps what became of every row and line of a run: counts, the rejects file, and the first few
// faults on the screen. Thread safe.

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "cli/text/console.h"
#include "cli/text/exit_code.h"
#include "core/observation/observation.h"
#include "core/readers/aeta_csv.h"

namespace tremorcast::cli {

// A row or line that was not stored as it stands.
struct Fault {
  std::string file;
  int64_t line = 0;
  std::string column;
  std::string verdict;  // "rejected", "conflict", "unreadable", ...
  std::string reason;
  std::string text;          // of the line, when it is known
  bool listed_only = false;  // like the one before it: goes to the rejects file, not on the screen
};

struct TallyCounts {
  VerdictCounts verdicts;
  int64_t replayed_batches = 0;
  int64_t unreadable_lines = 0;
  int64_t failed_rows = 0;  // of batches that failed as a whole
  int64_t text_bytes = 0;   // of rows that were answered
  std::map<std::string, int64_t> reject_reasons;
};

class Tally {
 public:
  // Faults beyond this number go to the rejects file only.
  static constexpr int kShownFaults = 20;

  // Opens (and empties) the rejects file when `rejects_path` is not empty.
  static absl::StatusOr<std::unique_ptr<Tally>> Create(Console& console, const std::string& rejects_path);

  bool keeps_text() const { return rejects_.is_open(); }

  void AddVerdicts(const VerdictCounts& counts, bool replayed, int64_t text_bytes);
  void AddFault(const Fault& fault);  // counts nothing: see the others
  void AddUnreadable(const Fault& fault);
  void AddRejectReason(absl::string_view reason, int64_t rows);
  void AddFailedRows(int64_t rows);
  // Writes a message on a line of its own, apart from the progress display.
  void Say(const std::string& message);

  TallyCounts counts() const;
  // Prints the verdict summary if asked to, and flushes the rejects file. DataLoss: not all of it
  // could be written.
  absl::Status Finish(absl::Duration took, bool print);
  std::string SummaryJson(absl::Duration took) const;
  ExitCode exit_code() const;

  // While a terminal shows a progress line, text must clear it first. The progress display sets
  // this.
  void SetStatusLine(std::string line);

 private:
  Tally(Console& console) : console_(console) {}
  void PrintSummary(double seconds) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteLine(const std::string& text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Console& console_;
  mutable absl::Mutex mutex_;
  std::ofstream rejects_;  // rows are written under mutex_
  std::string rejects_path_;
  TallyCounts counts_ ABSL_GUARDED_BY(mutex_);
  int shown_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t faults_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string status_line_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast::cli
