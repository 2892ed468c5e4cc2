#pragma once

// Values as PostgreSQL writes and reads them. Floating point keeps every bit both ways; times keep
// microseconds. Pure and thread safe. Parsing trusts the server: text of another form than asked
// for is a broken invariant and stops the process.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

namespace tremorcast {

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

// The binary form of a time: microseconds since 2000-01-01; infinities are the extreme values.
int64_t PgTimestamp(absl::Time t);
absl::Time FromPgTimestamp(int64_t microseconds);

// What a store gives back for `t`: whole microseconds.
absl::Time StoredTime(absl::Time t);

}  // namespace tremorcast
