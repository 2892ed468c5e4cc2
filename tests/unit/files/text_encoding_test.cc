#include "files/text_encoding.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

TEST(TextEncodingTest, Utf8StaysAsItIs) {
  const std::string text = "\xEF\xBB\xBF四川\r\nA\rB\n";
  EXPECT_EQ(ToUtf8Lines(text).value(), text);
}

TEST(TextEncodingTest, Gb18030AndUtf16AreConverted) {
  EXPECT_EQ(ToUtf8Lines("M,\xCB\xC4\xB4\xA8\n").value(), "M,四川\n");  // GBK
  EXPECT_EQ(ToUtf8Lines("\x95\x32\x82\x36").value(), "𠀀");            // of GB18030 alone
  EXPECT_EQ(ToUtf8Lines(std::string("\xFF\xFEM\0\xDB\x56\n\0", 8)).value(), "M四\n");
}

TEST(TextEncodingTest, ALineThatIsNeitherIsNamed) {
  const auto text = ToUtf8Lines("good\nbad \xFF\xFF\n");
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(text.status().message()), HasSubstr("line 2: neither UTF-8 nor GB18030"));
}

TEST(TextEncodingTest, LinesThatEndInCarriageReturnsAloneGetLineFeeds) {
  EXPECT_EQ(ToUtf8Lines("a\rb\r").value(), "a\nb\n");
}

}  // namespace
}  // namespace tremorcast
