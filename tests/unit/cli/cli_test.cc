#include "cli/cli.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/str_split.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands/command.h"
#include "tests/support/test_service.h"

namespace tremorcast::cli {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  ExitCode code;
  std::string out, err;
};

Outcome Invoke(const std::vector<std::string>& arguments, const std::string& server = "") {
  TestConsole console;
  TestPacer pacer;
  const ExitCode code = RunCli(arguments, {server}, console.console, pacer);
  return {code, console.out.str(), console.err.str()};
}

TEST(CliTest, HelpListsEveryCommandAndTheExitCodes) {
  const Outcome help = Invoke({"--help"});
  EXPECT_EQ(help.code, ExitCode::kOk);
  for (const CommandSpec& spec : AllCommands()) EXPECT_THAT(help.out, HasSubstr(spec.path));
  EXPECT_THAT(help.out, HasSubstr("Exit codes: 0 done"));
  EXPECT_EQ(Invoke({}).code, ExitCode::kUsage);
}

TEST(CliTest, EveryCommandHasHelpWithFlagsAndExamples) {
  std::set<std::string> paths;
  for (const CommandSpec& spec : AllCommands()) {
    EXPECT_TRUE(paths.insert(spec.path).second) << spec.path;
    std::vector<std::string> arguments = absl::StrSplit(spec.path, ' ');
    arguments.push_back("--help");
    const Outcome help = Invoke(arguments);
    EXPECT_EQ(help.code, ExitCode::kOk) << spec.path;
    EXPECT_THAT(help.out, HasSubstr("Usage: tremorcast " + spec.path));
    ASSERT_FALSE(spec.examples.empty()) << spec.path;
    for (const std::string& example : spec.examples) EXPECT_THAT(help.out, HasSubstr(example));
    for (const Flag& flag : spec.make()->Flags()) {
      EXPECT_THAT(help.out, HasSubstr(flag.name));
      EXPECT_FALSE(flag.help.empty()) << flag.name;
    }
  }
}

TEST(CliTest, EveryCommandSpeaksJson) {
  for (const CommandSpec& spec : AllCommands()) {
    // A script, and files as they are.
    if (spec.path == "completion" || spec.path == "catalog export" || spec.path == "outlook rates" ||
        spec.path == "outlook catalogues") {
      continue;
    }
    const auto command = spec.make();
    const std::vector<Flag> flags = command->Flags();
    EXPECT_TRUE(std::any_of(flags.begin(), flags.end(), [](const Flag& flag) { return flag.name == "--json"; }))
        << spec.path;
  }
}

TEST(CliTest, UnknownFlagsAreRefusedWithASuggestion) {
  const Outcome outcome = Invoke({"ingest", "--reject", "x.csv", "y.csv"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_THAT(outcome.err, HasSubstr("unknown flag '--reject'. Did you mean '--rejects'?"));
  EXPECT_THAT(Invoke({"forecast", "--jsn"}).err, HasSubstr("Did you mean '--json'?"));
  EXPECT_THAT(Invoke({"forecast", "--qqqqqqqq"}).err, ::testing::Not(HasSubstr("Did you mean")));
}

TEST(CliTest, UnknownCommandsAreRefusedWithASuggestion) {
  const Outcome outcome = Invoke({"forcast"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_THAT(outcome.err, HasSubstr("Did you mean 'forecast'?"));
  EXPECT_THAT(Invoke({"models", "promot"}).err, HasSubstr("'models' needs one of: models list"));
  EXPECT_THAT(Invoke({"station", "import"}).err, HasSubstr("Did you mean 'stations import'?"));
}

TEST(CliTest, MissingAndWrongValuesAreUsageErrors) {
  EXPECT_EQ(Invoke({"ingest"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"models", "promote", "m"}).code, ExitCode::kUsage) << "a reason is required";
  EXPECT_EQ(Invoke({"ingest", "--jobs", "many", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"ingest", "--jobs", "0", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"ingest", "--live", "--backfill", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"ingest", "--retry-for", "soon", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"catalog", "import", "--format", "xml", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"forecast", "--all", "--region", "a"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"forecast", "--history", "--compute-latest"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"stations", "list", "stray"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"--server"}).code, ExitCode::kUsage);
  EXPECT_EQ(Invoke({"simulate", "--start", "2021-01-04"}).code, ExitCode::kUsage) << "a Monday";
}

TEST(CliTest, AServerThatIsNotThereIsExitCodeThreeAndSaysWhatToDo) {
  std::string address;
  {
    TestIngestService service;
    TestServer server({&service});
    address = server.address();
  }  // nobody listens there any more
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"stations", "list"},
                                                                                         {"regions", "list"},
                                                                                         {"forecast"},
                                                                                         {"models", "list"},
                                                                                         {"status"},
                                                                                         {"catalog", "list"},
                                                                                         {"watch"}}) {
    const Outcome outcome = Invoke(arguments, address);
    EXPECT_EQ(outcome.code, ExitCode::kUnavailable) << arguments[0];
    EXPECT_THAT(outcome.err, HasSubstr(address));
    EXPECT_THAT(outcome.err, HasSubstr("TREMORCAST_SERVER"));
  }
}

TEST(CliTest, TheServerFlagBeatsTheEnvironment) {
  std::string address;
  {
    TestIngestService service;
    TestServer server({&service});
    address = server.address();
  }
  EXPECT_THAT(Invoke({"--server", address, "stations", "list"}, "127.0.0.1:1").err, HasSubstr(address));
  EXPECT_THAT(Invoke({"stations", "list", "--server", address}, "127.0.0.1:1").err, HasSubstr(address));
  EXPECT_THAT(Invoke({"--server=" + address, "stations", "list"}, "127.0.0.1:1").err, HasSubstr(address));
}

}  // namespace
}  // namespace tremorcast::cli
