#pragma once

// Incremental reader of AETA feature files, `<StationID>_magn.csv` and `<StationID>_sound.csv`: a
// header `StationID,TimeStamp,<features>` bound by name, then one row per ten-minute sample. Lines
// end with LF or CRLF, or all of them with CR; fields may stand in quotes; columns that are neither
// of the two nor a feature, such as the index that table programs write, are passed over.
//
// The caller feeds bytes as they come (a file, a pipe, a growing file) and pulls rows and problems
// in file order. Nothing is dropped silently: a line is a row, a problem, or blank. Rows with
// values or times that only the service may judge (nan, inf, off the grid) are rows; lines that
// cannot be turned into one are problems. One object reads one file; not thread safe; never blocks;
// no errors but problems.
//
//   AetaCsvReader reader;
//   reader.Feed(bytes);
//   for (;;) switch (reader.Next()) {
//     case AetaCsvReader::Step::kRow: use(reader.row()); continue;
//     case AetaCsvReader::Step::kProblem: report(reader.problem()); continue;
//     case AetaCsvReader::Step::kNeedInput: reader.Feed(more) or reader.FinishInput(); continue;
//     case AetaCsvReader::Step::kEnd: return;
//   }

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "core/observation/feature_schema.h"

namespace tremorcast {

enum class CsvProblemKind : int8_t {
  kNoHeader,        // the file is empty, or its first line is no AETA header; nothing below it can be read
  kRepeatedHeader,  // a header in the middle of the file; read as one and passed over
  kColumnCount,     // too few or too many fields
  kNotANumber,      // a field that is no number, or empty
  kBadTime,         // TimeStamp is not a whole number of seconds
  kBadStation,      // StationID is empty or not UTF-8
  kUnterminated,    // the last line has no newline: it may be cut off in the middle of a number
  kLineTooLong,     // longer than any row could be; skipped up to the next newline
  kNoValue,         // a number that stands for "no value" (Options::sentinels)
};
// "no header", "repeated header", ...
absl::string_view CsvProblemName(CsvProblemKind kind);

struct CsvProblem {
  CsvProblemKind kind = CsvProblemKind::kNoHeader;
  int64_t line = 0;        // from 1
  std::string column;      // name of the column at fault; empty when it is the whole line
  std::string message;     // for people, without line and column
  int64_t end_offset = 0;  // byte after the line
};

// Views are good until the next call to Next() or Feed().
struct AetaCsvRow {
  int64_t line = 0;
  int64_t begin_offset = 0;  // first byte of the line
  int64_t end_offset = 0;    // byte after its newline: a reader may resume here
  absl::string_view text;    // without the newline
  absl::string_view station;
  int64_t time_unix = 0;  // TimeStamp as written, any second
  absl::Span<const float>
      values;  // schema order of signal(); nan and inf as written; beyond float's range: inf; below: 0
};

class AetaCsvReader {
 public:
  struct Options {
    // Take a last line without a newline as complete. Off: report it, because "0.18" may be the
    // start of "0.184484".
    bool accept_unterminated = false;
    // Numbers that stand for "no value", as loggers write them: a row with one of them is no
    // sample, however finite it looks.
    std::vector<float> sentinels = {-999, -9999, -99999, -999999};
  };

  AetaCsvReader() : AetaCsvReader(Options{}) {}
  explicit AetaCsvReader(Options options) : options_(std::move(options)) {}

  // Forgets buffered bytes and goes on at `offset`, the start of line `line`; the header must have
  // been read. The next Feed gives the bytes from there.
  void ResumeAt(int64_t offset, int64_t line);

  void Feed(absl::string_view bytes);
  // No more bytes will come: an unterminated last line becomes a row or a problem. A following
  // (growing) reader never calls it.
  void FinishInput() { finished_ = true; }

  enum class Step : int8_t { kRow, kProblem, kNeedInput, kEnd };
  Step Next();

  const AetaCsvRow& row() const { return row_; }
  const CsvProblem& problem() const { return problem_; }

  // Known once the header was read.
  std::optional<Signal> signal() const { return signal_; }
  // Columns of the header that are passed over.
  const std::vector<std::string>& extra_columns() const { return extra_columns_; }
  // Name of the column that holds schema index `index` of signal(), for messages about
  // values[index].
  absl::string_view ColumnOf(int index) const { return FeatureNames(*signal_)[static_cast<size_t>(index)]; }
  // Byte after the last complete line handed out, and the number of the line that starts there.
  int64_t offset() const { return offset_; }
  int64_t next_line() const { return line_ + 1; }

 private:
  // Takes the next line out of the buffer; false when there is none yet.
  bool TakeLine(absl::string_view& text, bool& terminated);
  bool SkipLongLine();
  // Whether the file's line end is known; looked for in its first line.
  bool FindLineEnd();
  Step ReadHeader(absl::string_view text);
  // `text` without quotes, `line` as it stands.
  Step ReadRow(absl::string_view text, absl::string_view line);
  Step Fail(CsvProblemKind kind, absl::string_view column, std::string message);

  static constexpr int kStationColumn = -1;
  static constexpr int kTimeColumn = -2;
  static constexpr int kExtraColumn = -3;

  const Options options_;
  std::string buffer_;
  size_t begin_ = 0;    // first byte of buffer_ not handed out
  size_t scanned_ = 0;  // no newline in buffer_ before this
  int64_t offset_ = 0;  // file offset of buffer_[begin_]
  int64_t line_ = 0;    // lines handed out
  bool finished_ = false;
  bool dead_ = false;      // no usable header
  bool skipping_ = false;  // inside a line that is too long
  std::optional<Signal> signal_;
  std::vector<int> columns_;  // schema index, or one of the above
  std::vector<std::string> column_names_;
  std::vector<std::string> extra_columns_;
  std::string header_;    // its line
  char line_end_ = '\0';  // once known
  std::string unquoted_;  // a line with quotes, without them
  std::array<float, kMagnFeatures> values_ = {};
  AetaCsvRow row_;
  CsvProblem problem_;
};

// Text of such files, for exports and the simulator. `values` in schema order.
std::string AetaCsvHeader(Signal signal);
void AppendAetaCsvRow(absl::string_view station, int64_t time_unix, absl::Span<const float> values, std::string& out);

}  // namespace tremorcast
