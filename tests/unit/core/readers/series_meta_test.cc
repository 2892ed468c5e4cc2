#include "core/readers/series_meta.h"

#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

const char kHeader[] = "area,day,feature_week_start,label_week_start,max_magnitude,label\n";

std::string ErrorOf(const std::string& text) { return std::string(ParseSeriesMeta(text).status().message()); }

TEST(SeriesMetaTest, ReadsRegionsAndDaysOfUtcPlusEight) {
  const auto places = ParseSeriesMeta(absl::StrCat(kHeader, "7,266,2020-12-16,2020-12-24,3.6,1\n"));
  ASSERT_TRUE(places.ok()) << places.status();
  ASSERT_EQ(places->size(), 1u);
  EXPECT_EQ((*places)[0].region, RegionId("area-7"));
  EXPECT_EQ((*places)[0].feature_week_begin, absl::FromUnixSeconds(1608048000));  // 2020-12-15T16:00Z
  EXPECT_EQ((*places)[0].label_week_begin, absl::FromUnixSeconds(1608048000) + absl::Hours(8 * 24));
  EXPECT_EQ((*places)[0].label, "1");
}

TEST(SeriesMetaTest, NamesTheLineOfWhatIsWrong) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf("area,label_week_start,label\n"), HasSubstr("line 1: no column feature_week_start"));
  EXPECT_THAT(ErrorOf(absl::StrCat(kHeader, "7,266,2020-12-16,2020-12-24,3.6\n")), HasSubstr("line 2: 5 fields"));
  EXPECT_THAT(ErrorOf(absl::StrCat(kHeader, "7,266,2020-12-16,2020-13-24,3.6,1\n")),
              HasSubstr("line 2: '2020-13-24' is no day"));
  EXPECT_THAT(ErrorOf(absl::StrCat(kHeader, "7,266,2020-12-16,2020-12-22,3.6,1\n")),
              HasSubstr("line 2: the label week begins before"));
  EXPECT_THAT(ErrorOf(absl::StrCat(kHeader, ",266,2020-12-16,2020-12-24,3.6,1\n")), HasSubstr("line 2: no area"));
}

}  // namespace
}  // namespace tremorcast
