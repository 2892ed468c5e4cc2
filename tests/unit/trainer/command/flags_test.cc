#include "trainer/command/flags.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Flags> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tremorcast-trainer");
  return ParseFlags(static_cast<int>(arguments.size()), arguments.data(), "libtorch 1.2.3");
}

// Why the arguments are refused; "" when they are taken.
std::string Refusal(std::vector<const char*> arguments) {
  return std::string(Parse(std::move(arguments)).status().message());
}

TEST(FlagsTest, TrainsWithoutASubcommand) {
  const absl::StatusOr<Flags> parsed = Parse({"--database", "dbname=x", "--seed", "7"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command, Command::kTrain);
  EXPECT_EQ(parsed->database, "dbname=x");
  EXPECT_EQ(parsed->train.config.training.seed, 7u);
  EXPECT_FALSE(parsed->train.every.has_value());
}

TEST(FlagsTest, TakesNoPasswordThatEveryUserOfTheMachineCouldRead) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"--database", "host=h dbname=x password=hunter2"},
                                             {"--database=host=h password=hunter2"},
                                             {"runs", "--database", "postgresql://u:hunter2@h/x"}}) {
    const absl::StatusOr<Flags> parsed = Parse(arguments);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("--database-file"));
    EXPECT_THAT(std::string(parsed.status().message()), ::testing::Not(HasSubstr("hunter2")));
  }
}

TEST(FlagsTest, ReadsTheConnectionStringFromAFile) {
  const std::string path = ::testing::TempDir() + "/conninfo";
  std::ofstream(path) << "dbname=x password=hunter2\n";
  const absl::StatusOr<Flags> parsed = Parse({"--database-file", path.c_str()});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->database, "dbname=x password=hunter2");
  EXPECT_THAT(Refusal({"--database-file", "/nowhere/conninfo"}), HasSubstr("--database-file: cannot read"));
}

TEST(FlagsTest, TheDatabaseOfTheFlagCountsBeforeThatOfTheEnvironment) {
  ::setenv("TREMORCAST_DATABASE", "dbname=environment", 1);
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"--database", "dbname=flag"},
                                             {"train", "--database", "dbname=flag"},
                                             {"--database", "dbname=flag", "runs"},
                                             {"evaluate", "--database=dbname=flag"}}) {
    const absl::StatusOr<Flags> parsed = Parse(arguments);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->database, "dbname=flag") << arguments[0];
  }
  EXPECT_EQ(Parse({"train"})->database, "dbname=environment");
  ::unsetenv("TREMORCAST_DATABASE");
}

