#include "trainer/data/series_data.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/packed_text.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SeriesDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/series_XXXXXX");
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }
  absl::StatusOr<SeriesPair> Read(const std::string& name) const { return ReadSeries(folder_ + "/" + name); }

  std::string folder_;
};

constexpr char kTsHeader[] = "@problemName X\n@timeStamps false\n@classLabel true 0 1\n@data\n";

// Weeks [first, first + count) after 2020-01-01, two areas; the label is 1 in every third week of
// area 1.
struct Halves {
  std::string series, table;
};
Halves Weeks(int first, int count) {
  Halves halves{kTsHeader, "area,day,feature_week_start,label_week_start,max_magnitude,label\n"};
  for (int area = 0; area < 2; ++area) {
    for (int week = first; week < first + count; ++week) {
      const int label = area == 1 && week % 3 == 0 ? 1 : 0;
      const absl::CivilDay day = absl::CivilDay(2020, 1, 1) + 7 * week;
      absl::StrAppend(&halves.series, week, ",", area, ":", label, "\n");
      absl::StrAppend(&halves.table, area, ",", 7 * week, ",", absl::FormatCivilTime(day), ",",
                      absl::FormatCivilTime(day + 8), ",0.0,", label, "\n");
    }
  }
  return halves;
}

void WriteWeeks(const std::string& folder, int train_weeks, int first_test, int test_weeks) {
  const Halves train = Weeks(0, train_weeks), test = Weeks(first_test, test_weeks);
  std::ofstream(folder + "/W_TRAIN.ts") << train.series;
  std::ofstream(folder + "/W_TEST.ts") << test.series;
  std::ofstream(folder + "/W_TRAIN.meta.csv") << train.table;
  std::ofstream(folder + "/W_TEST.meta.csv") << test.table;
}

TEST_F(SeriesDataTest, FindsEitherFormatPackedOrNot) {
  Write("A_TRAIN.tsv", "1\t1\t2\n2\t3\t4\n");
  Write("A_TEST.tsv", "2\t1\t2\t3\n");
  const auto pair = Read("A");
  ASSERT_TRUE(pair.ok()) << pair.status();
  EXPECT_EQ(pair->name, "A");
  EXPECT_EQ(pair->train.length, 3);  // padded to the longer half
  EXPECT_EQ(pair->files.size(), 2u);
  EXPECT_EQ(pair->data_hash.size(), 64u);
  Write("A_TRAIN.tsv.xz", Packed(".xz", "1\t1\t2\n2\t3\t4\n"));
  Write("A_TEST.tsv.gz", Packed(".gz", "2\t1\t2\t3\n"));
  std::filesystem::remove(folder_ + "/A_TRAIN.tsv");
  std::filesystem::remove(folder_ + "/A_TEST.tsv");
  const auto packed = Read("A");
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->data_hash, pair->data_hash);
  EXPECT_EQ(packed->train.series[0][0], 1);
}

TEST_F(SeriesDataTest, SaysWhichFileIsMissingOrWrong) {
  EXPECT_THAT(Read("none").status().message(), HasSubstr("none_TRAIN.ts nor .tsv"));
  EXPECT_EQ(Read("none").status().code(), absl::StatusCode::kNotFound);
  Write("B_TRAIN.tsv", "1\t1\n1\tx\n");
  EXPECT_THAT(Read("B").status().message(), HasSubstr("B_TRAIN.tsv: tsv line 2: 'x'"));
  Write("B_TRAIN.tsv", "1\t1\n2\t3\n");
  EXPECT_THAT(Read("B").status().message(), HasSubstr("B_TEST.ts"));
  Write("B_TEST.ts", absl::StrCat(kTsHeader, "1:2:0\n"));
  EXPECT_THAT(Read("B").status().message(), HasSubstr("1 dimensions, the test series 2"));
  EXPECT_THAT(Read("").status().message(), HasSubstr("DIR/NAME"));
}

