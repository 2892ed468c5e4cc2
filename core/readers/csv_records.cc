#include "core/readers/csv_records.h"

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/strip.h>

namespace tremorcast {
namespace {

// Reads the quoted field that begins at line[at], a quote. False where its line does not close it.
bool TakeQuoted(absl::string_view line, size_t& at, std::string& field) {
  for (size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      field += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      field += line[i++];
    } else {
      at = i + 1;
      return true;
    }
  }
  field.clear();
  return false;
}

}  // namespace

CsvRecords::CsvRecords(absl::string_view text, char separator, bool quotes)
    : text_(text), separator_(separator), quotes_(quotes) {
  absl::ConsumePrefix(&text_, "\xEF\xBB\xBF");
}

bool CsvRecords::Next(std::vector<std::string>& fields) {
  fields.clear();
  while (at_ < text_.size()) {
    const size_t end = std::min(text_.find_first_of("\r\n", at_), text_.size());
    record_ = text_.substr(at_, end - at_);
    at_ = text_.substr(end, 2) == "\r\n" ? end + 2 : end + 1;
    ++line_;
    if (absl::StripAsciiWhitespace(record_).empty()) continue;
    SplitRecord(record_, separator_, quotes_, fields);
    return true;
  }
  return false;
}

void SplitRecord(absl::string_view line, char separator, bool quotes, std::vector<std::string>& fields) {
  fields.clear();
  for (size_t at = 0;; ++at) {
    std::string field;
    if (quotes && at < line.size() && line[at] == '"') TakeQuoted(line, at, field);
    const size_t end = std::min(line.find(separator, at), line.size());
    field.append(line.data() + at, end - at);
    fields.push_back(std::move(field));
    at = end;
    if (at == line.size()) return;
  }
}

std::string CsvField(absl::string_view text) {
  std::string line = absl::StrReplaceAll(text, {{"\r\n", " "}, {"\n", " "}, {"\r", " "}});
  if (line.find_first_of(",\"") == std::string::npos) return line;
  return absl::StrCat("\"", absl::StrReplaceAll(line, {{"\"", "\"\""}}), "\"");
}

}  // namespace tremorcast
