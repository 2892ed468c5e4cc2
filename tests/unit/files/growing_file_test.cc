#include "files/growing_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

std::string Many(int count, const std::string& text) {
  std::string many;
  for (int i = 0; i < count; ++i) many += text;
  return many;
}

class GrowingFileTest : public testing::Test {
 protected:
  GrowingFileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tremorcast-growing-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = (folder_ / "log").string();
  }
  ~GrowingFileTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text, std::ios::openmode how = std::ios::app) const {
    std::ofstream(path_, std::ios::binary | how) << text;
  }
  // All there is now.
  static absl::StatusOr<std::string> Read(GrowingFile& file) {
    std::string text;
    char buffer[1000];
    for (;;) {
      const absl::StatusOr<size_t> n = file.Read(buffer, sizeof(buffer));
      if (!n.ok()) return n.status();
      if (*n == 0) return text;
      text.append(buffer, *n);
    }
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(GrowingFileTest, GivesWhatIsAdded) {
  const std::string much = Many(10'000, "x");
  Write("one\n");
  auto file = *GrowingFile::Open(path_);
  EXPECT_EQ(*Read(*file), "one\n");
  EXPECT_EQ(*Read(*file), "");
  Write(much);
  EXPECT_EQ(*Read(*file), much);
  Write("three\n");
  EXPECT_EQ(*Read(*file), "three\n");
}

TEST_F(GrowingFileTest, NoticesThatItWasCutOrWrittenAnewWhateverItsLength) {
  const std::string much = Many(10'000, "x");
  for (const std::string& anew :
       {std::string(), std::string("y\n"), Many(10'001, "y"), Many(30'000, "y"), much + "z"}) {
    Write(much + "y", std::ios::trunc);
    auto file = *GrowingFile::Open(path_);
    ASSERT_EQ(Read(*file)->size(), 10'001U);
    Write(anew, std::ios::trunc);
    EXPECT_TRUE(absl::IsAborted(Read(*file).status())) << anew.size();
    EXPECT_TRUE(absl::IsAborted(Read(*file).status())) << "it stays";
  }
}

TEST_F(GrowingFileTest, RemembersWhatItSkipped) {
  Write(Many(10'000, "x") + "rest");
  auto file = *GrowingFile::Open(path_);
  EXPECT_TRUE(absl::IsOutOfRange(file->SkipTo(10'005)));
  ASSERT_TRUE(file->SkipTo(10'000).ok());
  EXPECT_EQ(*Read(*file), "rest");
  auto other = *GrowingFile::Open(path_);
  ASSERT_TRUE(other->SkipTo(10'000).ok());
  Write(Many(10'000, "y") + "rest", std::ios::trunc);
  EXPECT_TRUE(absl::IsAborted(Read(*other).status()));
}

TEST_F(GrowingFileTest, IsItselfUnderAnyNameAndGoesOnWithoutOne) {
  Write("one\n");
  auto file = *GrowingFile::Open(path_);
  EXPECT_TRUE(file->IsAt(path_));
  std::filesystem::rename(path_, path_ + ".1");
  EXPECT_FALSE(file->IsAt(path_));
  EXPECT_TRUE(file->IsAt(path_ + ".1"));
  std::filesystem::remove(path_ + ".1");
  Write("one\n");  // a system that reuses numbers gives another one while the old is open
  EXPECT_FALSE(file->IsAt(path_));
  EXPECT_EQ(*Read(*file), "one\n");
}

}  // namespace
}  // namespace tremorcast
