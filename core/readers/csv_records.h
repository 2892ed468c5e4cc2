#pragma once

// RFC 4180 records of a whole text: quoted fields may hold commas, doubled quotes and newlines. LF,
// CRLF and a leading BOM are understood; blank lines are passed over. The text must outlive the
// object. Not thread safe; never blocks.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>

namespace tremorcast {

class CsvRecords {
 public:
  explicit CsvRecords(absl::string_view text, char separator = ',');

  // False at the end. `fields` keep their spaces.
  bool Next(std::vector<std::string>& fields);
  // Line on which the record last read starts, from 1.
  int64_t line() const { return line_; }
  // Its text, without the line end.
  absl::string_view text() const { return record_; }

 private:
  absl::string_view text_;
  const char separator_;
  size_t at_ = 0;
  int64_t line_ = 0;
  int64_t next_line_ = 1;
  absl::string_view record_;
};

// The text as a field of such a record, in quotes where it needs them.
std::string CsvField(absl::string_view text);

// A line that could not be used, for a report.
struct BadLine {
  int64_t line = 0;
  std::string reason;
};

}  // namespace tremorcast
