#include "command_line/database_flags.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_line/arguments.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DatabaseFlagsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("TREMORCAST_DATABASE");
    std::ofstream(file_) << "dbname=file password=hunter2\n";
  }
  void TearDown() override { ::unsetenv("TREMORCAST_DATABASE"); }

  static absl::StatusOr<std::string> Read(const std::vector<std::string>& arguments) {
    DatabaseFlags flags;
    CLI::App app;
    flags.AddTo(app);
    flags.AddTo(*app.add_subcommand("train"));
    if (const auto read = ReadArguments(app, arguments); !read.ok()) return read.status();
    return flags.Read();
  }

  const std::string file_ = ::testing::TempDir() + "/database_flags_conninfo";
};

TEST_F(DatabaseFlagsTest, TheFlagCountsBeforeTheFileAndTheFileBeforeTheEnvironment) {
  EXPECT_EQ(Read({}).value_or("none"), "");
  ::setenv("TREMORCAST_DATABASE", "dbname=environment", 1);
  EXPECT_EQ(Read({}).value_or(""), "dbname=environment");
  EXPECT_EQ(Read({"--database-file", file_}).value_or(""), "dbname=file password=hunter2");
  EXPECT_EQ(Read({"--database", "dbname=flag", "--database-file", file_}).value_or(""), "dbname=flag");
  EXPECT_EQ(Read({"train", "--database", "dbname=flag"}).value_or(""), "dbname=flag");
  EXPECT_EQ(Read({"--database", "dbname=flag", "train"}).value_or(""), "dbname=flag");
}

TEST_F(DatabaseFlagsTest, AFlagThatIsGivenAndEmptyIsAMistakeAndNotTheEnvironment) {
  ::setenv("TREMORCAST_DATABASE", "dbname=environment", 1);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--database", ""},
                                             {"train", "--database", ""},
                                             {"--database-file", ""},
                                             {"--database-file", "", "train"}}) {
    const absl::StatusOr<std::string> read = Read(arguments);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << read.value_or("");
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("without a value"));
  }
}

TEST_F(DatabaseFlagsTest, APasswordThatIsTypedIsRefusedAndNotRepeated) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--database", "dbname=x password=hunter2"},
                                             {"--database=postgresql://u:hunter2@h/x", "train"},
                                             {"train", "--database", "password='hunter2"}}) {
    const absl::StatusOr<std::string> read = Read(arguments);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr("hunter2")));
  }
}

TEST_F(DatabaseFlagsTest, AFileThatCannotBeReadOrIsEmptyIsNamed) {
  EXPECT_EQ(Read({"--database-file", "/nowhere/x"}).status().message(), "--database-file: cannot read /nowhere/x");
  std::ofstream(file_) << " \n";
  EXPECT_THAT(std::string(Read({"--database-file", file_}).status().message()), HasSubstr("cannot read"));
  EXPECT_EQ(Read({"--database-file", "/dev/zero"}).status().message(),
            "--database-file: /dev/zero is larger than 64 KiB")
      << "and it has no end";
}

TEST_F(DatabaseFlagsTest, ArgumentsAreShownWithoutTheConnectionString) {
  EXPECT_EQ(WithoutDatabase({"runs", "--database", "host=h", "--json"}), "runs --database ... --json");
  EXPECT_EQ(WithoutDatabase({"--database=host=h", "--database-file", "f"}), "--database=... --database-file f");
  EXPECT_EQ(WithoutDatabase({"--database"}), "--database");
}

}  // namespace
}  // namespace tremorcast
