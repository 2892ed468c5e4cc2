#include "trainer/command/flags.h"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

ParsedFlags Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tremorcast-trainer");
  return ParseFlags(static_cast<int>(arguments.size()), arguments.data(), "1.2.3");
}

TEST(FlagsTest, TrainsWithoutASubcommand) {
  const ParsedFlags parsed = Parse({"--database", "dbname=x", "--seed", "7"});
  ASSERT_FALSE(parsed.exit.has_value()) << parsed.exit->text;
  EXPECT_EQ(parsed.flags.command, Command::kTrain);
  EXPECT_EQ(parsed.flags.database, "dbname=x");
  EXPECT_EQ(parsed.flags.train.config.training.seed, 7u);
  EXPECT_FALSE(parsed.flags.train.every.has_value());
}

TEST(FlagsTest, TakesNoPasswordThatEveryUserOfTheMachineCouldRead) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"--database", "host=h dbname=x password=hunter2"},
                                             {"--database=host=h password=hunter2"},
                                             {"runs", "--database", "postgresql://u:hunter2@h/x"}}) {
    const ParsedFlags parsed = Parse(arguments);
    ASSERT_TRUE(parsed.exit.has_value());
    EXPECT_EQ(parsed.exit->status, kExitUsage);
    EXPECT_THAT(parsed.exit->text, HasSubstr("--database-file"));
    EXPECT_THAT(parsed.exit->text, ::testing::Not(HasSubstr("hunter2")));
  }
}

TEST(FlagsTest, ReadsTheConnectionStringFromAFile) {
  const std::string path = ::testing::TempDir() + "/conninfo";
  std::ofstream(path) << "dbname=x password=hunter2\n";
  const ParsedFlags parsed = Parse({"--database-file", path.c_str()});
  ASSERT_FALSE(parsed.exit.has_value()) << parsed.exit->text;
  EXPECT_EQ(parsed.flags.database, "dbname=x password=hunter2");
  EXPECT_TRUE(Parse({"--database-file", "/nowhere/conninfo"}).exit.has_value());
}

TEST(FlagsTest, TakesTheSameFlagsBehindTheSubcommandTrain) {
  const ParsedFlags parsed = Parse({"train", "--every", "1w", "--slots", "168", "--state-dir", "/s", "--force"});
  ASSERT_FALSE(parsed.exit.has_value()) << parsed.exit->text;
  EXPECT_EQ(parsed.flags.command, Command::kTrain);
  EXPECT_EQ(parsed.flags.train.every, absl::Hours(168));
  EXPECT_EQ(parsed.flags.train.config.network.slots, 168);
  EXPECT_EQ(parsed.flags.train.config.network.input_slots, kSlotsPerWeek);
  EXPECT_EQ(parsed.flags.train.state_directory, "/s");
  EXPECT_TRUE(parsed.flags.train.force);
}

TEST(FlagsTest, ReadsTheExperiment) {
  const ParsedFlags parsed = Parse({"experiment", "--precursor", "0", "--seed", "3", "--slots", "168", "--weeks",
                                    "104,26,26,52", "--regions", "8", "--stations", "3"});
  ASSERT_FALSE(parsed.exit.has_value()) << parsed.exit->text;
  EXPECT_EQ(parsed.flags.command, Command::kExperiment);
  const ExperimentOptions& e = parsed.flags.experiment;
  EXPECT_EQ(e.precursor, 0);
  EXPECT_EQ(e.seed, 3u);
  EXPECT_EQ(e.config.training.seed, 3u);
  EXPECT_EQ(e.weeks.train, 104);
  EXPECT_EQ(e.weeks.early_stop, 26);
  EXPECT_EQ(e.weeks.calibration, 26);
  EXPECT_EQ(e.weeks.test, 52);
}