TEST(FlagsTest, TakesTheSameFlagsBehindTheSubcommandTrain) {
  const absl::StatusOr<Flags> parsed =
      Parse({"train", "--every", "1w", "--slots", "168", "--state-dir", "/s", "--force"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command, Command::kTrain);
  EXPECT_EQ(parsed->train.every, absl::Hours(168));
  EXPECT_EQ(parsed->train.config.network.slots, 168);
  EXPECT_EQ(parsed->train.config.network.input_slots, kSlotsPerWeek);
  EXPECT_EQ(parsed->train.state_directory, "/s");
  EXPECT_TRUE(parsed->train.force);
}

TEST(FlagsTest, ReadsTheCatalogueRungs) {
  const absl::StatusOr<Flags> parsed =
      Parse({"catalogue",    "--every",   "1w",     "--rolling",  "3",         "--split-at", "2017-01-01,2022-06-01",
             "--catalogues", "500",       "--seed", "7",          "--threads", "2",          "--as-of",
             "2022-07-01",   "--network", "real",   "--settling", "24h",       "--force",    "--json"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command, Command::kCatalogue);
  const CatalogueFlags& catalogue = parsed->catalogue;
  EXPECT_EQ(catalogue.every, kWeekLength);
  EXPECT_EQ(catalogue.config.origins, 3);
  EXPECT_EQ(catalogue.config.test_period->begin, *ParseTime("2017-01-01"));
  EXPECT_EQ(catalogue.config.test_period->end, *ParseTime("2022-06-01"));
  EXPECT_EQ(catalogue.config.catalogues, 500);
  EXPECT_EQ(catalogue.config.seed, 7u);
  EXPECT_EQ(catalogue.threads, 2);
  EXPECT_EQ(catalogue.config.data.as_of, *ParseTime("2022-07-01"));
  EXPECT_EQ(catalogue.config.data.network, NetworkChoice::kReal);
  EXPECT_EQ(catalogue.config.data.settling, absl::Hours(24));
  EXPECT_TRUE(catalogue.force);
  EXPECT_TRUE(parsed->json);
  EXPECT_THAT(Refusal({"catalogue", "--catalogues", "1"}), HasSubstr("--catalogues"));
  EXPECT_THAT(Refusal({"catalogue", "--weeks", "1,2,3,4"}), HasSubstr("--weeks"));
}

TEST(FlagsTest, EveryCommandThatTrainsTakesLossAugmentationLastLayerAndConnectivity) {
  const std::vector<const char*> wanted = {"--sampling", "instance",     "--loss", "ldam-drw",       "--augment",
                                           "mixup",      "--last-layer", "lws",    "--connectivity", "dense"};
  for (const char* command : {"train", "experiment", "evaluate"}) {
    std::vector<const char*> arguments = {command};
    arguments.insert(arguments.end(), wanted.begin(), wanted.end());
    const absl::StatusOr<Flags> parsed = Parse(arguments);
    ASSERT_TRUE(parsed.ok()) << command << parsed.status();
    const TrainerConfig& config = parsed->command == Command::kTrain        ? parsed->train.config
                                  : parsed->command == Command::kExperiment ? parsed->experiment.config
                                                                            : parsed->evaluate.config;
    EXPECT_EQ(config.training.stage2_loss, LossKind::kLdam) << command;
    EXPECT_EQ(config.training.augmentation, Augmentation::kMixup) << command;
    EXPECT_EQ(config.training.last_layer, Treatment::kScaled) << command;
    EXPECT_EQ(config.network.connectivity, Connectivity::kDense) << command;
  }
  EXPECT_EQ(Parse({"evaluate", "--tables", "IV,connectivity"})->evaluate.options.tables,
            (std::vector<StudyTable>{StudyTable::kMethods, StudyTable::kConnectivity}));
}

TEST(FlagsTest, ReadsTheExperiment) {
  const absl::StatusOr<Flags> parsed = Parse({"experiment", "--precursor", "0", "--seed", "3", "--slots", "168",
                                              "--weeks", "104,26,26,52", "--regions", "8", "--stations", "3"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command, Command::kExperiment);
  const ExperimentOptions& e = parsed->experiment;
  EXPECT_EQ(e.precursor, 0);
  EXPECT_EQ(e.seed, 3u);
  EXPECT_EQ(e.config.training.seed, 3u);
  EXPECT_EQ(e.weeks.train, 104);
  EXPECT_EQ(e.weeks.early_stop, 26);
  EXPECT_EQ(e.weeks.calibration, 26);
  EXPECT_EQ(e.weeks.test, 52);
}

TEST(FlagsTest, SaysWhatStandsBelowTheNetworkAndInWhichWorld) {
  EXPECT_FALSE(Parse({"train"})->train.config.below.has_value()) << "the catalogue rung's champion decides";
  EXPECT_EQ(Parse({"--below", "climatology"})->train.config.below, Rung::kClimatology);
  EXPECT_THAT(Refusal({"--below", "stations"}), HasSubstr("'stations' is not auto, climatology or catalogue"));

  const absl::StatusOr<Flags> parsed = Parse({"experiment", "--world", "clustered", "--catalogues", "500"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->experiment.catalogue, SimulatedCatalogue::kClustered);
  EXPECT_FALSE(parsed->experiment.config.below.has_value());
  EXPECT_EQ(parsed->experiment.config.below_catalogues, 500);
  EXPECT_THAT(Refusal({"experiment", "--world", "flat"}), HasSubstr("'flat' is not independent, poisson or clustered"));

  const absl::StatusOr<Flags> evaluate =
      Parse({"evaluate", "--simulate", "--world", "poisson", "--below", "catalogue", "--catalogues", "700"});
  ASSERT_TRUE(evaluate.ok()) << evaluate.status();
  EXPECT_EQ(evaluate->evaluate.simulation.catalogue, SimulatedCatalogue::kPoisson);
  EXPECT_EQ(evaluate->evaluate.simulation.config.below, Rung::kCatalogue);
  EXPECT_EQ(evaluate->evaluate.simulation.config.below_catalogues, 700);
  EXPECT_THAT(Refusal({"evaluate", "--dataset", "x", "--below", "catalogue"}),
              HasSubstr("goes with a database or --simulate"));
  EXPECT_THAT(Refusal({"evaluate", "--world", "poisson"}), HasSubstr("--simulate"));
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
                                                                                     {"--loss", "hinge"},
                                                                                     {"--augment", "rotate"},
                                                                                     {"--last-layer", "none"},
                                                                                     {"--connectivity", "residual"},
                                                                                     {"--device", "abacus"},
                                                                                     {"--as-of", "yesterday"},
                                                                                     {"runs", "--limit", "0"}}) {
    const absl::StatusOr<Flags> parsed = Parse(wrong);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << wrong[0];
    EXPECT_FALSE(parsed.status().message().empty());
  }
  EXPECT_THAT(Refusal({"--sede", "1"}), HasSubstr("--sede"));
  EXPECT_THAT(Refusal({"--every", "soon"}), HasSubstr("soon"));
}

TEST(FlagsTest, HelpShowsExamplesAndExitStatus) {
  const absl::StatusOr<Flags> parsed = Parse({"--help"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->text, HasSubstr("tremorcast-trainer experiment --precursor 0"));
  EXPECT_THAT(parsed->text, HasSubstr("10 kept"));
  EXPECT_THAT(Parse({"experiment", "--help"})->text, HasSubstr("--precursor"));
  EXPECT_THAT(Parse({"--version"})->text, HasSubstr("libtorch 1.2.3"));
}

TEST(EvaluateFlagsTest, SplitsByDateRollsAndAsksForOtherIssues) {
  const absl::StatusOr<Flags> parsed =
      Parse({"evaluate", "--split-at", "paper", "--rolling", "3", "--embargo", "2", "--horizons", "1,3",
             "--issue-times", "12h,3d", "--window-memory-mib", "64"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const EvaluateFlags& e = parsed->evaluate;
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
  EXPECT_THAT(Refusal({"evaluate", "--split-at", "2021-07-01,2021-06-01"}), HasSubstr("ends before it begins"));
  EXPECT_THAT(Refusal({"evaluate", "--split-at", "summer"}), HasSubstr("summer"));
  EXPECT_THAT(Refusal({"evaluate", "--horizons", "7"}), HasSubstr("--horizons"));
  EXPECT_THAT(Refusal({"evaluate", "--issue-times", "1w"}), HasSubstr("not below a week"));
  EXPECT_THAT(Refusal({"evaluate", "--rolling", "0"}), HasSubstr("--rolling"));
}

}  // namespace
}  // namespace tremorcast
