#pragma once

// Records of a whole text, one a line, with fields between separators. Lines end with LF, CRLF or
// CR; a leading BOM is passed over, and so are blank lines. The text must outlive the object. Not
// thread safe; never blocks.
//
// Where quotes count, a field in quotes may hold separators and doubled quotes (RFC 4180), but no
// line end: a quote that its line does not close is a character like any other. So one stray quote
// in a place name costs at most its own line, never the lines below it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>

namespace tremorcast {

class CsvRecords {
 public:
  explicit CsvRecords(absl::string_view text, char separator = ',', bool quotes = true);

  // False at the end. `fields` keep their spaces.
  bool Next(std::vector<std::string>& fields);
  // Line on which the record last read stands, from 1.
  int64_t line() const { return line_; }
  // Its text, without the line end.
  absl::string_view text() const { return record_; }

 private:
  absl::string_view text_;
  const char separator_;
  const bool quotes_;
  size_t at_ = 0;
  int64_t line_ = 0;
  absl::string_view record_;
};

// The fields of one line.
void SplitRecord(absl::string_view line, char separator, bool quotes, std::vector<std::string>& fields);
// The text as a field of such a record: in quotes where it needs them, a space for a line end.
std::string CsvField(absl::string_view text);

// A line that could not be used, for a report.
struct BadLine {
  int64_t line = 0;
  std::string reason;
};

}  // namespace tremorcast
