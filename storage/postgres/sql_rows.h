#pragma once

// The answer to a statement, from libpqxx or libpq, in PostgreSQL's text or binary form: whoever
// reads need not know which. Copies share the answer; thread safe to read. Reading trusts the
// server: a value of another kind than asked for is a broken invariant and stops the process.
//
//   std::vector<Station> stations = ExecSql(tx, "SELECT station, title FROM stations").All([](SqlRow row) {
//     return Station{row.Text(), row.Text()};
//   });

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast {

class SqlRow;

class SqlRows {
 public:
  // A library's result, which lives as long as the rows.
  class Source {
   public:
    virtual ~Source() = default;
    virtual int size() const = 0;
    virtual bool null(int row, int column) const = 0;
    virtual absl::string_view value(int row, int column) const = 0;
    virtual int64_t affected() const = 0;
  };
  explicit SqlRows(std::shared_ptr<const Source> source, bool binary = false)
      : source_(std::move(source)), binary_(binary) {}

  int size() const { return source_->size(); }
  bool empty() const { return size() == 0; }
  // Rows inserted, updated or deleted.
  int64_t affected() const { return source_->affected(); }

  bool Null(int row, int column) const { return source_->null(row, column); }
  std::string Text(int row, int column) const { return std::string(source_->value(row, column)); }
  int64_t Int(int row, int column) const;
  bool Bool(int row, int column) const;
  absl::Time Time(int row, int column) const;
  std::string Bytes(int row, int column) const;
  // In text form alone.
  double Double(int row, int column) const;
  std::vector<double> Doubles(int row, int column) const;
  std::vector<std::string> Texts(int row, int column) const;
  // real[] in binary form alone, every bit kept. Empty when it is not one row of numbers that are
  // all there.
  std::vector<float> Floats(int row, int column) const;

  SqlRow operator[](int row) const;
  // What `from` makes of each row.
  template <typename From>
  auto All(From from) const -> std::vector<decltype(from(std::declval<SqlRow>()))>;

 private:
  absl::string_view TextValue(int row, int column) const;

  std::shared_ptr<const Source> source_;
  bool binary_;
};

// Reads the columns of a row one after the other.
class SqlRow {
 public:
  SqlRow(SqlRows rows, int row) : rows_(std::move(rows)), row_(row) {}

  std::string Text() { return rows_.Text(row_, column_++); }
  int64_t Int() { return rows_.Int(row_, column_++); }
  int Int32() { return static_cast<int>(Int()); }
  bool Bool() { return rows_.Bool(row_, column_++); }
  absl::Time Time() { return rows_.Time(row_, column_++); }
  std::string Bytes() { return rows_.Bytes(row_, column_++); }
  double Double() { return rows_.Double(row_, column_++); }
  std::vector<double> Doubles() { return rows_.Doubles(row_, column_++); }
  std::vector<std::string> Texts() { return rows_.Texts(row_, column_++); }
  std::vector<float> Floats() { return rows_.Floats(row_, column_++); }
  template <size_t N>
  std::array<double, N> Array() {
    const std::vector<double> values = Doubles();
    std::array<double, N> result = {};
    std::copy_n(values.begin(), std::min(N, values.size()), result.begin());
    return result;
  }
  // True, and steps over it, when the next column is NULL.
  bool SkipNull() {
    const bool null = rows_.Null(row_, column_);
    if (null) ++column_;
    return null;
  }
  void Skip(int columns) { column_ += columns; }

 private:
  const SqlRows rows_;
  const int row_;
  int column_ = 0;
};

inline SqlRow SqlRows::operator[](int row) const { return SqlRow(*this, row); }

template <typename From>
auto SqlRows::All(From from) const -> std::vector<decltype(from(std::declval<SqlRow>()))> {
  std::vector<decltype(from(std::declval<SqlRow>()))> result;
  result.reserve(static_cast<size_t>(size()));
  for (int row = 0; row < size(); ++row) result.push_back(from((*this)[row]));
  return result;
}

}  // namespace tremorcast
