#pragma once

// Where a command writes, and how it waits. Results go to out() and everything else to err(), so
// that output can be piped. What out() writes is plain text: a control character that somebody once
// put into a name stands there as \u001b and does nothing to the terminal (core/base/plain_text.h).
// Commands write from one thread; status lines come from a progress
// display that locks for itself.

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast::cli {

class Console {
 public:
  struct Options {
    bool out_terminal = false;
    bool err_terminal = false;
    bool color = false;  // out is a terminal and NO_COLOR is not set
    int width = 100;     // columns of the terminal
  };

  // Both streams must outlive the console.
  Console(std::ostream& out, std::ostream& err, Options options);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  std::ostream& out();
  std::ostream& err() { return err_; }
  const Options& options() const { return options_; }

  // Text that stands out on a terminal and is plain elsewhere.
  std::string Bold(absl::string_view text) const;
  std::string Dim(absl::string_view text) const;
  std::string Warning(absl::string_view text) const;

 private:
  class PlainStream;
  const std::unique_ptr<PlainStream> out_;
  std::ostream& err_;
  const Options options_;
};

// The time and the waiting of a command, behind an interface so that tests need no sleep. Thread
// safe.
class Pacer {
 public:
  virtual ~Pacer() = default;
  virtual absl::Time Now() = 0;
  // Blocks for `duration` or until the run is interrupted, and returns false when it was.
  virtual bool Wait(absl::Duration duration) = 0;
  // True once somebody asked the run to end (Ctrl-C, SIGTERM).
  virtual bool Interrupted() = 0;
};

// Waits in real time, and stops waiting on SIGINT and SIGTERM, which it takes over. A second signal
// ends the process at once.
Pacer& SystemPacer();

// Columns padded to their widest cell; the first row is the header. A cell stays in its line, whatever
// it holds. Width counts UTF-8 characters,
// East Asian ones as two columns.
class Table {
 public:
  // Columns listed in `right` are aligned to the right (numbers).
  explicit Table(std::vector<std::string> header, std::vector<size_t> right = {});
  void Add(std::vector<std::string> row);
  bool empty() const { return rows_.size() <= 1; }
  void Print(Console& console) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> right_;
};

// "3 rows", "1 row".
std::string Count(int64_t number, absl::string_view singular, absl::string_view plural = "");

}  // namespace tremorcast::cli
