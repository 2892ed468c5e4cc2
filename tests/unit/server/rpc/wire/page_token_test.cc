#include "server/rpc/wire/page_token.h"

#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

TEST(PageTokenTest, GivesTheCursorBack) {
  const std::string cursor("a/\0b", 4);
  EXPECT_EQ(*ParsePageToken("query", MakePageToken("query", cursor)), cursor);
  EXPECT_EQ(*ParsePageToken("query", ""), "");
}

TEST(PageTokenTest, RefusesATokenOfAnotherQuery) {
  EXPECT_EQ(ParsePageToken("other", MakePageToken("query", "c")).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PageTokenTest, RefusesWhatIsNoToken) {
  std::string cut = MakePageToken("query", "c");
  cut.resize(8);
  for (const std::string& token : {std::string("!!"), std::string("abc"), std::string("AAAA"), cut}) {
    EXPECT_FALSE(ParsePageToken("query", token).ok()) << token;
  }
}

TEST(PageTokenTest, IsOpaque) { EXPECT_EQ(MakePageToken("query", "station17").find("station17"), std::string::npos); }

TEST(PageSizeTest, TakesTheStandardForZeroAndCutsWhatIsTooLarge) {
  EXPECT_EQ(*PageSize(0, 50, 500), 50);
  EXPECT_EQ(*PageSize(7, 50, 500), 7);
  EXPECT_EQ(*PageSize(9999, 50, 500), 500);
  EXPECT_FALSE(PageSize(-1, 50, 500).ok());
}

}  // namespace
}  // namespace tremorcast::rpc
