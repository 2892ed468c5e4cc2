#include "core/base/plain_text.h"

#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(PlainTextTest, TakesWhatPeopleWriteInWhateverScript) {
  for (const char* text :
       {"", "area-4", "Jiuzhaigou, 5 km (NW)", "九寨沟", "Ünïcödé", "می‌خواهم", "👩‍🔬", "\U0010FFFD"}) {
    EXPECT_EQ(PlainTextFault(text), "") << text;
    EXPECT_EQ(PlainText(text), text);
  }
}

TEST(PlainTextTest, NamesWhatIsNotToBeSeenAndWhere) {
  EXPECT_EQ(PlainTextFault(std::string("auto\0", 5)), "has a character that is not to be seen, U+0000, at byte 4");
  EXPECT_EQ(PlainTextFault("a\x1b[2J"), "has a character that is not to be seen, U+001b, at byte 1");
  for (const char* text : {"\n", "\t", "\x7f", "\xc2\x9b", "\u200b", "\u202e", "\u2028", "\u2066", "\ufeff"}) {
    EXPECT_NE(PlainTextFault(text), "") << PlainText(text);
  }
}

TEST(PlainTextTest, RefusesBytesThatAreNoUtf8) {
  // A lone byte, one cut off, one that is written too long, a surrogate, one beyond Unicode.
  for (const char* text :
       {"a\x80", "a\xe5\x9c", "a\xc0\x80", "a\xe0\x80\x80", "a\xed\xa0\x80", "a\xf4\x90\x80\x80", "a\xff"}) {
    EXPECT_EQ(PlainTextFault(text), "is no UTF-8 at byte 1");
    EXPECT_EQ(PlainText(text).substr(0, 4), "a\xEF\xBF\xBD");
  }
}

TEST(PlainTextTest, APlainTextIsMadeOfEveryText) {
  EXPECT_EQ(MadePlain("九寨沟, می‌خواهم", ' '), "九寨沟, می‌خواهم");
  EXPECT_EQ(MadePlain("a\u200b\n\u0085\xff\xe5\x9c\ufeffz", '_'), "a_______z");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = {'a', static_cast<char>(byte), '\x80', '\x8b', 'z'};
    EXPECT_EQ(PlainTextFault(MadePlain(text, ' ')), "") << byte;
  }
}

TEST(PlainTextTest, ShowsControlsAsJsonWritesThem) {
  EXPECT_EQ(PlainText("red \x1b[31m\n\xc2\x9b"), "red \\u001b[31m\\u000a\\u009b");
  EXPECT_EQ(PlainText("two\nlines\t\x1b", /*lines=*/true), "two\nlines\t\\u001b");
}

}  // namespace
}  // namespace tremorcast
