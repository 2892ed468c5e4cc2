// How many calls, batches and requests one client may make.

#include <arpa/inet.h>
#include <cstdlib>
#include <ifaddrs.h>
#include <net/if.h>

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>

#include "cli/calls/client.h"
#include "server/rpc/access/auth_methods.h"
#include "tests/fakes/log_lines.h"
#include "tests/integration/security/security_fixture.h"
#include "tests/support/http_get.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;

constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// An address of this machine's that is not loopback; "" where it has none.
std::string OutsideAddress() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return "";
  const absl::Cleanup free = [all] { freeifaddrs(all); };
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_LOOPBACK) != 0)
      continue;
    char text[INET_ADDRSTRLEN];
    return inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof(text));
  }
  return "";
}

class RateTest : public SecurityTest {
 protected:
  // So many calls at once, and the next one in a quarter of an hour.
  ServerOptions Limited(double at_once) const {
    ServerOptions options = AskingOptions();
    options.grpc.access.calls_at_once = at_once;
    options.grpc.access.calls_per_second = .001;
    return options;
  }
};

TEST_F(RateTest, EveryMethodButHealthIsRefusedToWhoCallsTooOftenAndSaysWhenToComeBack) {
  const std::string ops = Admit("ops", kAdmin), other = Admit("other", kAdmin);
  StartServer(Limited(1));
  const auto channel = PlainChannel();
  EXPECT_EQ(CallEmpty(channel, kListRegions, ops).error_code(), grpc::StatusCode::OK);
  for (const rpc::MethodAccess& method : rpc::MethodTable()) {
    const std::string path(method.path);
    if (path == kReflection) continue;  // gRPC's own
    const grpc::Status status = CallEmpty(channel, path, ops);
    EXPECT_EQ(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED, !method.open)
        << path << ": " << status.error_message();
    if (method.open) continue;
    EXPECT_EQ(ReasonOf(DetailsOf(status)), "TOO_MANY_CALLS") << path;
    EXPECT_GT(RetryDelayOf(DetailsOf(status)), absl::Minutes(10)) << path;
  }
  EXPECT_EQ(CallEmpty(channel, kListRegions, other).error_code(), grpc::StatusCode::OK) << "its neighbour";
}

TEST_F(RateTest, ZeroIsNoLimit) {
  const std::string ops = Admit("ops", kAdmin);
  ServerOptions options = Limited(1);
  options.grpc.access.calls_per_second = 0;
  StartServer(options);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, ops).error_code(), grpc::StatusCode::OK);
}

TEST_F(RateTest, ABatchOfAStreamIsACallAndWaitsForItsTurn) {
  const std::string ops = Admit("ops", kAdmin);
  ServerOptions options = AskingOptions();
  options.grpc.access.calls_at_once = 2;  // the stream and its first batch
  options.grpc.access.calls_per_second = 4;
  const LogLines lines;
  log_ = lines.NewLog();
  StartServer(options);
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("authorization", "Bearer " + ops);
  const auto stub = v1::IngestService::NewStub(PlainChannel());
  const auto stream = stub->StreamObservations(&context);
  for (int i = 0; i < 4; ++i) {
    v1::StreamObservationsRequest request;
    *request.mutable_batch() = MakeBatch("nobody", absl::StrCat("b", i), kWeek, 1);
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  v1::StreamObservationsResponse response;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.verdict().batch_id(), absl::StrCat("b", i)) << "none is lost";
  }
  EXPECT_TRUE(stream->Finish().ok());
  StopServer();
  EXPECT_THAT(lines.With("refused: a call from 127.0.0.1: ops makes more calls than 4 a second"),
              testing::Not(testing::IsEmpty()))
      << "it was held up";
}

