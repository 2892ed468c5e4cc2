#include "storage/postgres/sql_text.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <libpq-fe.h>

#include "core/base/check.h"

namespace tremorcast {
namespace {

constexpr int64_t kPostgresEpochSeconds = 946'684'800;  // 2000-01-01

}  // namespace

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
  // libpq's, because Abseil's has one signature before and another after 2023. It wants a
  // terminated string.
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

int64_t PgTimestamp(absl::Time t) {
  if (t == absl::InfinitePast()) return std::numeric_limits<int64_t>::min();
  if (t == absl::InfiniteFuture()) return std::numeric_limits<int64_t>::max();
  return absl::ToUnixMicros(t) - kPostgresEpochSeconds * 1'000'000;
}

absl::Time FromPgTimestamp(int64_t microseconds) {
  if (microseconds == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  if (microseconds == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  return absl::FromUnixMicros(microseconds + kPostgresEpochSeconds * 1'000'000);
}

}  // namespace tremorcast
