#include "server/telemetry/trace_context.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

// The example of the recommendation.
constexpr char kHeader[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, ReadsATraceparent) {
  const auto trace = ParseTraceparent(kHeader);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace->span_id, "00f067aa0ba902b7");
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(TraceHeader(*trace), kHeader);
  const std::string start(kHeader, 53);
  for (const char* flags : {"03", "ff", "0b", "a1"}) EXPECT_TRUE(ParseTraceparent(start + flags)->sampled) << flags;
  for (const char* flags : {"00", "fe", "0a", "10"}) EXPECT_FALSE(ParseTraceparent(start + flags)->sampled) << flags;
}

TEST(TraceContextTest, TakesNothingElse) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
  for (const std::string& header : {
           std::string(),
           "01-" + trace + "-" + span + "-01",
           "ff-" + trace + "-" + span + "-01",
           "00-" + std::string(32, '0') + "-" + span + "-01",
           "00-" + trace + "-" + std::string(16, '0') + "-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span + "-01",
           "00-" + trace + "-00F067AA0BA902B7-01",
           "00-" + trace + "-" + span + "-0A",
           "00-" + trace + "-" + span + "-0g",
           "00-" + trace + "-" + span + "-01-extra",
           "00-" + trace + "-" + span + "-1",
           "00_" + trace + "-" + span + "-01",
           "00-" + trace + "_" + span + "-01",
           "00-" + trace + "-" + span + "_01",
           " 00-" + trace + "-" + span + "-01",
           "00-" + trace.substr(1) + "g-" + span + "-01",
       }) {
    EXPECT_FALSE(ParseTraceparent(header).has_value()) << header;
    EXPECT_NE(ContinueTrace(header).trace_id, trace) << header;
  }
}

TEST(TraceContextTest, ACallIsANewSpan) {
  const TraceContext first = ContinueTrace(kHeader), second = ContinueTrace(kHeader);
  EXPECT_EQ(first.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_NE(first.span_id, "00f067aa0ba902b7");
  EXPECT_NE(first.span_id, second.span_id);
  EXPECT_TRUE(first.sampled);
  const TraceContext own = ContinueTrace("");
  EXPECT_NE(own.trace_id, ContinueTrace("").trace_id);
  EXPECT_FALSE(own.sampled) << "nobody records it";
  EXPECT_TRUE(ParseTraceparent(TraceHeader(own)).has_value());
}

TEST(TraceContextTest, AScopeIsThatOfItsThread) {
  EXPECT_FALSE(TraceScope::Current().has_value());
  const TraceScope outer(ParseTraceparent(kHeader));
  {
    const TraceScope inner(ContinueTrace(""));
    EXPECT_NE(TraceScope::Current()->span_id, "00f067aa0ba902b7");
    std::thread([] { EXPECT_FALSE(TraceScope::Current().has_value()); }).join();
  }
  EXPECT_EQ(TraceScope::Current()->span_id, "00f067aa0ba902b7");
}

}  // namespace
}  // namespace tremorcast
