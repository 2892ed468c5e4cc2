// Health, reflection, metrics and readiness of a running server.

#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/http_get.h"

namespace tremorcast {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;

class HealthTest : public ServerTest {
 protected:
  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    HealthCheckRequest request;
    request.set_service(service);
    grpc::ClientContext context;
    SetDeadline(&context);
    return Health::NewStub(Channel())->Check(&context, request, response);
  }
  std::string Page(const std::string& path, int* code) {
    HttpResult result = HttpGet("127.0.0.1", server_->http_address().port, path);
    *code = result.code;
    return std::move(result.body);
  }
};

TEST_F(HealthTest, AnswersForTheServerAndEachService) {
  StartServer();
  HealthCheckResponse response;
  for (const char* service :
       {"", "tremorcast.v1.IngestService", "tremorcast.v1.ForecastService", "tremorcast.v1.ModelService",
        "tremorcast.v1.NetworkService", "tremorcast.v1.CatalogService", "tremorcast.v1.AdminService"}) {
    ASSERT_TRUE(Check(service, &response).ok()) << service;
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING) << service;
  }
  ASSERT_TRUE(Check("tremorcast.models", &response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING) << "there is no model yet";
  EXPECT_EQ(Check("tremorcast.v1.NoService", &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, WatchesEndWhenTheServerDrains) {
  StartServer();
  const auto stub = Health::NewStub(Channel());
  grpc::ClientContext context, unknown_context;
  SetDeadline(&context);
  SetDeadline(&unknown_context);
  const auto watch = stub->Watch(&context, HealthCheckRequest());
  HealthCheckRequest unknown;
  unknown.set_service("nobody");
  const auto unknown_watch = stub->Watch(&unknown_context, unknown);
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  ASSERT_TRUE(unknown_watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  std::thread drainer([this] { server_->Drain(); });
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_FALSE(unknown_watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(unknown_watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  drainer.join();
}

TEST_F(HealthTest, OpensNoDatabaseConnectionThatItCouldNotEndWaitingOn) {
  rlimit descriptors = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
  const int lowest = dup(STDERR_FILENO);
  close(lowest);
  // For the connection, and none for what wakes it.
  const rlimit one = {static_cast<rlim_t>(lowest) + 1, descriptors.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &one), 0);
  const auto connection = PgConnection::Open(conninfo_, "test", absl::Now() + absl::Minutes(1));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(connection.status().message(), HasSubstr("no descriptor is left"));
}

TEST_F(HealthTest, IsNotReadyAndThenDeadWhileItCannotCallItselfAndComesBack) {
  ServerOptions options = Options();
  options.readiness.period = absl::Milliseconds(10);
  options.readiness.dead_after = absl::Milliseconds(50);
  StartServer(options);
  EXPECT_EQ(server_->readiness().state, Readiness::State::kDegraded) << "ready, without a model";
  rlimit descriptors = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
  const rlimit none = {3, descriptors.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  while (server_->readiness().dead.empty()) std::this_thread::yield();
  const Readiness silent = server_->readiness();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
  EXPECT_EQ(silent.state, Readiness::State::kNotReady);
  EXPECT_THAT(silent.reasons.at(0), HasSubstr("gRPC: "));
  EXPECT_THAT(silent.dead, HasSubstr("gRPC has not answered"));
  while (server_->readiness().state == Readiness::State::kNotReady) std::this_thread::yield();
  int code = 0;
  EXPECT_EQ(Page("/healthz", &code), "alive\n");
  HealthCheckResponse response;
  EXPECT_TRUE(Check("", &response).ok());
}

TEST_F(HealthTest, ReflectionListsTheServices) {
  StartServer();
  grpc::GenericStub stub(Channel());
  grpc::ClientContext context;
  SetDeadline(&context);
  grpc::CompletionQueue queue;
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  auto call = stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(wait());
  // ServerReflectionRequest{list_services: ""}; its C++ classes are not installed with the library.
  const grpc::Slice slice(std::string("\x3a\x00", 2));
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  ASSERT_TRUE(wait());
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  ASSERT_TRUE(wait());
  grpc::Slice flat;
  ASSERT_TRUE(answer.DumpToSingleSlice(&flat).ok());
  const std::string text(reinterpret_cast<const char*>(flat.begin()), flat.size());
  for (const char* service : {"grpc.health.v1.Health", "tremorcast.v1.IngestService", "tremorcast.v1.ForecastService",
                              "tremorcast.v1.ModelService", "tremorcast.v1.NetworkService",
                              "tremorcast.v1.CatalogService", "tremorcast.v1.AdminService"}) {
    EXPECT_THAT(text, HasSubstr(service));
  }
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
}

TEST_F(HealthTest, CountsCallsByMethodAndCode) {
  StartServer();
  RegisterStation("s1");
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  EXPECT_FALSE(Send(MakeBatch("s1", "", kWeek, 1), &verdict).ok());
  int code = 0;
  const std::string metrics = Page("/metrics", &code);
  EXPECT_EQ(code, 200);
  const auto value = [&](const std::string& name, const std::string& labels) {
    for (size_t at = metrics.find(name + "{"); at != std::string::npos; at = metrics.find(name + "{", at + 1)) {
      const std::string line = metrics.substr(at, metrics.find('\n', at) - at);
      if (line.find(labels) != std::string::npos && line.find("IngestObservations") != std::string::npos) {
        return line.substr(line.rfind(' ') + 1);
      }
    }
    return std::string("absent");
  };
  EXPECT_EQ(value("grpc_server_started_total", "IngestService"), "2");
  EXPECT_EQ(value("grpc_server_handled_total", "grpc_code=\"OK\""), "1");
  EXPECT_EQ(value("grpc_server_handled_total", "grpc_code=\"InvalidArgument\""), "1") << metrics.substr(0, 2000);
  EXPECT_EQ(value("grpc_server_msg_received_total", "IngestService"), "2");
  EXPECT_THAT(metrics, HasSubstr("tremorcast_ingest_rows_total{verdict=\"accepted\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("process_start_time_seconds"));
  EXPECT_THAT(metrics, HasSubstr("tremorcast_build_info{"));
}

TEST_F(HealthTest, SaysDegradedWithoutAModelAndNotReadyOnceDrained) {
  StartServer();
  int code = 0;
  EXPECT_THAT(Page("/readyz", &code), HasSubstr("degraded"));
  EXPECT_EQ(code, 200);
  EXPECT_EQ(server_->readiness().state, Readiness::State::kDegraded);
  server_->Drain();
  EXPECT_EQ(server_->readiness().state, Readiness::State::kNotReady);
}

}  // namespace
}  // namespace tremorcast
