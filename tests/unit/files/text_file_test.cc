#include "files/text_file.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "files/decoder.h"
#include "tests/support/packed_text.h"

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

TEST_F(TextFileTest, ALinkIsWrittenThroughAndStaysALink) {
  ASSERT_TRUE(WriteTextFile(Path("file"), "a longer text\n").ok());
  std::filesystem::create_symlink("file", Path("link"));
  EXPECT_EQ(WriteTextFile(Path("link"), "one\n"), absl::OkStatus());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_EQ(ReadTextFile(Path("file")).value_or(""), "one\n");
}

TEST_F(TextFileTest, APipeIsWrittenThroughAndStaysAPipe) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", Path("link"));
  // Open for both, so that neither side waits for the other.
  const int pipe = ::open(Path("pipe").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(pipe, 0);
  for (const char* name : {"pipe", "link"}) {
    EXPECT_EQ(WriteTextFile(Path(name), "one\n"), absl::OkStatus());
    EXPECT_TRUE(std::filesystem::is_fifo(Path("pipe")));
    EXPECT_TRUE(std::filesystem::is_fifo(Path(name)));
    char read[16];
    EXPECT_EQ(::read(pipe, read, sizeof(read)), 4) << name;
  }
  ::close(pipe);
}

TEST_F(TextFileTest, AFolderIsNoFile) {
  std::filesystem::create_directory(Path("folder"));
  EXPECT_EQ(WriteTextFile(Path("folder"), "one\n").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(std::filesystem::exists(Path("folder.part")));
}

TEST_F(TextFileTest, AFailureLeavesTheFileAsItWasAndNothingBesideIt) {
  ASSERT_TRUE(WriteTextFile(Path("file"), "as it was\n").ok());
  // A disk that fills up while the text is written: no file may grow beyond this.
  struct rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 4096;
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status full = WriteTextFile(Path("file"), std::string(100'000, 'x'));
  const absl::Status full_new = WriteTextFile(Path("new"), std::string(100'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, ignored);
  EXPECT_EQ(full.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(full_new.code(), absl::StatusCode::kPermissionDenied);
  // And a text that cannot be made to its end.
  const absl::Status half = WriteTextFile(Path("file"), [](std::ostream& out) {
    out << "half";
    return absl::UnavailableError("the server went away");
  });
  EXPECT_EQ(half, absl::UnavailableError("the server went away"));
  EXPECT_EQ(ReadTextFile(Path("file")).value_or(""), "as it was\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "nothing but the file";
}

TEST_F(TextFileTest, UnpacksByTheEnding) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&text, i, "\n");
  for (const absl::string_view ending : kCompressedEndings) {
    const std::string path = Path(absl::StrCat("a.txt", ending));
    ASSERT_TRUE(WriteTextFile(path, Packed(ending, text)).ok());
    EXPECT_EQ(ReadTextFile(path).value_or(""), text);
  }
}

TEST_F(TextFileTest, RefusesMoreTextThanItWouldKeep) {
  const std::string path = Path("bomb.zst");
  std::string bytes;
  const std::string member = Packed(".zst", std::string(16 << 20, 'a'));
  for (int i = 0; i < 17; ++i) bytes += member;
  ASSERT_TRUE(WriteTextFile(path, bytes).ok());
  EXPECT_EQ(ReadTextFile(path).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(TextFileTest, SaysWhatIsWrong) {
  EXPECT_EQ(ReadTextFile(Path("none.txt")).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(WriteTextFile(Path("damaged.xz"), "this is no archive").ok());
  EXPECT_EQ(ReadTextFile(Path("damaged.xz")).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tremorcast
