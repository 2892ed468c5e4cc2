#include "server/telemetry/log.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LogTest, DropsWhatIsBelowItsLevel) {
  std::vector<std::string> lines;
  const Log log(LogLevel::kWarning, [&lines](LogLevel, const std::string& line) { lines.push_back(line); });
  log.Info("quiet");
  log.Warning("loud");
  log.Error("louder");
  EXPECT_THAT(lines, ElementsAre("loud", "louder"));
}

TEST(LogTest, AnOutsideNameCannotForgeALineOrBreakJson) {
  testing::internal::CaptureStderr();
  { Log("server", LogLevel::kInfo, LogFormat::kText).Info("station a\nI forged {}"); }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr("station a I forged {}"));

  testing::internal::CaptureStderr();
  { Log("server", LogLevel::kInfo, LogFormat::kJson).Info("a \"quoted\"\nname"); }
  const std::string json = testing::internal::GetCapturedStderr();
  EXPECT_THAT(json, HasSubstr(R"("message":"a \"quoted\"\nname"})"));
}

}  // namespace
}  // namespace tremorcast
