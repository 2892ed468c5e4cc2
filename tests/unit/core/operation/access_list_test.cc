#include "core/operation/access_list.h"

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string Token(char fill) { return MakeToken(std::string(kTokenRandomBytes, fill)); }

std::string Line(const std::string& name, const std::string& roles, const std::string& stations,
                 const std::string& token) {
  return absl::StrCat(name, " ", roles, " ", stations, " token:", TokenId(token), ":", Sha256Hex(token), "\n");
}

std::string Fault(const std::string& text) {
  const auto list = AccessList::Parse(text);
  EXPECT_FALSE(list.ok()) << text;
  return std::string(list.status().message());
}

TEST(AccessListTest, FindsATokenByItsHashAndACertificateByItsName) {
  const auto list = AccessList::Parse(absl::StrCat("# comment\n\n", Line("relay", "writer", "s1,area4-*", Token('a')),
                                                   Line("ops", "admin", "-", Token('b')),
                                                   "desk\treader  -  cert:desk.example.org\n"));
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_NE(list->FindToken(Token('a')), nullptr);
  EXPECT_EQ(list->FindToken(Token('a'))->name, "relay");
  EXPECT_THAT(list->FindToken(Token('a'))->stations, ElementsAre("s1", "area4-*"));
  EXPECT_EQ(list->FindToken(Token('b'))->roles, kAdmin);
  EXPECT_EQ(list->FindCertificate("desk.example.org")->name, "desk");
  EXPECT_EQ(list->FindCertificate("example.org"), nullptr);
  EXPECT_EQ(list->FindCertificate(""), nullptr);
}

TEST(AccessListTest, ACredentialMayHaveAnEnd) {
  std::string line = Line("relay", "writer", "s1", Token('a'));
  line.pop_back();
  const auto list = AccessList::Parse(line + " until=2027-03-01T00:00:00Z\ndesk reader - cert:desk until=2027-03-01\n" +
                                      Line("ops", "admin", "-", Token('b')));
  ASSERT_TRUE(list.ok()) << list.status();
  const absl::Time march = absl::FromUnixSeconds(1803859200);
  EXPECT_EQ(list->FindToken(Token('a'))->until, march);
  EXPECT_EQ(list->FindCertificate("desk")->until, march - absl::Hours(8)) << "the day of the service";
  EXPECT_EQ(list->FindToken(Token('b'))->until, absl::InfiniteFuture());
  EXPECT_EQ(PrincipalLine(*list->FindToken(Token('a'))), line + " until=2027-03-01T00:00:00Z");
  for (const std::string& word : {std::string("until="), std::string("until=soon"), std::string("2027-03-01"),
                                  std::string("for=9d"), Token('c')}) {
    EXPECT_THAT(Fault(line + " " + word), HasSubstr("line 1: the fifth word is until=TIME")) << word;
    EXPECT_THAT(Fault(line + " " + word), Not(HasSubstr(Token('c'))));
  }
  EXPECT_THAT(Fault(line + " until=2027-03-01 more"), HasSubstr("needs four words"));
}

TEST(AccessListTest, KnowsNoTokenThatDiffersInASingleCharacter) {
  const std::string token = Token('a');
  const auto list = AccessList::Parse(Line("relay", "reader", "-", token));
  ASSERT_TRUE(list.ok()) << list.status();
  for (size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(list->FindToken(other), nullptr) << i;
  }
  for (const std::string& other : {std::string(), token.substr(1), token + "A", Sha256Hex(token), TokenId(token)})
    EXPECT_EQ(list->FindToken(other), nullptr) << other;
}

TEST(AccessListTest, AWriterOwnsItsStationsAndAnAdminAll) {
  Principal principal;
  principal.roles = kWriter;
  principal.stations = {"s1", "area4-*"};
  EXPECT_TRUE(principal.Owns(StationId("s1")));
  EXPECT_TRUE(principal.Owns(StationId("area4-17")));
  EXPECT_FALSE(principal.Owns(StationId("s10")));
  EXPECT_FALSE(principal.Owns(StationId("area41")));
  principal.roles = kReader;
  EXPECT_FALSE(principal.Owns(StationId("s1")));
  principal.roles = kAdmin;
  EXPECT_TRUE(principal.Owns(StationId("anything")));
  principal = {"relay", kWriter, {"*"}, "", "", "x"};
  EXPECT_TRUE(principal.Owns(StationId("anything")));
}

TEST(AccessListTest, NamesTheLineAtFaultAndNeverRepeatsACredential) {
  const std::string token = Token('a');
  const std::string good = Line("ops", "admin", "-", Token('b'));
  EXPECT_THAT(Fault(good + "relay writer s1 " + token), HasSubstr("line 2"));
  for (const std::string& line :
       {"relay writer s1 " + token, token + " writer s1 cert:a", "relay " + token + " - cert:a",
        "relay writer " + token + "! cert:a", "relay writer s1 token:" + token, token})
    EXPECT_THAT(Fault(line), Not(HasSubstr(token.substr(20)))) << line;
  EXPECT_THAT(Fault("relay writer - cert:a"), HasSubstr("a writer needs its stations"));
  EXPECT_THAT(Fault("desk reader s1 cert:a"), HasSubstr("only a writer has stations"));
  EXPECT_THAT(Fault("desk reader cert:a"), HasSubstr("four words"));
  EXPECT_THAT(Fault("desk root - cert:a"), HasSubstr("reader, writer and admin"));
  EXPECT_THAT(Fault("a reader - cert:x\nb admin - cert:x"), HasSubstr("same certificate name"));
  EXPECT_THAT(Fault(good + good), HasSubstr("same token id"));
  EXPECT_THAT(Fault(""), HasSubstr("names nobody"));
}

TEST(AccessListTest, ReadsWhatItWrites) {
  const std::string text = Line("relay", "reader,writer", "s1,area4-*", Token('a')) + "desk reader - cert:a.b\n";
  const auto list = AccessList::Parse(text);
  ASSERT_TRUE(list.ok()) << list.status();
  std::string written;
  for (const Principal& principal : list->principals()) absl::StrAppend(&written, PrincipalLine(principal), "\n");
  EXPECT_EQ(written, text);
}

TEST(AccessListTest, AnotherRandomStringIsAnotherToken) {
  EXPECT_NE(Token('a'), Token('b'));
  EXPECT_EQ(TokenId(Token('a')), "61616161");
  EXPECT_EQ(TokenId("tcast_61616161"), "");
}

}  // namespace
}  // namespace tremorcast
