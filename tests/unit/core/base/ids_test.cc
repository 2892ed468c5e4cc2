#include "core/base/ids.h"

#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(IdTest, OrdersBytewise) {
  EXPECT_LT(StationId("10"), StationId("9"));
  EXPECT_LT(StationId("a"), StationId("\xc3\xa9"));
  EXPECT_EQ(StationId("119"), StationId("119"));
}

TEST(ValidateIdTest, TellsWhichRuleFailed) {
  const struct {
    std::string value;
    std::string message;  // empty: valid
  } cases[] = {
      {"119", ""},
      {"_network", ""},
      {"area-7.b_2", ""},
      {std::string(63, 'x'), ""},
      {"", "station id is empty"},
      {std::string(64, 'x'), "station id has 64 characters, at most 63 are allowed"},
      {"a b", "station id may hold only letters, digits, '.', '_' and '-'"},
      {"caf\xc3\xa9", "station id may hold only letters, digits, '.', '_' and '-'"},
      {"-rf", "station id '-rf' must start with a letter, a digit or '_'"},
      {"..", "station id '..' must start with a letter, a digit or '_'"},
  };
  for (const auto& c : cases) {
    const absl::Status status = ValidateId("station id", c.value);
    EXPECT_EQ(status.ok(), c.message.empty()) << c.value;
    EXPECT_EQ(std::string(status.message()), c.message);
  }
}

TEST(LastPartTest, IsWhatFollowsTheLastSlash) {
  EXPECT_EQ(LastPart("stations/105"), "105");
  EXPECT_EQ(LastPart("105"), "105");
}

}  // namespace
}  // namespace tremorcast
