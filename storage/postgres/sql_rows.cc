#include "storage/postgres/sql_rows.h"

#include <bit>

#include "core/base/check.h"
#include "storage/postgres/byte_order.h"
#include "storage/postgres/sql_text.h"

namespace tremorcast {

absl::string_view SqlRows::TextValue(int row, int column) const {
  TREMORCAST_CHECK(!binary_);
  return source_->value(row, column);
}

int64_t SqlRows::Int(int row, int column) const {
  if (!binary_) return ParseSqlInt(source_->value(row, column));
  const absl::string_view value = source_->value(row, column);
  switch (value.size()) {
    case 2:
      return static_cast<int16_t>(GetBigEndian<uint16_t>(value));
    case 4:
      return static_cast<int32_t>(GetBigEndian<uint32_t>(value));
    default:
      TREMORCAST_CHECK(value.size() == 8);
      return static_cast<int64_t>(GetBigEndian<uint64_t>(value));
  }
}

bool SqlRows::Bool(int row, int column) const { return ParseSqlBool(TextValue(row, column)); }

absl::Time SqlRows::Time(int row, int column) const {
  return binary_ ? FromPgTimestamp(Int(row, column)) : ParseSqlTime(source_->value(row, column));
}

std::string SqlRows::Bytes(int row, int column) const {
  return binary_ ? Text(row, column) : ParseSqlBytes(source_->value(row, column));
}

double SqlRows::Double(int row, int column) const { return ParseSqlDouble(TextValue(row, column)); }
std::vector<double> SqlRows::Doubles(int row, int column) const { return ParseSqlDoubles(TextValue(row, column)); }
std::vector<std::string> SqlRows::Texts(int row, int column) const { return ParseSqlArray(TextValue(row, column)); }

std::vector<float> SqlRows::Floats(int row, int column) const {
  TREMORCAST_CHECK(binary_);
  const absl::string_view value = source_->value(row, column);
  // 20 bytes of head, then a length and four bytes for each element; a NULL element has no bytes.
  constexpr size_t kHead = 20, kElement = 8;
  if (value.size() < kHead || (value.size() - kHead) % kElement != 0) return {};
  std::vector<float> floats((value.size() - kHead) / kElement);
  for (size_t k = 0; k < floats.size(); ++k) {
    floats[k] = std::bit_cast<float>(GetBigEndian<uint32_t>(value.substr(kHead + k * kElement + 4)));
  }
  return floats;
}

}  // namespace tremorcast
