#include "core/readers/aeta_csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include "core/base/calendar_range.h"
#include "core/base/number_text.h"
#include "core/base/utf8_text.h"
#include "core/readers/csv_records.h"

namespace tremorcast {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kMaxLine = 64 * 1024;  // a row of 51 values takes 1 kB

enum class NumberParse : int8_t { kOk, kBad };

// The whole of `text` as a float; spaces around it and a leading plus are allowed.
NumberParse ParseValue(absl::string_view text, float& value) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  std::from_chars_result result = std::from_chars(begin, end, value);
  if (result.ec == std::errc() && result.ptr == end) return NumberParse::kOk;
  text = absl::StripAsciiWhitespace(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  begin = text.data();
  end = begin + text.size();
  result = std::from_chars(begin, end, value);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return NumberParse::kBad;
  if (result.ec == std::errc::result_out_of_range) {  // some libraries leave `value` alone here
    const std::optional<double> wide = ParseNumber(text);
    if (!wide.has_value()) return NumberParse::kBad;
    value = static_cast<float>(*wide);
  }
  return NumberParse::kOk;
}

bool ParseSeconds(absl::string_view text, int64_t& seconds) {
  text = absl::StripAsciiWhitespace(text);
  if (absl::SimpleAtoi(text, &seconds)) return seconds >= kFirstCalendarSecond && seconds <= kLastCalendarSecond;
  const std::optional<double> wide = ParseFinite(text);  // "1606752000.0", as table programs write whole columns
  if (!wide.has_value() || *wide != std::floor(*wide) || *wide < kFirstCalendarSecond || *wide > kLastCalendarSecond)
    return false;
  seconds = static_cast<int64_t>(*wide);
  return true;
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kShown = 40;
  return absl::StrCat("'", text.substr(0, kShown), text.size() > kShown ? "...'" : "'");
}

bool LooksLikeHeader(absl::string_view text) {
  const absl::string_view first = text.substr(0, text.find(','));
  return absl::EqualsIgnoreCase(first, "StationID") || absl::EqualsIgnoreCase(first, "TimeStamp");
}

}  // namespace

absl::string_view CsvProblemName(CsvProblemKind kind) {
  switch (kind) {
    case CsvProblemKind::kNoHeader:
      return "no header";
    case CsvProblemKind::kRepeatedHeader:
      return "repeated header";
    case CsvProblemKind::kColumnCount:
      return "wrong number of columns";
    case CsvProblemKind::kNotANumber:
      return "not a number";
    case CsvProblemKind::kBadTime:
      return "bad time";
    case CsvProblemKind::kBadStation:
      return "bad station";
    case CsvProblemKind::kUnterminated:
      return "unterminated last line";
    case CsvProblemKind::kLineTooLong:
      return "line too long";
    case CsvProblemKind::kNoValue:
      return "no value";
  }
  return "unknown";
}

void AetaCsvReader::ResumeAt(int64_t offset, int64_t line) {
  buffer_.clear();
  begin_ = scanned_ = 0;
  offset_ = offset;
  line_ = line - 1;
  finished_ = skipping_ = false;
}

void AetaCsvReader::Feed(absl::string_view bytes) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  buffer_.append(bytes.data(), bytes.size());
}

