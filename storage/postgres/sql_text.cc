#include "storage/postgres/sql_text.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <libpq-fe.h>

#include "core/base/check.h"

namespace tremorcast {

std::string SqlTime(absl::Time t) {
  if (t == absl::InfinitePast()) return "-infinity";
  if (t == absl::InfiniteFuture()) return "infinity";
  return absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S+00", StoredTime(t), absl::UTCTimeZone());
}

std::string SqlDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return absl::StrFormat("%.17g", value);
}

std::string SqlBytes(absl::string_view bytes) { return absl::StrCat("\\x", absl::BytesToHexString(bytes)); }

std::string SqlArray(absl::Span<const std::optional<std::string>> elements) {
  std::string out = "{";
  for (const auto& element : elements) {
    if (out.size() > 1) out += ',';
    if (!element.has_value()) {
      out += "NULL";
      continue;
    }
    out += '"';
    for (const char c : *element) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  out += '}';
  return out;
}

absl::Time ParseSqlTime(absl::string_view text) {
  if (text == "infinity") return absl::InfiniteFuture();
  if (text == "-infinity") return absl::InfinitePast();
  absl::Time t;
  std::string error;
  TREMORCAST_CHECK(absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", text, &t, &error));
  return t;
}

double ParseSqlDouble(absl::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  TREMORCAST_CHECK(absl::SimpleAtod(text, &value));
  return value;
}

int64_t ParseSqlInt(absl::string_view text) {
  int64_t value = 0;
  TREMORCAST_CHECK(absl::SimpleAtoi(text, &value));
  return value;
}

bool ParseSqlBool(absl::string_view text) {
  TREMORCAST_CHECK(text == "t" || text == "f");
  return text == "t";
}

std::string ParseSqlBytes(absl::string_view text) {
  TREMORCAST_CHECK(absl::StartsWith(text, "\\x"));
  // libpq's, because Abseil's has one signature before and another after 2023. It wants a terminated string.
  size_t size = 0;
  const std::string terminated(text);
  unsigned char* const bytes = PQunescapeBytea(reinterpret_cast<const unsigned char*>(terminated.c_str()), &size);
  TREMORCAST_CHECK(bytes != nullptr);  // out of memory
  std::string result(reinterpret_cast<const char*>(bytes), size);
  PQfreemem(bytes);
  return result;
}

std::vector<std::string> ParseSqlArray(absl::string_view text) {
  TREMORCAST_CHECK(text.size() >= 2 && text.front() == '{' && text.back() == '}');
  std::vector<std::string> result;
  text = text.substr(1, text.size() - 2);
  if (text.empty()) return result;
  std::string element;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '\\' && quoted && i + 1 < text.size()) {
      element += text[++i];
    } else if (text[i] == ',' && !quoted) {
      result.push_back(std::move(element));
      element.clear();
    } else {
      element += text[i];
    }
  }
  result.push_back(std::move(element));
  return result;
}

std::vector<double> ParseSqlDoubles(absl::string_view text) {
  std::vector<double> result;
  for (const std::string& element : ParseSqlArray(text)) result.push_back(ParseSqlDouble(element));
  return result;
}

absl::Time StoredTime(absl::Time t) {
  if (t == absl::InfinitePast() || t == absl::InfiniteFuture()) return t;
  return absl::FromUnixMicros(absl::ToUnixMicros(t));
}

SqlParams& SqlParams::Text(absl::string_view value) {
  values_.emplace_back(std::string(value));
  return *this;
}
SqlParams& SqlParams::Int(int64_t value) { return Text(absl::StrCat(value)); }
SqlParams& SqlParams::Double(double value) { return Text(SqlDouble(value)); }
SqlParams& SqlParams::OptionalDouble(const std::optional<double>& value) {
  return value.has_value() ? Double(*value) : Null();
}
SqlParams& SqlParams::Bool(bool value) { return Text(value ? "t" : "f"); }
SqlParams& SqlParams::Time(absl::Time value) { return Text(SqlTime(value)); }
SqlParams& SqlParams::OptionalTime(const std::optional<absl::Time>& value) {
  return value.has_value() ? Time(*value) : Null();
}
SqlParams& SqlParams::Bytes(absl::string_view value) { return Text(SqlBytes(value)); }
SqlParams& SqlParams::Null() {
  values_.emplace_back(std::nullopt);
  return *this;
}

namespace {
template <typename T, typename F>
std::string ArrayOf(absl::Span<const T> values, F text_of) {
  std::vector<std::optional<std::string>> elements;
  elements.reserve(values.size());
  for (const T& value : values) elements.emplace_back(text_of(value));
  return SqlArray(elements);
}
}  // namespace

SqlParams& SqlParams::Doubles(absl::Span<const double> values) { return Text(ArrayOf(values, SqlDouble)); }
SqlParams& SqlParams::Ints(absl::Span<const int64_t> values) {
  return Text(ArrayOf(values, [](int64_t v) { return absl::StrCat(v); }));
}
SqlParams& SqlParams::Texts(absl::Span<const std::string> values) {
  return Text(ArrayOf(values, [](const std::string& v) { return v; }));
}
SqlParams& SqlParams::Times(absl::Span<const absl::Time> values) { return Text(ArrayOf(values, SqlTime)); }

}  // namespace tremorcast