TEST_F(SeriesDataTest, SampleTablesMustFitTheirSeries) {
  WriteWeeks(folder_, 20, 21, 5);
  ASSERT_TRUE(Read("W").ok()) << Read("W").status();
  std::filesystem::remove(folder_ + "/W_TEST.meta.csv");
  EXPECT_THAT(Read("W").status().message(), HasSubstr("only one half has a sample table"));
  Write("W_TEST.meta.csv", Weeks(21, 4).table);
  EXPECT_THAT(Read("W").status().message(), HasSubstr("W_TEST.meta.csv: 8 lines for 10 series"));
  Write("W_TEST.meta.csv", Weeks(22, 5).table);
  EXPECT_THAT(Read("W").status().message(), HasSubstr("has label '"));
}

TEST_F(SeriesDataTest, TimedSetsAreSplitByTimeWithIssuesBetween) {
  WriteWeeks(folder_, 23, 23, 6);
  const auto data = BuildSeriesData(*Read("W"), {});
  ASSERT_TRUE(data.ok()) << data.status();
  const SeriesData& d = **data;
  EXPECT_TRUE(d.timed());
  // 23 issues: 3 skipped; 5 + 5 of the other 20 stop and calibrate.
  EXPECT_EQ(d.study.training.train.size(), 2u * 10);
  EXPECT_EQ(d.study.training.early_stop.size(), 2u * 5);
  EXPECT_EQ(d.study.training.calibration.size(), 2u * 5);
  EXPECT_EQ(d.study.test.size(), 2u * 6);
  EXPECT_EQ(d.skipped.size(), 2u * 3);
  EXPECT_EQ(d.study.training.train[10], 23);  // area 1 begins
  const auto issue = [&](int i) { return d.set.samples[static_cast<size_t>(i)].issue; };
  EXPECT_EQ(issue(d.study.training.early_stop[0]) - issue(d.study.training.train[9]), 14 * 86400);
  EXPECT_EQ(issue(d.study.test[0]) - issue(d.study.training.calibration[4]), 14 * 86400);
  EXPECT_THAT(d.split_summary, HasSubstr("train 2020-01-09 to 2020-03-12 (10 issues)"));
  // All 46 training series count; pi_1 = (8 + .5) / 47; area 1 has 8 of 23.
  EXPECT_NEAR(d.climatology.at(RegionId("area-1"))[1], (8 + 20 * 8.5 / 47) / 43, 1e-12);
  // What the pool weight is fitted against: the weeks whose labels were known when the calibration
  // slice began, 17 of each area, and none of that slice.
  int events = 0;
  for (int week = 0; week < 17; ++week) events += d.set.samples[static_cast<size_t>(23 + week)].label;
  const double all = events + [&] {
    int first = 0;
    for (int week = 0; week < 17; ++week) first += d.set.samples[static_cast<size_t>(week)].label;
    return first;
  }();
  EXPECT_NEAR(d.study.training.climatology_before_calibration.at(RegionId("area-1"))[1],
              (events + 20 * (all + .5) / 35) / 37, 1e-12);
  EXPECT_EQ(d.dimensions, 1);
  EXPECT_EQ(d.class_names.size(), 2u);
}

