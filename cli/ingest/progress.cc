#include "cli/ingest/progress.h"

#include <algorithm>
#include <cstddef>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/clock.h>

#include "core/base/number_text.h"

namespace tremorcast::cli {
namespace {

constexpr int kBarWidth = 24;

std::string Bar(double share) {
  const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBarWidth);
  return absl::StrCat("[", std::string(static_cast<size_t>(full), '='), full < kBarWidth ? ">" : "",
                      std::string(static_cast<size_t>(std::max(0, kBarWidth - full - 1)), ' '), "]");
}

}  // namespace

std::string ProgressLine(const ProgressCounters& counters, const TallyCounts& counts, absl::Duration elapsed,
                         int width) {
  const VerdictCounts& v = counts.verdicts;
  const double seconds = absl::ToDoubleSeconds(elapsed);
  const int64_t rate = seconds > 0 ? static_cast<int64_t>(static_cast<double>(v.total()) / seconds) : 0;
  std::string line;
  if (counters.files_total > 0) {
    const double share = counters.bytes_total > 0
                             ? static_cast<double>(counters.bytes_done) / static_cast<double>(counters.bytes_total)
                             : 0;
    absl::StrAppend(&line, Bar(share), absl::StrFormat(" %3.0f%%  ", 100 * std::min(share, 1.0)),
                    counters.files_done.load(), "/", counters.files_total, " files  ");
  }
  absl::StrAppend(&line, Count(v.total(), "row"), "  ", Grouped(rate), " rows/s");
  if (v.duplicate > 0) absl::StrAppend(&line, "  dup ", Grouped(v.duplicate));
  if (v.conflict > 0) absl::StrAppend(&line, "  conflict ", Grouped(v.conflict));
  if (v.rejected > 0) absl::StrAppend(&line, "  rejected ", Grouped(v.rejected));
  if (counts.unreadable_lines > 0) absl::StrAppend(&line, "  unreadable ", Grouped(counts.unreadable_lines));
  if (width > 0 && line.size() > static_cast<size_t>(width)) line.resize(static_cast<size_t>(width));
  return line;
}

Progress::Progress(Console& console, Tally& tally, const ProgressCounters& counters, absl::Duration log_interval)
    : terminal_(console.options().err_terminal),
      width_(console.options().width - 1),
      tally_(tally),
      counters_(counters),
      interval_(terminal_ ? absl::Milliseconds(200) : log_interval),
      started_(absl::Now()),
      thread_([this] { Run(); }) {}

Progress::~Progress() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  thread_.join();
  if (terminal_) tally_.SetStatusLine("");
}

void Progress::Run() {
  int64_t said = -1;
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stop_), interval_)) return;
    }
    const TallyCounts counts = tally_.counts();
    const std::string line = ProgressLine(counters_, counts, absl::Now() - started_, terminal_ ? width_ : 0);
    if (terminal_) {
      tally_.SetStatusLine(line);
    } else if (counts.verdicts.total() != said) {
      said = counts.verdicts.total();
      tally_.Say(line);
    }
  }
}

}  // namespace tremorcast::cli
