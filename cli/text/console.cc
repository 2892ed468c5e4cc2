#include "cli/text/console.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace tremorcast::cli {
namespace {

// A byte in this pipe wakes every waiter; it is never read, so that later waits end at once too.
int g_wake_pipe[2] = {-1, -1};
std::atomic<bool> g_interrupted{false};

void OnSignal(int signal_number) {
  if (g_interrupted.exchange(true)) {
    ::_exit(128 + signal_number);
  }
  const char byte = 1;
  if (::write(g_wake_pipe[1], &byte, 1) < 0) return;  // a signal handler can do nothing about it
}

class SignalPacer final : public Pacer {
 public:
  SignalPacer() {
    if (::pipe(g_wake_pipe) != 0) std::abort();
    struct sigaction action = {};
    action.sa_handler = OnSignal;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }
  absl::Time Now() override { return absl::Now(); }
  bool Wait(absl::Duration duration) override {
    const absl::Time until = absl::Now() + duration;
    for (;;) {
      if (Interrupted()) return false;
      const absl::Duration left = until - absl::Now();
      if (left <= absl::ZeroDuration()) return true;
      struct pollfd wake = {g_wake_pipe[0], POLLIN, 0};
      ::poll(&wake, 1,
             static_cast<int>(
                 std::min<int64_t>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))), 60'000)));
    }
  }
  bool Interrupted() override { return g_interrupted.load(); }
};

// Columns a terminal gives to a UTF-8 text.
size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if ((c & 0xC0) == 0x80) continue;
    width += c >= 0xE3 && c <= 0xED ? 2 : 1;  // U+3000 to U+DFFF: nearly all wide
  }
  return width;
}

}  // namespace

Pacer& SystemPacer() {
  static SignalPacer* const kPacer = new SignalPacer;
  return *kPacer;
}

std::string Console::Bold(absl::string_view text) const {
  return options_.color ? absl::StrCat("\033[1m", text, "\033[0m") : std::string(text);
}
std::string Console::Dim(absl::string_view text) const {
  return options_.color ? absl::StrCat("\033[2m", text, "\033[0m") : std::string(text);
}
std::string Console::Warning(absl::string_view text) const {
  return options_.color ? absl::StrCat("\033[33m", text, "\033[0m") : std::string(text);
}

Table::Table(std::vector<std::string> header, std::vector<size_t> right) : right_(std::move(right)) {
  rows_.push_back(std::move(header));
}

void Table::Add(std::vector<std::string> row) {
  row.resize(rows_[0].size());
  rows_.push_back(std::move(row));
}

void Table::Print(Console& console) const {
  std::vector<size_t> widths(rows_[0].size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  for (size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    for (size_t i = 0; i < rows_[r].size(); ++i) {
      const std::string padding(widths[i] - DisplayWidth(rows_[r][i]), ' ');
      const bool right = std::find(right_.begin(), right_.end(), i) != right_.end();
      absl::StrAppend(&line, i == 0 ? "" : "  ", right ? padding : "", rows_[r][i], right ? "" : padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    console.out() << (r == 0 ? console.Bold(line) : line) << "\n";
  }
}

std::string Grouped(int64_t number) {
  const std::string digits = absl::StrCat(number < 0 ? -number : number);
  std::string out = number < 0 ? "-" : "";
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string Count(int64_t number, absl::string_view singular, absl::string_view plural) {
  if (number == 1) return absl::StrCat("1 ", singular);
  return absl::StrCat(Grouped(number), " ", plural.empty() ? absl::StrCat(singular, "s") : std::string(plural));
}

}  // namespace tremorcast::cli
