#include "server/rpc/access/auth_file.h"

#include <cstdio>
#include <fstream>
#include <sys/stat.h>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <prometheus/registry.h>

namespace tremorcast::rpc {
namespace {

using testing::HasSubstr;

class AccessListFileTest : public testing::Test {
 protected:
  void Write(const std::string& text) {
    std::ofstream(path_ + ".new") << text;
    ASSERT_EQ(std::rename((path_ + ".new").c_str(), path_.c_str()), 0);
  }
  std::unique_ptr<AccessListFile> Open(absl::Duration settling) {
    auto file = AccessListFile::Open(path_, metrics_, log_, settling);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  static bool Knows(AccessListFile& file, const std::string& certificate) {
    return file.Current()->FindCertificate(certificate) != nullptr;
  }

  const std::string path_ = testing::TempDir() + "/access";
  prometheus::Registry registry_;
  AccessMetrics metrics_{registry_};
  std::vector<std::string> lines_;
  const Log log_{LogLevel::kError, [this](LogLevel, const std::string& line) { lines_.push_back(line); }};
};

TEST_F(AccessListFileTest, ReadsAChangedFileAgain) {
  for (const absl::Duration settling : {absl::ZeroDuration(), absl::Hours(1)}) {
    Write("a reader - cert:a\n");
    const auto file = Open(settling);
    EXPECT_TRUE(Knows(*file, "a"));
    Write("b reader - cert:b\n");
    EXPECT_FALSE(Knows(*file, "a"));
    EXPECT_TRUE(Knows(*file, "b"));
  }
}

TEST_F(AccessListFileTest, SeesAChangeInPlaceWithinAStepOfTheClock) {
  Write("a reader - cert:a\n");
  const auto file = Open(absl::Hours(1));
  EXPECT_TRUE(Knows(*file, "a"));
  // The same file, as long as before; so often that many changes share a step.
  for (int i = 0; i < 300; ++i) {
    const std::string name = i % 2 == 0 ? "b" : "a";
    std::ofstream(path_) << name << " reader - cert:" << name << "\n";
    ASSERT_TRUE(Knows(*file, name)) << "change " << i;
  }
}

TEST_F(AccessListFileTest, KeepsTheListAndSaysOnceForAsLongAsTheFileIsFaulty) {
  for (const absl::Duration settling : {absl::ZeroDuration(), absl::Hours(1)}) {
    lines_.clear();
    Write("a reader - cert:a\n");
    const auto file = Open(settling);
    Write("a reader - \n");
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(Knows(*file, "a"));
      EXPECT_EQ(metrics_.list_valid.Value(), 0) << i;
    }
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_THAT(lines_[0], HasSubstr("line 1: needs four words"));
    std::remove(path_.c_str());
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    EXPECT_TRUE(Knows(*file, "a")) << "and nobody waits for who may write into the pipe";
    ASSERT_EQ(lines_.size(), 2u);
    EXPECT_THAT(lines_[1], HasSubstr("is no regular file"));
    std::remove(path_.c_str());
    EXPECT_TRUE(Knows(*file, "a"));
    EXPECT_EQ(metrics_.list_valid.Value(), 0);
    Write("a reader - cert:a\n");
    EXPECT_TRUE(Knows(*file, "a"));
    EXPECT_EQ(metrics_.list_valid.Value(), 1);
  }
}

}  // namespace
}  // namespace tremorcast::rpc
