#include "storage/postgres/sql_text.h"

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(SqlTextTest, KeepsEveryBitOfADouble) {
  for (const double value : {0.1 + 0.2, 1.0 / 3, -0.0, 5e-324, 1.7976931348623157e308, 123456789012345680.0, 0.0}) {
    EXPECT_EQ(std::bit_cast<uint64_t>(ParseSqlDouble(SqlDouble(value))), std::bit_cast<uint64_t>(value));
  }
  EXPECT_EQ(SqlDouble(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_TRUE(std::isnan(ParseSqlDouble(SqlDouble(std::nan("")))));
}

TEST(SqlTextTest, WritesTimesToTheMicrosecond) {
  const absl::Time t = absl::FromUnixMicros(1'607'184'000'000'001) + absl::Nanoseconds(999);
  EXPECT_EQ(SqlTime(t), "2020-12-05 16:00:00.000001+00");
  EXPECT_EQ(ParseSqlTime(SqlTime(t)), StoredTime(t));
  EXPECT_EQ(ParseSqlTime("2020-12-05 16:00:00+00"), absl::FromUnixSeconds(1'607'184'000));
  EXPECT_EQ(ParseSqlTime("2020-12-05 16:00:00.5+00"), absl::FromUnixMillis(1'607'184'000'500));
  EXPECT_EQ(ParseSqlTime(SqlTime(absl::InfinitePast())), absl::InfinitePast());
  EXPECT_EQ(ParseSqlTime(SqlTime(absl::InfiniteFuture())), absl::InfiniteFuture());
  const absl::Time before_epoch = absl::FromUnixMicros(-1'500'000);
  EXPECT_EQ(ParseSqlTime(SqlTime(before_epoch)), before_epoch);
}

TEST(SqlTextTest, KeepsBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(ParseSqlBytes(SqlBytes(bytes)), bytes);
  EXPECT_EQ(ParseSqlBytes(SqlBytes("")), "");
}

TEST(SqlTextTest, ReadsArraysAsTheServerWritesThem) {
  EXPECT_THAT(ParseSqlArray("{}"), testing::IsEmpty());
  EXPECT_THAT(ParseSqlArray(R"({a,"b,c","d\"e\\f","",NULL})"), testing::ElementsAre("a", "b,c", "d\"e\\f", "", "NULL"));
  EXPECT_THAT(ParseSqlDoubles("{0.1,-Infinity,NaN}"),
              testing::ElementsAre(0.1, -std::numeric_limits<double>::infinity(), testing::IsNan()));
}

}  // namespace
}  // namespace tremorcast
