// PgResult and PgParams: PostgreSQL's binary forms of the values we exchange.

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include <libpq-fe.h>

#include "storage/postgres/byte_order.h"
#include "storage/postgres/pg_connection.h"

namespace tremorcast {
namespace {

// Object ids of built-in types (pg_type.dat); fixed for good.
constexpr uint32_t kByteaType = 17, kInt8Type = 20, kInt2Type = 21, kInt4Type = 23, kTextType = 25,
                   kTimestamptzType = 1184;
constexpr uint32_t kByteaArray = 1001, kInt2Array = 1005, kTextArray = 1009, kInt8Array = 1016,
                   kTimestamptzArray = 1185;

constexpr int64_t kPostgresEpochSeconds = 946'684'800;  // 2000-01-01

void AppendArrayHead(std::string* out, uint32_t element_type, size_t count, bool nulls) {
  AppendBigEndian<uint32_t>(out, count == 0 ? 0 : 1);
  AppendBigEndian<uint32_t>(out, nulls ? 1 : 0);
  AppendBigEndian<uint32_t>(out, element_type);
  if (count == 0) return;
  AppendBigEndian<uint32_t>(out, static_cast<uint32_t>(count));
  AppendBigEndian<uint32_t>(out, 1);
}

}  // namespace

void PgResult::Clear(pg_result* result) { PQclear(result); }
int PgResult::rows() const { return PQntuples(result_.get()); }
bool PgResult::null(int row, int column) const { return PQgetisnull(result_.get(), row, column) == 1; }
absl::string_view PgResult::value(int row, int column) const {
  return absl::string_view(PQgetvalue(result_.get(), row, column), PQgetlength(result_.get(), row, column));
}
int64_t PgResult::binary_int64(int row, int column) const {
  return static_cast<int64_t>(GetBigEndian<uint64_t>(value(row, column)));
}
int32_t PgResult::binary_int32(int row, int column) const {
  return static_cast<int32_t>(GetBigEndian<uint32_t>(value(row, column)));
}
int16_t PgResult::binary_int16(int row, int column) const {
  return static_cast<int16_t>(GetBigEndian<uint16_t>(value(row, column)));
}
bool PgResult::binary_bool(int row, int column) const {
  return !value(row, column).empty() && value(row, column)[0] != 0;
}
int64_t PgResult::affected() const {
  int64_t count = 0;
  return absl::SimpleAtoi(PQcmdTuples(result_.get()), &count) ? count : 0;
}
absl::string_view PgResult::command() const { return PQcmdStatus(result_.get()); }

PgParams& PgParams::Add(uint32_t type, std::string bytes) {
  types_.push_back(type);
  values_.push_back(std::move(bytes));
  null_.push_back(false);
  return *this;
}

PgParams& PgParams::Null() {
  Add(0, "");
  null_.back() = true;
  return *this;
}

PgParams& PgParams::Int64(int64_t value) {
  std::string bytes;
  AppendBigEndian<uint64_t>(&bytes, static_cast<uint64_t>(value));
  return Add(kInt8Type, std::move(bytes));
}

PgParams& PgParams::Int32(int32_t value) {
  std::string bytes;
  AppendBigEndian<uint32_t>(&bytes, static_cast<uint32_t>(value));
  return Add(kInt4Type, std::move(bytes));
}

PgParams& PgParams::Text(absl::string_view value) { return Add(kTextType, std::string(value)); }
PgParams& PgParams::Bytes(absl::string_view value) { return Add(kByteaType, std::string(value)); }

PgParams& PgParams::Time(absl::Time value) {
  std::string bytes;
  AppendBigEndian<uint64_t>(&bytes, static_cast<uint64_t>(PgTimestamp(value)));
  return Add(kTimestamptzType, std::move(bytes));
}

PgParams& PgParams::Int64Array(absl::Span<const int64_t> values) {
  std::string bytes;
  AppendArrayHead(&bytes, kInt8Type, values.size(), false);
  for (const int64_t value : values) {
    AppendBigEndian<uint32_t>(&bytes, 8);
    AppendBigEndian<uint64_t>(&bytes, static_cast<uint64_t>(value));
  }
  return Add(kInt8Array, std::move(bytes));
}

PgParams& PgParams::Int16Array(absl::Span<const int16_t> values) {
  std::string bytes;
  AppendArrayHead(&bytes, kInt2Type, values.size(), false);
  for (const int16_t value : values) {
    AppendBigEndian<uint32_t>(&bytes, 2);
    AppendBigEndian<uint16_t>(&bytes, static_cast<uint16_t>(value));
  }
  return Add(kInt2Array, std::move(bytes));
}

PgParams& PgParams::TextArray(absl::Span<const std::string> values) {
  std::string bytes;
  AppendArrayHead(&bytes, kTextType, values.size(), false);
  for (const std::string& value : values) {
    AppendBigEndian<uint32_t>(&bytes, static_cast<uint32_t>(value.size()));
    bytes += value;
  }
  return Add(kTextArray, std::move(bytes));
}

PgParams& PgParams::BytesArray(absl::Span<const std::string* const> values) {
  std::string bytes;
  bool nulls = false;
  for (const std::string* value : values) nulls |= value == nullptr;
  AppendArrayHead(&bytes, kByteaType, values.size(), nulls);
  for (const std::string* value : values) {
    AppendBigEndian<uint32_t>(
        &bytes, value == nullptr ? std::numeric_limits<uint32_t>::max() : static_cast<uint32_t>(value->size()));
    if (value != nullptr) bytes += *value;
  }
  return Add(kByteaArray, std::move(bytes));
}

PgParams& PgParams::TimeArray(absl::Span<const absl::Time> values) {
  std::string bytes;
  AppendArrayHead(&bytes, kTimestamptzType, values.size(), false);
  for (const absl::Time value : values) {
    AppendBigEndian<uint32_t>(&bytes, 8);
    AppendBigEndian<uint64_t>(&bytes, static_cast<uint64_t>(PgTimestamp(value)));
  }
  return Add(kTimestamptzArray, std::move(bytes));
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
