// A server whose standard error nobody reads serves on, and ends when it is told to.

#include <sstream>
#include <string>

#include <absl/strings/match.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/e2e/server_process.h"
#include "tests/support/any_call.h"
#include "tests/support/scrape.h"
#include "tests/support/temp_cluster.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast {
namespace {

grpc::Status AskSchema(v1::NetworkService::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(1)));
  v1::GetFeatureSchemaResponse response;
  return stub.GetFeatureSchema(&context, {}, &response);
}

// A text that is no UTF-8, of which libprotobuf has something to say.
grpc::Status SendNoUtf8(const ServerProcess& server) {
  for (const auto* method : EveryMethod()) {
    if (method->name() == "GetStation") return CallWithBytes(server.NewChannel(), *method, "\x0a\x02\xff\xfe");
  }
  return grpc::Status::OK;
}

TEST(UnreadLogTest, TheServerServesOnCountsWhatItDropsAndEnds) {
  const auto conninfo = TempCluster::Shared().CreateDatabase();
  ASSERT_TRUE(conninfo.ok()) << conninfo.status();
  // A line a call.
  auto server = ServerProcess::Start(*conninfo, {"--log-level", "debug", "--log-format", "json"}, "127.0.0.1:0",
                                     ServerProcess::LogReader::kStops);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto stub = v1::NetworkService::NewStub((*server)->NewChannel());
  double dropped = 0;
  for (int calls = 0; dropped == 0 && calls < 50'000; ++calls) {
    const grpc::Status status = AskSchema(*stub);
    ASSERT_TRUE(status.ok()) << "call " << calls << ": " << status.error_message();
    if (calls % 1000 != 999) continue;
    const auto scrape = Scrape::Of((*server)->http());
    ASSERT_TRUE(scrape.ok()) << scrape.status();
    dropped = scrape->Value("tremorcast_log_lines_dropped_total");
  }
  EXPECT_GT(dropped, 0);
  EXPECT_FALSE(SendNoUtf8(**server).ok());
  EXPECT_TRUE(AskSchema(*stub).ok());
  (*server)->Terminate();
  const auto code = (*server)->AwaitExit(absl::Minutes(1));
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
}

TEST(UnreadLogTest, WhatTheLibrariesSayIsALineOfOurs) {
  const auto conninfo = TempCluster::Shared().CreateDatabase();
  ASSERT_TRUE(conninfo.ok()) << conninfo.status();
  auto server = ServerProcess::Start(*conninfo, {"--log-format", "json"});
  ASSERT_TRUE(server.ok()) << server.status();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(SendNoUtf8(**server).ok());
  (*server)->Terminate();
  const auto code = (*server)->AwaitExit(absl::Minutes(1));
  ASSERT_TRUE(code.ok()) << code.status();
  std::istringstream lines((*server)->log());
  int of_protobuf = 0, repeated = 0;
  for (std::string line; std::getline(lines, line);) {
    ASSERT_TRUE(nlohmann::json::accept(line)) << line;
    const auto parsed = nlohmann::json::parse(line);
    if (!absl::StrContains(parsed["message"].get<std::string>(), "libprotobuf: ")) continue;
    parsed.contains("repeated") ? ++repeated : ++of_protobuf;
  }
  EXPECT_GT(of_protobuf, 0);
  EXPECT_LT(of_protobuf, 100) << "they repeat";
  EXPECT_GT(repeated, 0);
}

}  // namespace
}  // namespace tremorcast
