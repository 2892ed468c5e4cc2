#pragma once

// The parameters of a statement, $1 first, for libpqxx and libpq alike. Values travel as text,
// whose type the server takes from the statement (so `unnest($1)` needs a cast,
// `unnest($1::text[])`); Bytes travel as they are. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

namespace tremorcast {

class SqlParams {
 public:
  struct Value {
    std::optional<std::string> bytes;  // nothing = NULL
    bool binary = false;               // PostgreSQL's binary form, not its text
  };

  SqlParams& Text(absl::string_view value);
  SqlParams& Int(int64_t value);
  SqlParams& Double(double value);
  SqlParams& OptionalDouble(const std::optional<double>& value);
  SqlParams& Bool(bool value);
  SqlParams& Time(absl::Time value);
  SqlParams& OptionalTime(const std::optional<absl::Time>& value);
  SqlParams& Bytes(absl::string_view value);
  SqlParams& Null();

  // Arrays.
  SqlParams& Texts(absl::Span<const std::string> values);
  SqlParams& Ints(absl::Span<const int64_t> values);
  SqlParams& Doubles(absl::Span<const double> values);
  SqlParams& Times(absl::Span<const absl::Time> values);
  SqlParams& ByteStrings(absl::Span<const std::string> values);
  // One array for each column of `rows`, which all have the same number of values.
  static SqlParams Columns(absl::Span<const SqlParams> rows);

  const std::vector<Value>& values() const { return values_; }
  // A text may not hold the byte zero: libpq would end it there, so the statement must not be sent.
  bool HoldsZeroByte() const;

 private:
  std::vector<Value> values_;
};

}  // namespace tremorcast