TEST_F(SeriesDataTest, TrainingWeeksBesideOrInsideTheTestPeriodAreNotUsed) {
  WriteWeeks(folder_, 25, 23, 6);  // two weeks in both halves
  const auto data = BuildSeriesData(*Read("W"), {});
  ASSERT_TRUE(data.ok()) << data.status();
  const SeriesData& d = **data;
  EXPECT_EQ(d.skipped.size(), 2u * (3 + 2));
  EXPECT_NEAR(d.climatology.at(RegionId("area-1"))[1], (8 + 20 * 8.5 / 47) / 43, 1e-12);
  WriteWeeks(folder_, 25, 23, 1);  // a training week after the last test week
  const auto after = BuildSeriesData(*Read("W"), {});
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ((*after)->skipped.size(), 2u * (3 + 2));
  EXPECT_EQ((*after)->study.training.calibration, d.study.training.calibration);
  WriteWeeks(folder_, 5, 5, 6);
  EXPECT_EQ(BuildSeriesData(*Read("W"), {}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SeriesDataTest, UntimedSetsAreSplitClassByClass) {
  std::string train;
  for (int i = 0; i < 40; ++i) absl::StrAppend(&train, i % 4 == 0 ? "b" : "a", "\t", i, "\t1\n");
  Write("U_TRAIN.tsv", train);
  Write("U_TEST.tsv", "a\t1\t2\nb\t1\t2\n");
  const auto data = BuildSeriesData(*Read("U"), {});
  ASSERT_TRUE(data.ok()) << data.status();
  const SeriesData& d = **data;
  EXPECT_FALSE(d.timed());
  EXPECT_EQ(d.study.training.train.size(), 29u);
  EXPECT_EQ(d.study.training.early_stop.size(), 11u);  // 7.5 and 2.5, rounded up
  EXPECT_TRUE(d.study.training.calibration.empty());
  EXPECT_THAT(d.study.test, ElementsAre(40, 41));
  EXPECT_NEAR(d.climatology.at(RegionId("all"))[1], (10 + 20 * 10.5 / 41) / 60, 1e-12);
}

TEST_F(SeriesDataTest, TakesTheClassesOfTheDataUpToAnAbsurdNumber) {
  const auto with_classes = [&](int classes) {
    std::string train;
    for (int k = 1; k <= classes; ++k) absl::StrAppend(&train, k, "\t1\n", k, "\t2\n");
    Write("M_TRAIN.tsv", train);
    Write("M_TEST.tsv", "1\t1\n");
    return BuildSeriesData(*Read("M"), {});
  };
  const auto data = with_classes(11);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->class_names.size(), 11u);
  EXPECT_EQ((*data)->climatology.at(RegionId("all")).size(), 11u);
  EXPECT_TRUE(with_classes(kMaxClasses).ok());
  EXPECT_THAT(with_classes(kMaxClasses + 1).status().message(), HasSubstr("M has 65 classes"));
  EXPECT_THAT(with_classes(1).status().message(), HasSubstr("M has 1 classes"));
}

TEST_F(SeriesDataTest, KnowsTheStepsOfPaddedSeries) {
  Write("P_TRAIN.ts", absl::StrCat("%# an ARFF file once\n", kTsHeader, "1,2,3:0\n4:1\n1,2:0\n7,?:1\n"));
  Write("P_TEST.ts", absl::StrCat(kTsHeader, "1,2,3,4:0\n1:1\n"));
  const auto data = BuildSeriesData(*Read("P"), {});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->length, 4);
  EXPECT_THAT((*data)->own_steps, ElementsAre(ElementsAre(3), ElementsAre(1), ElementsAre(2), ElementsAre(2),
                                              ElementsAre(4), ElementsAre(1)));
  Write("P_TRAIN.ts", absl::StrCat(kTsHeader, "1,2:0\n4,5:1\n1,2:0\n7,?:1\n"));
  Write("P_TEST.ts", absl::StrCat(kTsHeader, "1,2:0\n"));
  EXPECT_TRUE((*BuildSeriesData(*Read("P"), {}))->own_steps.empty());
}

TEST(SeriesDataPublishedTest, AreaWeeksBecomeRegionsAndIssues) {
  const char* shared = std::getenv("TREMORCAST_SHARED");
  const std::string folder =
      absl::StrCat(shared != nullptr ? shared : TREMORCAST_SOURCE_DIR "/../shared", "/data/timeseries/");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  auto pair = ReadSeries(folder + "AETAAreaWeek");
  ASSERT_TRUE(pair.ok()) << pair.status();
  const auto data = BuildSeriesData(*std::move(pair), {});
  ASSERT_TRUE(data.ok()) << data.status();
  const SeriesData& d = **data;
  EXPECT_EQ(d.dimensions, 190);
  EXPECT_EQ(d.length, 8);
  EXPECT_EQ(d.study.test.size(), 312u);
  EXPECT_EQ(d.climatology.size(), 8u);
  EXPECT_THAT(d.split_summary, HasSubstr("calibration 2019-09-29 to 2020-03-22 (26 issues), test 2020-04-09"));
  const auto quakes = ReadSeries(folder + "Earthquakes");
  ASSERT_TRUE(quakes.ok()) << quakes.status();
  EXPECT_EQ(quakes->train.series.size(), 322u);
  EXPECT_EQ(quakes->test.series.size(), 139u);
  EXPECT_EQ(quakes->train.length, 512);
}

}  // namespace
}  // namespace tremorcast
