#include "storage/postgres/sql_rows.h"

#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/postgres/byte_order.h"
#include "storage/postgres/sql_text.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Rows as a library would hold them; nothing is NULL.
class FakeRows final : public SqlRows::Source {
 public:
  using Row = std::vector<std::optional<std::string>>;
  explicit FakeRows(std::vector<Row> rows) : rows_(std::move(rows)) {}

  int size() const override { return static_cast<int>(rows_.size()); }
  bool null(int row, int column) const override { return !rows_[row][column].has_value(); }
  absl::string_view value(int row, int column) const override {
    return null(row, column) ? absl::string_view() : absl::string_view(*rows_[row][column]);
  }
  int64_t affected() const override { return 0; }

 private:
  const std::vector<Row> rows_;
};

SqlRows Rows(std::vector<FakeRows::Row> rows, bool binary) {
  return SqlRows(std::make_shared<FakeRows>(std::move(rows)), binary);
}

template <typename T>
std::string BigEndian(T value) {
  std::string bytes;
  AppendBigEndian(&bytes, value);
  return bytes;
}

std::string FloatArray(const std::vector<float>& values) {
  std::string bytes;
  for (const uint32_t word : {1u, 0u, 700u, static_cast<uint32_t>(values.size()), 1u}) AppendBigEndian(&bytes, word);
  for (const float value : values) bytes += BigEndian(uint32_t{4}) + BigEndian(std::bit_cast<uint32_t>(value));
  return bytes;
}

TEST(SqlRowsTest, ReadsTheSameFromTextAndBinary) {
  const absl::Time t = absl::FromUnixMicros(1'607'184'000'000'001);
  const SqlRows text = Rows({{"-7", "x", SqlTime(t), "\\x00ff"}}, false);
  const SqlRows binary = Rows({{BigEndian(static_cast<uint16_t>(-7)), "x",
                                BigEndian(static_cast<uint64_t>(PgTimestamp(t))), std::string("\0\xff", 2)}},
                              true);
  for (const SqlRows& rows : {text, binary}) {
    SqlRow row = rows[0];
    EXPECT_EQ(row.Int(), -7);
    EXPECT_EQ(row.Text(), "x");
    EXPECT_EQ(row.Time(), t);
    EXPECT_EQ(row.Bytes(), std::string("\0\xff", 2));
  }
  EXPECT_EQ(Rows({{BigEndian(static_cast<uint32_t>(-70'000))}}, true).Int(0, 0), -70'000);
  EXPECT_EQ(Rows({{BigEndian(static_cast<uint64_t>(PgTimestamp(absl::InfiniteFuture())))}}, true).Time(0, 0),
            absl::InfiniteFuture());
}

TEST(SqlRowsTest, KeepsEveryBitOfAFloat) {
  const std::vector<float> values = {-0.0f, 1e-45f, std::bit_cast<float>(0x7fc12345u), 1.0f / 3};
  const std::vector<float> back = Rows({{FloatArray(values)}}, true).Floats(0, 0);
  ASSERT_EQ(back.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::bit_cast<uint32_t>(back[i]), std::bit_cast<uint32_t>(values[i])) << i;
  }
  std::string gap = FloatArray({1, 2});
  gap.replace(20, 8, BigEndian(0xffffffffu));  // NULL has a length of -1 and no bytes
  EXPECT_THAT(Rows({{gap}}, true).Floats(0, 0), IsEmpty());
  EXPECT_THAT(Rows({{""}}, true).Floats(0, 0), IsEmpty());
}

TEST(SqlRowsTest, StepsOverNull) {
  SqlRow row = Rows({{std::nullopt, "2", "skipped", "4"}}, false)[0];
  EXPECT_TRUE(row.SkipNull());
  EXPECT_FALSE(row.SkipNull());
  EXPECT_EQ(row.Int32(), 2);
  row.Skip(1);
  EXPECT_EQ(row.Int(), 4);
}

TEST(SqlRowsTest, MakesSomethingOfEachRow) {
  EXPECT_THAT(Rows({{"1"}, {"2"}}, false).All([](SqlRow row) { return row.Int(); }), ElementsAre(1, 2));
}

}  // namespace
}  // namespace tremorcast
