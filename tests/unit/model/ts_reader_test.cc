#include "model/ts_reader.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char kHeader[] =
    "# two motions\n@problemName Motions\n@timeStamps false\n@missing true\n@univariate false\n@dimensions "
    "2\n@equalLength true\n"
    "@seriesLength 3\n@classLabel true up down\n@data\n";

std::string ErrorOf(const std::string& text) { return std::string(ParseTs(text).status().message()); }

TEST(TsReaderTest, ReadsDimensionsMissingValuesAndLabels) {
  const auto set = ParseTs(std::string(kHeader) + "1,2,3:4,?,6.5:down\r\n\n-1,0,1e-3:0,NaN,0:up\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->problem_name, "Motions");
  EXPECT_EQ(set->dimensions, 2);
  EXPECT_EQ(set->length, 3);
  EXPECT_THAT(set->class_names, ElementsAre("up", "down"));
  EXPECT_THAT(set->labels, ElementsAre(1, 0));
  EXPECT_EQ(set->series[0][3], 4);
  EXPECT_TRUE(std::isnan(set->series[0][4]));
  EXPECT_EQ(set->series[0][5], 6.5f);
  EXPECT_TRUE(std::isnan(set->series[1][4]));
}

TEST(TsReaderTest, NamesTheLineOfWhatIsWrong) {
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,2,3:4,5,6:up\n1,2:4,5,6:up\n"), HasSubstr("line 12: another length"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,2,3:4,5,6:up\n1,2,3:up\n"),
              HasSubstr("line 12: another number of dimensions"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,2,3:4,5,6:left\n"), HasSubstr("line 11: class 'left'"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,x,3:4,5,6:up\n"), HasSubstr("line 11: 'x' is not a number"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "up\n"), HasSubstr("without values"));
  EXPECT_THAT(ErrorOf("1,2:up\n"), HasSubstr("data before @data"));
  EXPECT_THAT(ErrorOf("@timeStamps true\n"), HasSubstr("must be false"));
  EXPECT_THAT(ErrorOf("@colour red\n"), HasSubstr("unknown header"));
  EXPECT_THAT(ErrorOf(kHeader), HasSubstr("no series"));
}

}  // namespace
}  // namespace tremorcast