TEST_F(RateTest, AnHttpRequestIsACallToo) {
  const std::string desk = Admit("desk", kReader);
  StartServer(Limited(2));
  const auto get = [&](const std::string& path, const std::string& token) {
    return HttpGet("127.0.0.1", server_->http_address().port, path, {{"Authorization", "Bearer " + token}});
  };
  EXPECT_EQ(get("/metrics", desk).code, 200);
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, desk).error_code(), grpc::StatusCode::OK);
  for (const char* path : {"/metrics", "/"}) {
    const HttpResult late = get(path, desk);
    EXPECT_EQ(late.code, 429) << path;
    EXPECT_EQ(late.headers.at("retry-after").size(), 4u) << "a thousand seconds: " << late.headers.at("retry-after");
  }
  EXPECT_EQ(get("/readyz", desk).code, 200);
  const std::string other = Admit("other", kReader);
  EXPECT_THAT(get("/metrics", other).body, HasSubstr("tremorcast_access_refused_total{reason=\"rate\"} 2"));
}

TEST_F(RateTest, AStrangersCallsAreThoseOfItsAddress) {
  const std::string outside = OutsideAddress();
  if (outside.empty()) GTEST_SKIP() << "this machine has no address but loopback";
  ServerOptions options = Limited(2);
  options.grpc.access.access_file.clear();
  options.grpc.insecure = true;
  options.grpc.listen.host = "0.0.0.0";
  StartServer(options);
  const auto call = [&](const std::string& host) {
    const auto channel =
        grpc::CreateChannel(absl::StrCat(host, ":", server_->grpc_address().port), grpc::InsecureChannelCredentials());
    return CallEmpty(channel, kListRegions, "").error_code();
  };
  EXPECT_EQ(call(outside), grpc::StatusCode::OK);
  EXPECT_EQ(call(outside), grpc::StatusCode::OK);
  EXPECT_EQ(call(outside), grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(call("127.0.0.1"), grpc::StatusCode::OK) << "this machine's own";
}

TEST_F(RateTest, TheBulletinsOwnCallsAreNotCounted) {
  ServerOptions options = Limited(1);
  options.grpc.access.access_file.clear();
  StartServer(options);
  EXPECT_EQ(HttpGet("127.0.0.1", server_->http_address().port, "/").code, 200);
}

TEST_F(RateTest, OurClientComesBackWhenItIsTold) {
  const std::string ops = Admit("ops", kAdmin);
  ServerOptions options = AskingOptions();
  options.grpc.access.calls_at_once = 1;
  options.grpc.access.calls_per_second = 4;
  StartServer(options);
  Replace(certificates_.folder() + "/token", ops + "\n");
  cli::ConnectionOptions connection;
  connection.server = server_->grpc_address().ToString();
  connection.token_file = certificates_.folder() + "/token";
  const auto client = cli::Client::Open(connection);
  ASSERT_TRUE(client.ok()) << client.status();
  const auto stub = v1::NetworkService::NewStub((*client)->channel());
  double refused = 0;
  // On a slow machine a token may be back before the next call.
  for (const absl::Time give_up = absl::Now() + absl::Minutes(1); refused == 0 && absl::Now() < give_up;) {
    for (int i = 0; i < 3; ++i) {
      v1::ListRegionsResponse response;
      const grpc::Status status =
          (*client)->Call(stub.get(), &v1::NetworkService::Stub::ListRegions, v1::ListRegionsRequest(), &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
    const std::string other = Admit("other", kReader);
    const auto scrape =
        HttpGet("127.0.0.1", server_->http_address().port, "/metrics", {{"Authorization", "Bearer " + other}});
    const size_t at = scrape.body.find("tremorcast_access_refused_total{reason=\"rate\"} ");
    ASSERT_NE(at, std::string::npos) << scrape.body;
    refused = std::atof(scrape.body.c_str() + scrape.body.find("} ", at) + 2);
    Expel("other");
  }
  EXPECT_GT(refused, 0) << "it was never told to wait";
}

}  // namespace
}  // namespace tremorcast