AetaCsvReader::Step AetaCsvReader::Next() {
  for (;;) {
    if (skipping_ && !SkipLongLine()) return finished_ ? Step::kEnd : Step::kNeedInput;
    absl::string_view text;
    bool terminated = true;
    if (!TakeLine(text, terminated)) {
      if (buffer_.size() - begin_ > kMaxLine) {
        ++line_;
        skipping_ = true;
        problem_ = {CsvProblemKind::kLineTooLong, line_, "",
                    absl::StrCat("more than ", kMaxLine, " bytes without a newline"), offset_};
        return Step::kProblem;
      }
      if (!finished_) return Step::kNeedInput;
      if (line_ == 0 && !dead_) {
        dead_ = true;
        problem_ = {CsvProblemKind::kNoHeader, 1, "", "the file is empty", 0};
        return Step::kProblem;
      }
      return Step::kEnd;
    }
    if (absl::EndsWith(text, "\r")) text.remove_suffix(1);
    if (line_ == 1 && absl::StartsWith(text, kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (dead_ || (signal_.has_value() && absl::StripAsciiWhitespace(text).empty())) continue;
    if (!terminated && !(options_.accept_unterminated && signal_.has_value())) {
      offset_ = row_.begin_offset;  // the line is still to be read, once it is whole
      return Fail(
          CsvProblemKind::kUnterminated, "",
          signal_.has_value() ? "ends without a newline and may be cut off; not read" : "the header is cut off");
    }
    const bool header = !signal_.has_value() || text == header_;
    if (header) header_ = std::string(text);
    if (text.find('"') != absl::string_view::npos) {
      std::vector<std::string> fields;
      SplitRecord(text, ',', true, fields);
      // No number and no station has a comma; whatever has one is a text that nobody reads.
      for (std::string& field : fields) std::replace(field.begin(), field.end(), ',', ' ');
      unquoted_ = absl::StrJoin(fields, ",");
      return header || LooksLikeHeader(unquoted_) ? ReadHeader(unquoted_) : ReadRow(unquoted_, text);
    }
    return header || LooksLikeHeader(text) ? ReadHeader(text) : ReadRow(text, text);
  }
}

bool AetaCsvReader::FindLineEnd() {
  if (line_end_ != '\0') return true;
  const size_t end = buffer_.find_first_of("\r\n", begin_);
  if (end == std::string::npos) return false;
  // A CR at the end of what was fed may be the first half of a CRLF.
  if (buffer_[end] == '\r' && end + 1 == buffer_.size() && !finished_) return false;
  line_end_ = buffer_[end] == '\r' && buffer_.compare(end, 2, "\r\n") != 0 ? '\r' : '\n';
  return true;
}

bool AetaCsvReader::TakeLine(absl::string_view& text, bool& terminated) {
  const char* base = buffer_.data();
  scanned_ = std::max(scanned_, begin_);
  const size_t newline = FindLineEnd() ? buffer_.find(line_end_, scanned_) : std::string::npos;
  size_t length = 0, taken = 0;
  if (newline != std::string::npos) {
    length = newline - begin_;
    taken = length + 1;
  } else {
    if (line_end_ != '\0') scanned_ = buffer_.size();
    if (!finished_ || begin_ == buffer_.size() || buffer_.size() - begin_ > kMaxLine) return false;
    length = taken = buffer_.size() - begin_;
    terminated = false;
  }
  text = absl::string_view(base + begin_, length);
  row_.begin_offset = offset_;
  begin_ += taken;
  offset_ += static_cast<int64_t>(taken);
  ++line_;
  return true;
}

// The line was counted and reported when it grew too long.
bool AetaCsvReader::SkipLongLine() {
  const size_t newline = buffer_.find(line_end_ == '\r' ? '\r' : '\n', begin_);
  const size_t end = newline == std::string::npos ? buffer_.size() : newline + 1;
  offset_ += static_cast<int64_t>(end - begin_);
  begin_ = scanned_ = end;
  skipping_ = newline == std::string::npos;
  return !skipping_;
}

AetaCsvReader::Step AetaCsvReader::Fail(CsvProblemKind kind, absl::string_view column, std::string message) {
  problem_ = {kind, line_, std::string(column), std::move(message), offset_};
  return Step::kProblem;
}

AetaCsvReader::Step AetaCsvReader::ReadHeader(absl::string_view text) {
  const bool repeated = signal_.has_value();
  const auto refuse = [&](absl::string_view column, std::string message) {
    dead_ = true;  // whatever follows cannot be bound to features
    return Fail(CsvProblemKind::kNoHeader, column, std::move(message));
  };
  std::vector<std::string> names = absl::StrSplit(text, ',');
  std::vector<std::string> features, extra;
  std::vector<int> columns(names.size(), 0);
  std::optional<Signal> signal;
  int stations = 0, times = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    names[i] = std::string(absl::StripAsciiWhitespace(names[i]));
    if (names[i] == "StationID") {
      columns[i] = kStationColumn;
      ++stations;
    } else if (names[i] == "TimeStamp") {
      columns[i] = kTimeColumn;
      ++times;
    } else if (names[i].find('@') == std::string::npos) {
      columns[i] = kExtraColumn;
      extra.push_back(names[i].empty() ? "(no name)" : names[i]);
    } else {
      if (!signal.has_value()) {
        const absl::string_view name = names[i];
        signal = ParseSignal(name.substr(0, name.find('@')));
      }
      features.push_back(names[i]);
    }
  }
  if (stations != 1 || times != 1) {
    return refuse(stations != 1 ? "StationID" : "TimeStamp",
                  "the header needs the columns StationID and TimeStamp once each");
  }
  if (!signal.has_value()) return refuse("", "the header names no magn@ or sound@ feature");
  if (repeated && signal != signal_) return refuse("", "a header of the other signal in the middle of the file");
  const absl::StatusOr<std::vector<int>> binding = BindColumns(*signal, features);
  if (!binding.ok()) return refuse("", std::string(binding.status().message()));
  size_t feature = 0;
  for (int& column : columns) {
    if (column >= 0) column = (*binding)[feature++];
  }
  columns_ = std::move(columns);
  column_names_ = std::move(names);
  extra_columns_ = std::move(extra);
  signal_ = signal;
  if (repeated) return Fail(CsvProblemKind::kRepeatedHeader, "", "header again, passed over");
  return Next();
}

AetaCsvReader::Step AetaCsvReader::ReadRow(absl::string_view text, absl::string_view line) {
  const char* at = text.data();
  const char* const end = at + text.size();
  row_.station = {};
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (at > end)
      return Fail(CsvProblemKind::kColumnCount, column_names_[i],
                  absl::StrCat(i, " fields, ", columns_.size(), " columns"));
    const void* comma = at < end ? std::memchr(at, ',', static_cast<size_t>(end - at)) : nullptr;
    const char* const stop = comma != nullptr ? static_cast<const char*>(comma) : end;
    const absl::string_view field(at, static_cast<size_t>(stop - at));
    at = stop + 1;
    if (columns_[i] >= 0) {
      if (ParseValue(field, values_[static_cast<size_t>(columns_[i])]) != NumberParse::kOk) {
        // A cut or shifted line is told by its number of fields first.
        const size_t fields = 1 + static_cast<size_t>(std::count(text.begin(), text.end(), ','));
        if (fields != columns_.size()) {
          return Fail(CsvProblemKind::kColumnCount, "", absl::StrCat(fields, " fields, ", columns_.size(), " columns"));
        }
        return Fail(CsvProblemKind::kNotANumber, column_names_[i],
                    field.empty() ? "empty" : absl::StrCat(Quoted(field), " is no number"));
      }
      const float value = values_[static_cast<size_t>(columns_[i])];
      if (std::find(options_.sentinels.begin(), options_.sentinels.end(), value) != options_.sentinels.end())
        return Fail(CsvProblemKind::kNoValue, column_names_[i], absl::StrCat(Quoted(field), " stands for no value"));
    } else if (columns_[i] == kExtraColumn) {
      continue;
    } else if (columns_[i] == kStationColumn) {
      row_.station = absl::StripAsciiWhitespace(field);
      if (row_.station.empty()) return Fail(CsvProblemKind::kBadStation, "StationID", "empty");
      if (!IsUtf8(row_.station)) return Fail(CsvProblemKind::kBadStation, "StationID", "is not UTF-8");
    } else if (!ParseSeconds(field, row_.time_unix)) {
      return Fail(CsvProblemKind::kBadTime, "TimeStamp",
                  absl::StrCat(Quoted(field), " is not a whole number of seconds"));
    }
  }
  if (at <= end) {
    const size_t fields = 1 + static_cast<size_t>(std::count(text.begin(), text.end(), ','));
    return Fail(CsvProblemKind::kColumnCount, "", absl::StrCat(fields, " fields, ", columns_.size(), " columns"));
  }
  row_.line = line_;
  row_.end_offset = offset_;
  row_.text = line;
  row_.values = absl::MakeConstSpan(values_).subspan(0, static_cast<size_t>(FeatureCount(*signal_)));
  return Step::kRow;
}

std::string AetaCsvHeader(Signal signal) {
  std::string header = "StationID,TimeStamp";
  for (absl::string_view name : FeatureNames(signal)) absl::StrAppend(&header, ",", name);
  header += '\n';
  return header;
}

void AppendAetaCsvRow(absl::string_view station, int64_t time_unix, absl::Span<const float> values, std::string& out) {
  absl::StrAppend(&out, station, ",", time_unix);
  char digits[48];
  for (float value : values) {
    const std::to_chars_result result =
        std::to_chars(digits, digits + sizeof digits, value);  // shortest text that reads back equal
    out += ',';
    out.append(digits, result.ptr);
  }
  out += '\n';
}

}  // namespace tremorcast
