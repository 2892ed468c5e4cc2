#include "storage/postgres/sql_params.h"

#include <algorithm>

#include <absl/strings/str_cat.h>

#include "storage/postgres/sql_text.h"

namespace tremorcast {
namespace {

template <typename T, typename TextOf>
std::string ArrayOf(absl::Span<const T> values, TextOf text_of) {
  std::vector<std::optional<std::string>> elements;
  elements.reserve(values.size());
  for (const T& value : values) elements.emplace_back(text_of(value));
  return SqlArray(elements);
}

}  // namespace

SqlParams& SqlParams::Text(absl::string_view value) {
  values_.push_back({std::string(value)});
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
SqlParams& SqlParams::Bytes(absl::string_view value) {
  values_.push_back({std::string(value), true});
  return *this;
}
SqlParams& SqlParams::Null() {
  values_.emplace_back();
  return *this;
}

SqlParams& SqlParams::Texts(absl::Span<const std::string> values) {
  return Text(ArrayOf(values, [](const std::string& v) { return v; }));
}
SqlParams& SqlParams::Ints(absl::Span<const int64_t> values) {
  return Text(ArrayOf(values, [](int64_t v) { return absl::StrCat(v); }));
}
SqlParams& SqlParams::Doubles(absl::Span<const double> values) { return Text(ArrayOf(values, SqlDouble)); }
SqlParams& SqlParams::Times(absl::Span<const absl::Time> values) { return Text(ArrayOf(values, SqlTime)); }
SqlParams& SqlParams::ByteStrings(absl::Span<const std::string> values) { return Text(ArrayOf(values, SqlBytes)); }

SqlParams SqlParams::Columns(absl::Span<const SqlParams> rows) {
  SqlParams columns;
  std::vector<std::optional<std::string>> elements(rows.size());
  for (size_t c = 0; !rows.empty() && c < rows.front().values_.size(); ++c) {
    for (size_t r = 0; r < rows.size(); ++r) elements[r] = rows[r].values_[c].bytes;
    columns.Text(SqlArray(elements));
  }
  return columns;
}

bool SqlParams::HoldsZeroByte() const {
  return std::any_of(values_.begin(), values_.end(), [](const Value& value) {
    return !value.binary && value.bytes.has_value() && value.bytes->find('\0') != std::string::npos;
  });
}

}  // namespace tremorcast
