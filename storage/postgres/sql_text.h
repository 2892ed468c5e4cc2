#pragma once

// Values as PostgreSQL writes and reads them in text form, for the stores that go through libpqxx. Floating point keeps
// every bit both ways; times keep microseconds. Pure and thread safe. Parsing trusts the server: text of another form
// than asked for is a broken invariant and stops the process.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace tremorcast {

// A parameter list in text form; nothing = NULL.
class SqlParams {
 public:
  SqlParams& Text(absl::string_view value);
  SqlParams& Int(int64_t value);
  SqlParams& Double(double value);
  SqlParams& OptionalDouble(const std::optional<double>& value);
  SqlParams& Bool(bool value);
  SqlParams& Time(absl::Time value);
  SqlParams& OptionalTime(const std::optional<absl::Time>& value);
  SqlParams& Bytes(absl::string_view value);
  SqlParams& Doubles(absl::Span<const double> values);
  SqlParams& Ints(absl::Span<const int64_t> values);
  SqlParams& Texts(absl::Span<const std::string> values);
  SqlParams& Times(absl::Span<const absl::Time> values);
  SqlParams& Null();

  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  std::vector<std::optional<std::string>> values_;
};

std::string SqlTime(absl::Time t);
std::string SqlDouble(double value);
std::string SqlBytes(absl::string_view bytes);
// One-dimensional array literals; elements of nothing are NULL.
std::string SqlArray(absl::Span<const std::optional<std::string>> elements);

absl::Time ParseSqlTime(absl::string_view text);
double ParseSqlDouble(absl::string_view text);
int64_t ParseSqlInt(absl::string_view text);
bool ParseSqlBool(absl::string_view text);
std::string ParseSqlBytes(absl::string_view text);
std::vector<std::string> ParseSqlArray(absl::string_view text);
std::vector<double> ParseSqlDoubles(absl::string_view text);

// What a store gives back for `t`: whole microseconds.
absl::Time StoredTime(absl::Time t);

}  // namespace tremorcast
