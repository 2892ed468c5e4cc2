#include "server/rpc/listen_address.h"

#include <absl/strings/match.h>
#include <gtest/gtest.h>

#include "server/rpc/grpc_server.h"

namespace tremorcast::rpc {
namespace {

ListenAddress Parsed(const std::string& text) {
  const auto address = ParseListenAddress("--listen", text);
  EXPECT_TRUE(address.ok()) << address.status();
  return address.value_or(ListenAddress{});
}

TEST(ListenAddressTest, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:50051", "[::1]:0", "localhost:1", "0.0.0.0:65535", "[::]:8080"}) {
    EXPECT_EQ(Parsed(text).ToString(), text);
  }
}

TEST(ListenAddressTest, RefusesMalformedAddresses) {
  for (const char* text :
       {"", "50051", ":50051", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "::1:50051"}) {
    EXPECT_FALSE(ParseListenAddress("--listen", text).ok()) << text;
  }
}

TEST(ListenAddressTest, KnowsWhatOtherMachinesCanReach) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"})
    EXPECT_TRUE(Parsed(text).loopback()) << text;
  for (const char* text :
       {"0.0.0.0:1", "[::]:1", "192.168.1.5:1", "10.0.0.1:1", "example.org:1", "localhost.example.org:1"}) {
    EXPECT_FALSE(Parsed(text).loopback()) << text;
  }
}

TEST(GrpcServerOptionsTest, RefusesPlainTextBeyondLoopbackUnlessToldSo) {
  GrpcServer::Options options;
  options.listen = Parsed("0.0.0.0:0");
  EXPECT_EQ(options.Validate().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(options.Validate().message(), "--insecure to speak plain text")) << options.Validate();
  options.insecure = true;
  EXPECT_TRUE(options.Validate().ok());
  options.insecure = false;
  options.tls.certificate = "cert.pem";
  EXPECT_FALSE(options.Validate().ok()) << "a certificate without its key";
  options.access.access_file = "access";
  options.tls.key = "key.pem";
  EXPECT_TRUE(options.Validate().ok());
}

TEST(GrpcServerOptionsTest, RefusesToServeOtherMachinesWithoutAskingWhoTheyAreUnlessToldSo) {
  GrpcServer::Options options;
  options.listen = Parsed("0.0.0.0:0");
  options.tls = {"cert.pem", "key.pem", ""};
  EXPECT_FALSE(options.Validate().ok());
  options.tls.client_ca = "ca.pem";
  EXPECT_TRUE(options.Validate().ok());
  options.tls.client_ca.clear();
  options.access.access_file = "access";
  EXPECT_TRUE(options.Validate().ok());
  options.access.access_file.clear();
  options.insecure = true;
  EXPECT_TRUE(options.Validate().ok());
}

TEST(GrpcServerOptionsTest, NeverTakesTokensInPlainTextFromOtherMachines) {
  GrpcServer::Options options;
  options.access.access_file = "access";
  EXPECT_TRUE(options.Validate().ok()) << "loopback";
  options.listen = Parsed("0.0.0.0:0");
  options.insecure = true;
  EXPECT_FALSE(options.Validate().ok());
}

TEST(GrpcServerOptionsTest, RefusesConnectionsThatServeNobody) {
  GrpcServer::Options options;
  options.max_connection_age = absl::ZeroDuration();
  EXPECT_TRUE(absl::StrContains(options.Validate().message(), "--max-connection-age")) << options.Validate();
  options.max_connection_age = absl::Seconds(1);
  EXPECT_TRUE(options.Validate().ok()) << options.Validate();
}

TEST(GrpcServerOptionsTest, RefusesStreamsThatOutliveTheGraceOfTheirConnection) {
  GrpcServer::Options options;
  options.max_stream_age = options.max_connection_grace;
  EXPECT_FALSE(options.Validate().ok());
}

}  // namespace
}  // namespace tremorcast::rpc
