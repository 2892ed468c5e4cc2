#include "core/readers/ucr_tsv.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(const std::string& text) { return std::string(ParseUcrTsv(text).status().message()); }

TEST(UcrTsvTest, ReadsLabelsInTheOrderOfTheirValues) {
  const auto set = ParseUcrTsv("10\t1\t2\r\n-1\t3\t-4e-1\n\n2\t5\t6\n10\t7\t8\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->dimensions, 1);
  EXPECT_EQ(set->length, 2);
  EXPECT_THAT(set->class_names, ElementsAre("-1", "2", "10"));
  EXPECT_THAT(set->labels, ElementsAre(2, 0, 1, 2));
  EXPECT_THAT(set->series[1], ElementsAre(3, -.4f));
}

TEST(UcrTsvTest, OneNumberIsOneClassHoweverItIsWritten) {
  const auto set = ParseUcrTsv("1\t1\n1.0000000e+00\t2\n0\t3\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->class_names, ElementsAre("0", "1"));
  EXPECT_THAT(set->labels, ElementsAre(1, 1, 0));
}

TEST(UcrTsvTest, ReadsWordsAsLabels) {
  const auto set = ParseUcrTsv("noise\t1\nquake\t2\n7\t3\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->class_names, ElementsAre("7", "noise", "quake"));
}

TEST(UcrTsvTest, PadsShortLinesAndKeepsTheirOwnLength) {
  const auto set = ParseUcrTsv("0\t1\t?\t3\n0\t4\n1\t5\tNaN\t\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->length, 3);
  EXPECT_THAT(set->lengths, ElementsAre(3, 1, 1));
  EXPECT_TRUE(set->has_missing());
  EXPECT_TRUE(std::isnan(set->series[1][2]));
  EXPECT_TRUE(std::isnan(set->series[0][1]));
}

TEST(UcrTsvTest, NamesTheLineOfWhatIsWrong) {
  EXPECT_THAT(ErrorOf("1\t2\n1\tx\n"), HasSubstr("line 2: 'x' is not a number"));
  EXPECT_THAT(ErrorOf("1\t2\n\n1\tinf\n"), HasSubstr("line 3: 'inf' is not finite"));
  EXPECT_THAT(ErrorOf("1\n"), HasSubstr("line 1: a label without values"));
  EXPECT_THAT(ErrorOf("\t1\t2\n"), HasSubstr("line 1: no label"));
  EXPECT_THAT(ErrorOf("\n\n"), HasSubstr("no series"));
}

}  // namespace
}  // namespace tremorcast
