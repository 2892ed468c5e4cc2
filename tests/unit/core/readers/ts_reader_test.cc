#include "core/readers/ts_reader.h"

#include <cmath>
#include <string>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
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
const char kUnequal[] = "@problemName Ragged\n@timeStamps false\n@classLabel true a b\n@equalLength false\n@data\n";

std::string ErrorOf(const std::string& text) { return std::string(ParseTs(text).status().message()); }

TEST(TsReaderTest, ReadsDimensionsMissingValuesAndLabels) {
  const auto set = ParseTs(std::string(kHeader) + "1,2,3:4,?,6.5:down\r\n\n-1,0,1e-3:0,NaN,0:up\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->problem_name, "Motions");
  EXPECT_EQ(set->dimensions, 2);
  EXPECT_EQ(set->length, 3);
  EXPECT_TRUE(set->equal_length());
  EXPECT_TRUE(set->has_missing());
  EXPECT_THAT(set->class_names, ElementsAre("up", "down"));
  EXPECT_THAT(set->labels, ElementsAre(1, 0));
  EXPECT_EQ(set->series[0][3], 4);
  EXPECT_TRUE(std::isnan(set->series[0][4]));
  EXPECT_EQ(set->series[0][5], 6.5f);
  EXPECT_TRUE(std::isnan(set->series[1][4]));
}

TEST(TsReaderTest, PassesOverCommentsOfEitherKind) {
  const auto set = ParseTs(absl::StrCat("%# from an ARFF file\n", kUnequal, "% not a series\n1,2:a\n"));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->series.size(), 1u);
}

TEST(TsReaderTest, PadsUnequalSeriesAndDimensionsAtTheirEnd) {
  const auto set = ParseTs(std::string(kUnequal) + "1,2:3:a\n4:5,6,7,8:b\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->length, 4);
  EXPECT_FALSE(set->equal_length());
  EXPECT_THAT(set->lengths, ElementsAre(2, 4));
  const auto nan = ::testing::Truly([](float x) { return std::isnan(x); });
  EXPECT_THAT(set->series[0], ElementsAre(1, 2, nan, nan, 3, nan, nan, nan));
  EXPECT_THAT(set->dimension_lengths, ElementsAre(ElementsAre(2, 1), ElementsAre(1, 4)));
  EXPECT_FALSE(set->has_missing());  // a dimension's padding is no gap either
  EXPECT_TRUE(ParseTs(std::string(kUnequal) + "1,2:?:a\n4:5,6,7,8:b\n")->has_missing());
  EXPECT_THAT(set->series[1], ElementsAre(4, nan, nan, nan, 5, 6, 7, 8));
}

TEST(TsReaderTest, NamesTheLineOfWhatIsWrong) {
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,2,3:4,5,6:up\n1,2:4,5,6:up\n"),
              HasSubstr("line 12: another length than 3"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,2,3:4,5,6:up\n1,2,3:up\n"),
              HasSubstr("line 12: another number of dimensions"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,2,3:4,5,6:left\n"), HasSubstr("line 11: class 'left'"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,x,3:4,5,6:up\n"), HasSubstr("line 11: 'x' is not a number"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "1,inf,3:4,5,6:up\n"), HasSubstr("line 11: 'inf' is not finite"));
  EXPECT_THAT(ErrorOf(std::string(kHeader) + "up\n"), HasSubstr("line 11: a series without values"));
  EXPECT_THAT(ErrorOf("1,2:up\n"), HasSubstr("line 1: data before @data"));
  EXPECT_THAT(ErrorOf("@colour red\n"), HasSubstr("line 1: unknown header"));
  EXPECT_THAT(ErrorOf("@missing maybe\n"), HasSubstr("line 1: @missing must be true or false"));
  EXPECT_THAT(ErrorOf("@problemName x\n@seriesLength long\n"), HasSubstr("line 2: @seriesLength must be a positive"));
  EXPECT_THAT(ErrorOf("@data\n"), HasSubstr("line 1: no @classLabel"));
  EXPECT_THAT(ErrorOf(kHeader), HasSubstr("no series"));
}

TEST(TsReaderTest, RefusesByNameWhatItDoesNotRead) {
  EXPECT_THAT(ErrorOf("@timeStamps true\n"), HasSubstr("line 1: sets with time stamps"));
  EXPECT_THAT(ErrorOf(std::string(kUnequal) + "(0,1),(1,2):a\n"), HasSubstr("line 6: series with time stamps"));
  EXPECT_THAT(ErrorOf("@targetLabel true\n"), HasSubstr("line 1: regression sets"));
  EXPECT_THAT(ErrorOf("@classLabel false\n"), HasSubstr("line 1: a set without class labels"));
}

TEST(TsReaderTest, HoldsHeadersAgainstTheSeries) {
  const auto with = [](const char* from, const char* to) {
    return absl::StrCat(absl::StrReplaceAll(kHeader, {{from, to}}), "1,2,3:4,?,6:up\n");
  };
  EXPECT_EQ(ErrorOf(with("x", "x")), "");
  EXPECT_THAT(ErrorOf(with("@missing true", "@missing false")), HasSubstr("line 11: a missing value"));
  EXPECT_THAT(ErrorOf(with("@dimensions 2", "@dimensions 3")), HasSubstr("line 11: 2 dimensions, @dimensions says 3"));
  EXPECT_THAT(ErrorOf(with("@univariate false", "@univariate true")), HasSubstr("line 11: 2 dimensions, against"));
  EXPECT_THAT(ErrorOf(with("@seriesLength 3", "@seriesLength 4")), HasSubstr("line 11: another length than 4"));
}

}  // namespace
}  // namespace tremorcast
