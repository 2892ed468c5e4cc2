#include "command_line/arguments.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<int> ParseSmall(const std::string& text) {
  if (text != "1") return absl::InvalidArgumentError("must be 1");
  return 1;
}

struct Program {
  Program() {
    app.set_version_flag("--version", VersionLine("some-program", "libtorch 1.2"));
    app.add_option("--rejects", rejects, "A file");
    app.add_option("--count", count, "A number")->check(CLI::Range(1, 9));
    app.add_option("--share", share, "A fraction");
    app.add_option("--part", part, "A fraction")->check(CLI::Range(0.0, 1.0));
    AddParsed(app, "--small", small, ParseSmall, "Small");
    app.add_subcommand("models", "A command")->add_flag("--all", all, "All of them");
  }
  std::string Text(const std::vector<std::string>& arguments) {
    return ReadArguments(app, arguments).value_or("refused");
  }
  std::string Refusal(const std::vector<std::string>& arguments) {
    const auto read = ReadArguments(app, arguments);
    EXPECT_TRUE(read.ok() || read.status().code() == absl::StatusCode::kInvalidArgument);
    return std::string(read.status().message());
  }

  CLI::App app{"What it does.", "some-program"};
  std::string rejects;
  int64_t count = 3;
  double share = 0, part = 0;
  int small = 0;
  bool all = false;
};

TEST(ArgumentsTest, WritesTheTargetsOfTheFlagsThatAreGiven) {
  Program program;
  const auto read = ReadArguments(program.app, {"--rejects", "x.csv", "--small=1", "models", "--all"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, "");
  EXPECT_EQ(program.rejects, "x.csv");
  EXPECT_EQ(program.count, 3);
  EXPECT_EQ(program.small, 1);
  EXPECT_TRUE(program.all);
}

TEST(ArgumentsTest, AnEmptyValueIsNoneAndNanNoNumber) {
  EXPECT_EQ(Program().Refusal({"--rejects", ""}), "--rejects is given without a value; leave it out if that is meant");
  EXPECT_EQ(Program().Refusal({"--share", "nan"}), "--share: 'nan' is no number");
  EXPECT_EQ(Program().Refusal({"--part", "nan"}), "--part: 'nan' is no number") << "no bound refuses it";
  EXPECT_EQ(Program().Refusal({"--share", "inf"}), "");
}

TEST(ArgumentsTest, HelpAndVersionAreTextsToPrint) {
  EXPECT_THAT(Program().Text({"--help"}), HasSubstr("--rejects"));
  EXPECT_THAT(Program().Text({"models", "-h"}), HasSubstr("--all"));
  EXPECT_THAT(Program().Text({"--version"}), ::testing::MatchesRegex("some-program [^ ]+ \\([^)]*\\), libtorch 1.2\n"));
  EXPECT_THAT(VersionLine("client"), ::testing::EndsWith(")"));
}

TEST(ArgumentsTest, WhatIsUnknownIsRefusedWithASuggestion) {
  EXPECT_EQ(Program().Refusal({"--reject=x"}), "unknown flag '--reject'. Did you mean '--rejects'?");
  EXPECT_EQ(Program().Refusal({"models", "--al"}), "unknown flag '--al'. Did you mean '--all'?");
  EXPECT_EQ(Program().Refusal({"model"}), "unexpected argument 'model'. Did you mean 'models'?");
  EXPECT_EQ(Program().Refusal({"--qqqqqqqq"}), "unknown flag '--qqqqqqqq'.");
}

TEST(ArgumentsTest, ValuesThatACheckOrAParserRefusesAreNamedWithTheirFlag) {
  EXPECT_THAT(Program().Refusal({"--count", "10"}), HasSubstr("--count"));
  EXPECT_THAT(Program().Refusal({"--count", "many"}), HasSubstr("--count"));
  EXPECT_THAT(Program().Refusal({"--count"}), HasSubstr("--count"));
  EXPECT_EQ(Program().Refusal({"--small", "2"}), "--small: must be 1");
}

TEST(ArgumentsTest, AMistakeEndsWithWhereTheHelpIs) {
  EXPECT_EQ(UsageError("tremorcast models list", "--limit: must be 1"),
            "tremorcast models list: --limit: must be 1. See 'tremorcast models list --help'.\n");
  EXPECT_EQ(UsageError("x", "unknown flag '--a'. Did you mean '--b'?"),
            "x: unknown flag '--a'. Did you mean '--b'? See 'x --help'.\n");
}

}  // namespace
}  // namespace tremorcast
