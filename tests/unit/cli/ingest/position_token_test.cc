#include "cli/ingest/position_token.h"

#include <string>

#include <gtest/gtest.h>

namespace tremorcast::cli {
namespace {

TEST(PositionTokenTest, ReadsBackWhatItWrote) {
  for (const PositionToken& token :
       {PositionToken{"0123456789ab", 4711, 12, 900, "deadbeef", 0},
        PositionToken{"0123456789ab", 4711, 12, 900, "deadbeef", 3}, PositionToken{"0123456789ab", 0, 1, 0, "", 7}}) {
    EXPECT_EQ(PositionToken::Decode(token.Encode()), token);
    EXPECT_LE(token.Encode().size(), 1024U);
  }
}

TEST(PositionTokenTest, ReadsWhatEarlierClientsWroteWhoDidNotCount) {
  EXPECT_EQ(PositionToken::Decode("1;0123456789ab;4711;12;900;deadbeef"),
            (PositionToken{"0123456789ab", 4711, 12, 900, "deadbeef", -1}));
}

TEST(PositionTokenTest, RefusesWhatItDidNotWrite) {
  for (const char* text : {"", "week 3", "1;a;b;c;d;e", "2;0123456789ab;4711;12;900;deadbeef", "1;x;10;12;900;h",
                           "1;x;4711;0;900;h", "1;x;4711;12;0;h", "1;x;4711;12;900;h;more", "1;x;0;1;0;",
                           "2;x;4711;12;900;h;-1", "2;x;0;2;0;;1", "2;x;4711;12;900;h;1;more"}) {
    EXPECT_EQ(PositionToken::Decode(text), std::nullopt) << text;
  }
}

TEST(PositionTokenTest, TheIdentityChangesWithNameSignalAndFirstRow) {
  const std::string identity = FileIdentity("105_magn.csv", "magn", "105,1606752000,1");
  EXPECT_EQ(identity.size(), 12U);
  EXPECT_EQ(identity, FileIdentity("105_magn.csv", "magn", "105,1606752000,1"));
  EXPECT_NE(identity, FileIdentity("106_magn.csv", "magn", "105,1606752000,1"));
  EXPECT_NE(identity, FileIdentity("105_magn.csv", "sound", "105,1606752000,1"));
  EXPECT_NE(identity, FileIdentity("105_magn.csv", "magn", "105,1606752600,1"));
}

TEST(PositionTokenTest, RowHashesIgnoreTheLineEnd) {
  EXPECT_EQ(RowHash("105,1,2"), RowHash("105,1,2\r\n"));
  EXPECT_NE(RowHash("105,1,2"), RowHash("105,1,3"));
}

TEST(PositionTokenTest, SourceNamesFitIntoSixtyFourBytes) {
  EXPECT_EQ(SourceName("105_magn.csv", "0123456789ab"), "aeta-csv/105_magn.csv/0123456789ab");
  EXPECT_LE(SourceName(std::string(200, 'x'), "0123456789ab").size(), 64U);
  EXPECT_EQ(SourceName("a\u200b\n\u0085_magn.csv", "0123456789ab"), "aeta-csv/a____magn.csv/0123456789ab")
      << "what the service refuses in a name";
}

}  // namespace
}  // namespace tremorcast::cli