TEST(FlagsTest, RefusesWhatItDoesNotKnow) {
  for (const std::vector<const char*>& wrong : std::vector<std::vector<const char*>>{{"--sede", "1"},
                                                                                     {"experiment", "--database", "x"},
                                                                                     {"evalute"},
                                                                                     {"--every", "soon"},
                                                                                     {"--every", "0s"},
                                                                                     {"--network", "dreamt"},
                                                                                     {"--weeks", "1,2,3"},
                                                                                     {"--pool", "median"},
                                                                                     {"--device", "abacus"},
                                                                                     {"--as-of", "yesterday"},
                                                                                     {"runs", "--limit", "0"}}) {
    const ParsedFlags parsed = Parse(wrong);
    ASSERT_TRUE(parsed.exit.has_value()) << wrong[0];
    EXPECT_EQ(parsed.exit->status, kExitUsage) << wrong[0];
    EXPECT_FALSE(parsed.exit->text.empty());
  }
  EXPECT_THAT(Parse({"--sede", "1"}).exit->text, HasSubstr("--sede"));
  EXPECT_THAT(Parse({"--every", "soon"}).exit->text, HasSubstr("soon"));
}

TEST(FlagsTest, HelpShowsExamplesAndExitStatus) {
  const ParsedFlags parsed = Parse({"--help"});
  ASSERT_TRUE(parsed.exit.has_value());
  EXPECT_EQ(parsed.exit->status, 0);
  EXPECT_THAT(parsed.exit->text, HasSubstr("tremorcast-trainer experiment --precursor 0"));
  EXPECT_THAT(parsed.exit->text, HasSubstr("10 kept"));
  EXPECT_THAT(Parse({"experiment", "--help"}).exit->text, HasSubstr("--precursor"));
  EXPECT_THAT(Parse({"--version"}).exit->text, HasSubstr("1.2.3"));
}

TEST(EvaluateFlagsTest, SplitsByDateRollsAndAsksForOtherIssues) {
  const ParsedFlags parsed = Parse({"evaluate", "--split-at", "paper", "--rolling", "3", "--embargo", "2", "--horizons",
                                    "1,3", "--issue-times", "12h,3d", "--window-memory-mib", "64"});
  ASSERT_FALSE(parsed.exit.has_value()) << parsed.exit->text;
  const EvaluateFlags& e = parsed.flags.evaluate;
  ASSERT_TRUE(e.config.test_period.has_value());
  EXPECT_EQ(FormatNetworkTime(e.config.test_period->begin), "2021-07-01T00:00:00+08:00");
  EXPECT_EQ(FormatNetworkTime(e.config.test_period->end), "2022-05-31T00:00:00+08:00");
  EXPECT_EQ(e.simulation.config.test_period, e.config.test_period);
  EXPECT_EQ(e.origins, 3);
  EXPECT_EQ(e.simulation.origins, 3);
  EXPECT_EQ(e.config.split.skipped, 2);
  EXPECT_EQ(e.simulation.weeks.skipped, 2);
  EXPECT_EQ(e.simulation.weeks.train, 104);
  EXPECT_EQ(e.options.variants.horizon_days, (std::vector<int>{1, 3}));
  EXPECT_EQ(e.options.variants.issue_times, (std::vector<absl::Duration>{absl::Hours(12), absl::Hours(72)}));
  EXPECT_EQ(e.config.data.memory_bytes, int64_t{64} << 20);
  EXPECT_EQ(e.options.training.window_cache_bytes, int64_t{64} << 20);
}

TEST(EvaluateFlagsTest, SaysWhatIsWrongWithADateAHorizonOrATime) {
  EXPECT_THAT(Parse({"evaluate", "--split-at", "2021-07-01,2021-06-01"}).exit->text,
              HasSubstr("ends before it begins"));
  EXPECT_THAT(Parse({"evaluate", "--split-at", "summer"}).exit->text, HasSubstr("summer"));
  EXPECT_THAT(Parse({"evaluate", "--horizons", "7"}).exit->text, HasSubstr("--horizons"));
  EXPECT_THAT(Parse({"evaluate", "--issue-times", "1w"}).exit->text, HasSubstr("not below a week"));
  EXPECT_THAT(Parse({"evaluate", "--rolling", "0"}).exit->text, HasSubstr("--rolling"));
}

}  // namespace
}  // namespace tremorcast
