#include "core/readers/csv_records.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/strip.h>

namespace tremorcast {

CsvRecords::CsvRecords(absl::string_view text, char separator) : text_(text), separator_(separator) {
  absl::ConsumePrefix(&text_, "\xEF\xBB\xBF");
}

bool CsvRecords::Next(std::vector<std::string>& fields) {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) {
    if (text_[at_++] == '\n') ++next_line_;
  }
  fields.clear();
  if (at_ >= text_.size()) return false;
  line_ = next_line_;
  const size_t begin = at_;
  std::string field;
  bool quoted = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (quoted) {
      if (c == '\n') ++next_line_;
      if (c != '"') {
        field += c;
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        field += '"';
        ++at_;
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == separator_) {
      fields.push_back(std::move(field));
      field.clear();
    } else if (c == '\n') {
      break;
    } else {
      field += c;
    }
  }
  size_t end = at_;
  if (at_ < text_.size()) {  // on a newline
    ++at_;
    ++next_line_;
  }
  if (!field.empty() && field.back() == '\r') field.pop_back();
  if (end > begin && text_[end - 1] == '\r') --end;
  fields.push_back(std::move(field));
  record_ = text_.substr(begin, end - begin);
  return true;
}

std::string CsvField(absl::string_view text) {
  if (text.find_first_of(",\"\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace tremorcast
