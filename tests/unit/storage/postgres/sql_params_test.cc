#include "storage/postgres/sql_params.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "storage/postgres/sql_text.h"

namespace tremorcast {
namespace {

TEST(SqlParamsTest, SendsBytesAsTheyAreAndTheRestAsText) {
  const SqlParams params = SqlParams().Int(-5).Bytes(std::string("\0\xff", 2)).Null();
  ASSERT_EQ(params.values().size(), 3u);
  EXPECT_EQ(params.values()[0].bytes, "-5");
  EXPECT_FALSE(params.values()[0].binary);
  EXPECT_EQ(params.values()[1].bytes, std::string("\0\xff", 2));
  EXPECT_TRUE(params.values()[1].binary);
  EXPECT_FALSE(params.values()[2].bytes.has_value());
}

TEST(SqlParamsTest, WritesArraysThatReadBackTheSame) {
  const std::vector<std::string> texts = {"", "a,b", "{x}", "\"q\"", "\\", "NULL", " spaced "};
  EXPECT_EQ(ParseSqlArray(*SqlParams().Texts(texts).values().front().bytes), texts);
  EXPECT_EQ(SqlParams().ByteStrings({std::string("\0\xff", 2), ""}).values().front().bytes, R"({"\\x00ff","\\x"})");
}

TEST(SqlParamsTest, TurnsRowsIntoColumns) {
  const std::vector<SqlParams> rows = {SqlParams().Text("a").Int(1), SqlParams().Text("b").Null()};
  const SqlParams columns = SqlParams::Columns(rows);
  ASSERT_EQ(columns.values().size(), 2u);
  EXPECT_EQ(columns.values()[0].bytes, R"({"a","b"})");
  EXPECT_EQ(columns.values()[1].bytes, R"({"1",NULL})");
}

TEST(SqlParamsTest, SeesAZeroByteInText) {
  const std::string zero("a\0b", 3);
  EXPECT_TRUE(SqlParams().Text(zero).HoldsZeroByte());
  EXPECT_TRUE(SqlParams().Texts({"a", zero}).HoldsZeroByte());
  EXPECT_FALSE(SqlParams().Text("ab").Bytes(zero).ByteStrings({zero}).Null().HoldsZeroByte());
}

}  // namespace
}  // namespace tremorcast
