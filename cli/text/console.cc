#include "cli/text/console.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <signal.h>
#include <streambuf>

#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>

#include "core/base/number_text.h"
#include "core/base/plain_text.h"
#include "files/stop_signals.h"

namespace tremorcast::cli {
namespace {

constexpr absl::string_view kBold = "\033[1m", kDim = "\033[2m", kYellow = "\033[33m", kUsual = "\033[0m";
constexpr absl::string_view kStyles[] = {kBold, kDim, kYellow, kUsual};

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

// Writes through to the target, piece by piece as it is given, and keeps nothing back.
class Console::PlainStream final : private std::streambuf {
 public:
  PlainStream(std::ostream& target, bool color) : target_(target), color_(color), stream_(this) {}
  std::ostream& stream() { return stream_; }

 private:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    absl::string_view rest(text, static_cast<size_t>(size));
    while (!rest.empty()) {
      const size_t end = std::min(color_ ? rest.find('\033', 1) : rest.size(), rest.size());
      absl::string_view piece = rest.substr(0, end);
      for (const absl::string_view style : kStyles) {
        if (color_ && absl::ConsumePrefix(&piece, style)) target_ << style;
      }
      target_ << PlainText(piece, /*lines=*/true);
      rest.remove_prefix(end);
    }
    return target_.good() ? size : 0;
  }
  int_type overflow(int_type character) override {
    if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
    const char one = traits_type::to_char_type(character);
    return xsputn(&one, 1) == 1 ? character : traits_type::eof();
  }
  int sync() override { return target_.flush().good() ? 0 : -1; }

  std::ostream& target_;
  const bool color_;
  std::ostream stream_;
};

Console::Console(std::ostream& out, std::ostream& err, Options options)
    : out_(std::make_unique<PlainStream>(out, options.color)), err_(err), options_(options) {}
Console::~Console() = default;
std::ostream& Console::out() { return out_->stream(); }

Pacer& SystemPacer() {
  static SignalPacer* const kPacer = new SignalPacer;
  return *kPacer;
}

std::string Console::Bold(absl::string_view text) const {
  return options_.color ? absl::StrCat(kBold, text, kUsual) : std::string(text);
}
std::string Console::Dim(absl::string_view text) const {
  return options_.color ? absl::StrCat(kDim, text, kUsual) : std::string(text);
}
std::string Console::Warning(absl::string_view text) const {
  return options_.color ? absl::StrCat(kYellow, text, kUsual) : std::string(text);
}

Table::Table(std::vector<std::string> header, std::vector<size_t> right) : right_(std::move(right)) {
  rows_.push_back(std::move(header));
}

void Table::Add(std::vector<std::string> row) {
  row.resize(rows_[0].size());
  for (std::string& cell : row) cell = PlainText(cell);
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
