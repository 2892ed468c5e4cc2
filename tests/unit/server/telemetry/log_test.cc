#include "server/telemetry/log.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

TEST(LogTest, ALineOfACallHasTheIdsOfItsTrace) {
  testing::internal::CaptureStderr();
  {
    const Log log("server", LogLevel::kInfo, LogFormat::kJson);
    const TraceScope scope(TraceContext{"0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true});
    log.Info("of a call", {{"event", "x"}});
    {
      const TraceScope nobodys(std::nullopt);
      log.Info("of none");
    }
  }
  std::istringstream lines(testing::internal::GetCapturedStderr());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(nlohmann::json::parse(line)["trace_id"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(nlohmann::json::parse(line)["span_id"], "b7ad6b7169203331");
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_FALSE(nlohmann::json::parse(line).contains("trace_id")) << line;
}

TEST(LogTest, EveryJsonLineIsAnObjectWithTimeLevelMessageAndItsFields) {
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte += static_cast<char>(c);
  const std::string cut = "\xe5\x9c";  // the start of a character of three bytes
  testing::internal::CaptureStderr();
  {
    const Log log("server", LogLevel::kInfo, LogFormat::kJson);
    log.Info("plain", {{"event", "seal"}, {"station_weeks", "3"}});
    log.Warning(every_byte, {{"batch_id", every_byte}});
    log.Error(cut, {{"station", cut}});
    log.Info("{} %v %s", {{"source", "{} %v %s"}});
    log.Info("");
  }
  std::istringstream lines(testing::internal::GetCapturedStderr());
  std::vector<nlohmann::json> parsed;
  for (std::string line; std::getline(lines, line);) {
    parsed.push_back(nlohmann::json::parse(line));  // throws on what is no JSON
    for (const char* member : {"time", "level", "logger", "thread", "message"}) {
      EXPECT_TRUE(parsed.back().contains(member)) << member << " in " << line;
    }
  }
  ASSERT_EQ(parsed.size(), 5u);
  EXPECT_EQ(parsed[0]["event"], "seal");
  EXPECT_EQ(parsed[0]["station_weeks"], "3");
  EXPECT_EQ(parsed[0]["level"], "info");
  EXPECT_THAT(parsed[0]["time"].get<std::string>(), testing::MatchesRegex("....-..-..T..:..:......Z"));
  EXPECT_EQ(parsed[1]["message"], parsed[1]["batch_id"]);
  EXPECT_EQ(parsed[2]["station"], "\xef\xbf\xbd");  // the character that stands for what is none
  EXPECT_EQ(parsed[3]["source"], "{} %v %s");
}

TEST(LogTest, TextLinesEndWithTheFields) {
  std::vector<std::string> lines;
  const Log log(LogLevel::kInfo, [&lines](LogLevel, const std::string& line) { lines.push_back(line); });
  log.Info("sealed", {{"event", "seal"}, {"note", "two words"}, {"none", ""}});
  log.Info("a", {{"station", "x\nforged\" event=drain"}});
  EXPECT_THAT(lines,
              ElementsAre("sealed event=seal note=\"two words\" none=\"\"", "a station=\"x forged' event=drain\""));
  log.Info("\xc2\x9b[2J \u202e", {{"station", "\x7f"}});
  EXPECT_EQ(lines.back(), "\\u009b[2J \\u202e station=\\u007f");
  EXPECT_TRUE(log.Enabled(LogLevel::kInfo));
  EXPECT_FALSE(log.Enabled(LogLevel::kDebug));
}

TEST(LogTest, NobodyWaitsForAReaderWhoDoesNotRead) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  constexpr int kLines = 20000;
  int64_t dropped = 0;
  {
    const Log log("server", LogLevel::kInfo, LogFormat::kJson, ends[1]);
    for (int i = 0; i < kLines; ++i) log.Info("a line", {{"number", std::to_string(i)}});
    dropped = log.dropped();
    EXPECT_GT(dropped, 0);
  }  // ends although nobody reads
  ::close(ends[1]);
  std::string text;
  char piece[4096];
  for (ssize_t got; (got = ::read(ends[0], piece, sizeof(piece))) > 0;) text.append(piece, static_cast<size_t>(got));
  ::close(ends[0]);
  std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
  int64_t written = 0;
  for (std::string line; std::getline(lines, line); ++written) {
    EXPECT_EQ(nlohmann::json::parse(line)["message"], "a line");
  }
  EXPECT_GT(written, 0);
  EXPECT_LE(written, kLines - dropped);
}

TEST(LogTest, EveryLineArrivesWhereSomebodyReads) {
  constexpr int kLines = 1000;
  testing::internal::CaptureStderr();
  {
    const Log log("server", LogLevel::kInfo, LogFormat::kText);
    for (int i = 0; i < kLines; ++i) log.Info("a line");
    EXPECT_EQ(log.dropped(), 0);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kLines);
}

TEST(LogTest, WarningsThatRepeatBecomeOneLineAndChangesOfStateNever) {
  std::vector<std::string> lines;
  {
    const Log log(LogLevel::kInfo, [&lines](LogLevel, const std::string& line) { lines.push_back(line); });
    for (int i = 0; i < 100; ++i) {
      log.Warning("peer " + std::to_string(i) + " failed");
      log.Warning("not ready", {{"event", "readiness"}});
    }
  }
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "not ready event=readiness"), 100);
  EXPECT_EQ(lines.back(), "90 more like this: peer 99 failed repeated=90");
  EXPECT_EQ(lines.size(), 111U);
}

TEST(LogTest, ALineIsBounded) {
  std::vector<std::string> lines;
  const Log log(LogLevel::kInfo, [&lines](LogLevel, const std::string& line) { lines.push_back(line); });
  const std::string huge(1 << 20, 'x');
  log.Info(huge, {{"source", huge}});
  EXPECT_LT(lines.at(0).size(), 8192U);
}

}  // namespace
}  // namespace tremorcast
