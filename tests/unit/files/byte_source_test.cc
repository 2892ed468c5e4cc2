#include "files/byte_source.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/decoder.h"
#include "tests/support/packed_text.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

class ByteSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/byte_source_XXXXXX");
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, absl::string_view bytes) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::string folder_;
};

struct Outcome {
  std::string text;
  absl::Status status;
};

Outcome ReadToEnd(const std::string& path, size_t buffer_size = 1 << 16) {
  auto source = OpenBytes(path);
  if (!source.ok()) return {"", source.status()};
  Outcome outcome;
  std::vector<char> buffer(buffer_size);
  for (;;) {
    const absl::StatusOr<size_t> n = (*source)->Read(buffer.data(), buffer.size());
    if (!n.ok()) {
      EXPECT_EQ((*source)->Read(buffer.data(), buffer.size()).status(), n.status()) << "the error stays";
    }
    if (!n.ok() || *n == 0) return {outcome.text, n.status()};
    outcome.text.append(buffer.data(), *n);
  }
}

std::string Numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, i * 7919 % 100'003, "\n");
  return text;
}

TEST_F(ByteSourceTest, ReadsEachFormatInPiecesOfAnySize) {
  const std::string text = Numbers(50'000);
  EXPECT_EQ(ReadToEnd(Write("a.csv", text)).text, text);
  for (const absl::string_view ending : kCompressedEndings) {
    const std::string path = Write(absl::StrCat("a.csv", ending), Packed(ending, text));
    for (const size_t size : {size_t{1}, size_t{4093}, size_t{1} << 20}) {
      const Outcome outcome = ReadToEnd(path, size);
      EXPECT_TRUE(outcome.status.ok()) << outcome.status;
      EXPECT_TRUE(outcome.text == text) << ending << " " << size;
    }
  }
}

TEST_F(ByteSourceTest, MembersFollowEachOtherAlsoEmptyOnes) {
  for (const absl::string_view ending : kCompressedEndings) {
    const std::string bytes = absl::StrCat(Packed(ending, ""), Packed(ending, "one\n"), Packed(ending, ""),
                                           Packed(ending, "two\n"), Packed(ending, ""));
    const Outcome outcome = ReadToEnd(Write(absl::StrCat("a", ending), bytes));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    EXPECT_EQ(outcome.text, "one\ntwo\n") << ending;
  }
}

TEST_F(ByteSourceTest, WhatIsCutShortNeverLooksWhole) {
  const std::string text = Numbers(2000);
  for (const absl::string_view ending : kCompressedEndings) {
    const std::string bytes = Packed(ending, text), two = absl::StrCat(bytes, Packed(ending, "more"));
    std::vector<size_t> lengths = {0, 1, 5, bytes.size() / 2, bytes.size() - 9, bytes.size() - 1, two.size() - 1};
    for (size_t after = 1; after < 12; ++after) lengths.push_back(bytes.size() + after);
    for (const size_t length : lengths) {
      const std::string path = Write(absl::StrCat("cut", ending), two.substr(0, length));
      const Outcome outcome = ReadToEnd(path);
      EXPECT_EQ(outcome.status.code(), absl::StatusCode::kDataLoss) << ending << " " << length;
      EXPECT_THAT(std::string(outcome.status.message()), HasSubstr(path));
      EXPECT_EQ(outcome.text, absl::StrCat(text, "more").substr(0, outcome.text.size()));
      EXPECT_THAT(std::string(outcome.status.message()), HasSubstr(absl::StrCat(outcome.text.size(), " bytes of its")));
    }
    const Outcome half = ReadToEnd(Write(absl::StrCat("half", ending), two.substr(0, bytes.size() + 5)));
    EXPECT_TRUE(half.text == text) << "the whole member before the cut is read: " << ending;
  }
}

TEST_F(ByteSourceTest, DamageAndGarbageAreErrorsThatSayHowFarItWasRead) {
  const std::string text = Numbers(200'000);
  for (const absl::string_view ending : kCompressedEndings) {
    const std::string bytes = Packed(ending, text);
    std::string turned = bytes;
    for (size_t i = turned.size() / 2; i < turned.size() / 2 + 32; ++i) turned[i] = static_cast<char>(~turned[i]);
    const Outcome damaged = ReadToEnd(Write(absl::StrCat("turned", ending), turned));
    EXPECT_EQ(damaged.status.code(), absl::StatusCode::kDataLoss) << ending;
    EXPECT_LT(damaged.text.size(), text.size()) << ending;
    EXPECT_THAT(std::string(damaged.status.message()), HasSubstr("bytes of the file"));
    for (const std::string& garbage : {std::string("this is no archive"), bytes + "and more of something else"}) {
      const Outcome outcome = ReadToEnd(Write(absl::StrCat("garbage", ending), garbage));
      EXPECT_EQ(outcome.status.code(), absl::StatusCode::kDataLoss) << ending;
    }
  }
  const std::string none = Write("none.xz", "this is no archive");
  EXPECT_EQ(std::string(ReadToEnd(none).status.message()),
            absl::StrCat(none,
                         ": cannot be unpacked to its end: this is not xz data (after 12 bytes of the file and 0 "
                         "bytes of its text)"));
}

// A quarter of a GiB of text out of some hundred KiB at most; the source keeps a chunk of either
// and the format's window.
TEST_F(ByteSourceTest, AFewBytesMayStandForMuchText) {
  constexpr int kMembers = 16;
  const std::string zeros(16 << 20, '\0');
  for (const absl::string_view ending : kCompressedEndings) {
    std::string bytes;
    const std::string member = Packed(ending, zeros);
    for (int i = 0; i < kMembers; ++i) bytes += member;
    ASSERT_LT(bytes.size(), size_t{1} << 20);
    const auto source = OpenBytes(Write(absl::StrCat("bomb", ending), bytes));
    ASSERT_TRUE(source.ok()) << source.status();
    const absl::Status skipped = (*source)->SkipTo(kMembers * static_cast<int64_t>(zeros.size()));
    EXPECT_TRUE(skipped.ok()) << skipped;
    char byte = 0;
    EXPECT_EQ((*source)->Read(&byte, 1).value_or(1), 0U);
  }
}

TEST_F(ByteSourceTest, SkipsForwardAndSaysWhenTheTextIsShorter) {
  const std::string text = Numbers(30'000);
  std::vector<std::string> paths = {Write("a.csv", text)};
  for (const absl::string_view ending : kCompressedEndings) {
    paths.push_back(Write(absl::StrCat("a.csv", ending), Packed(ending, text)));
  }
  for (const std::string& path : paths) {
    auto source = OpenBytes(path);
    ASSERT_TRUE(source.ok());
    ASSERT_TRUE((*source)->SkipTo(100'000).ok()) << path;
    std::string some(100, '\0');
    ASSERT_EQ((*source)->Read(some.data(), some.size()).value_or(0), some.size()) << path;
    EXPECT_EQ(some, text.substr(100'000, 100)) << path;
    EXPECT_EQ((*source)->SkipTo(static_cast<int64_t>(text.size()) + 1).code(), absl::StatusCode::kOutOfRange) << path;
  }
}

TEST_F(ByteSourceTest, APlainFileMayGrowWhileItIsRead) {
  const std::string path = Write("a.csv", "one\n");
  auto source = OpenBytes(path);
  ASSERT_TRUE(source.ok());
  char buffer[16];
  EXPECT_EQ((*source)->Read(buffer, sizeof(buffer)).value_or(0), 4U);
  EXPECT_EQ((*source)->Read(buffer, sizeof(buffer)).value_or(1), 0U);
  std::ofstream(path, std::ios::app) << "two\n";
  ASSERT_EQ((*source)->Read(buffer, sizeof(buffer)).value_or(0), 4U);
  EXPECT_EQ(std::string(buffer, 4), "two\n");
}

TEST_F(ByteSourceTest, AnEmptyPlainFileIsAnEmptyText) {
  const Outcome outcome = ReadToEnd(Write("empty.csv", ""));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.text, "");
}

TEST_F(ByteSourceTest, TheEndingSaysHowAFileIsPacked) {
  EXPECT_TRUE(IsCompressed("a.csv.xz") && IsCompressed("a.csv.gz") && IsCompressed("a.csv.zst"));
  EXPECT_FALSE(IsCompressed("a.csv") || IsCompressed("xz") || IsCompressed("a.xz.csv"));
  EXPECT_EQ(WithoutCompression("a.csv.zst"), "a.csv");
  EXPECT_EQ(WithoutCompression("a.csv"), "a.csv");
}

}  // namespace
}  // namespace tremorcast
