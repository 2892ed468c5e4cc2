#include "cli/text/console.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <signal.h>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/number_text.h"
#include "files/stop_signals.h"

namespace tremorcast::cli {
namespace {

class SignalPacer final : public Pacer {
 public:
  SignalPacer() : signals_(StopSignals::Install(StopSignals::Second::kEndsTheProcess)) {
    if (signals_ == nullptr) std::abort();
    ::signal(SIGPIPE, SIG_IGN);
  }
  absl::Time Now() override { return absl::Now(); }
  bool Wait(absl::Duration duration) override { return signals_->Wait(duration); }
  bool Interrupted() override { return signals_->requested(); }

 private:
  const StopSignals* const signals_;
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

std::string Count(int64_t number, absl::string_view singular, absl::string_view plural) {
  if (number == 1) return absl::StrCat("1 ", singular);
  return absl::StrCat(Grouped(number), " ", plural.empty() ? absl::StrCat(singular, "s") : std::string(plural));
}

}  // namespace tremorcast::cli
