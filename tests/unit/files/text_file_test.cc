#include "files/text_file.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

class TextFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/text_file_XXXXXX");
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }

  std::string folder_;
};

TEST_F(TextFileTest, ReadsBackWhatWasWritten) {
  ASSERT_TRUE(WriteTextFile(Path("a.txt"), "one\ntwo\n").ok());
  EXPECT_EQ(ReadTextFile(Path("a.txt")).value_or(""), "one\ntwo\n");
  EXPECT_FALSE(std::filesystem::exists(Path("a.txt.part")));
}

TEST_F(TextFileTest, UnpacksXz) {
  if (std::system("xz --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "xz is not installed";
  std::string text;
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&text, i, "\n");
  ASSERT_TRUE(WriteTextFile(Path("a.txt"), text).ok());
  ASSERT_EQ(std::system(absl::StrCat("xz '", Path("a.txt"), "'").c_str()), 0);
  EXPECT_EQ(ReadTextFile(Path("a.txt.xz")).value_or(""), text);
}

TEST_F(TextFileTest, SaysWhatIsWrong) {
  EXPECT_EQ(ReadTextFile(Path("none.txt")).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(WriteTextFile(Path("damaged.xz"), "this is no archive").ok());
  const absl::Status status = ReadTextFile(Path("damaged.xz")).status();
  EXPECT_TRUE(status.code() == absl::StatusCode::kDataLoss || status.code() == absl::StatusCode::kUnavailable)
      << status;
}

}  // namespace
}  // namespace tremorcast
