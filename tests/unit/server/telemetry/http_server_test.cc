#include "server/telemetry/http_server.h"

#include <memory>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "server/telemetry/process_collector.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest()
      : registry_(std::make_shared<prometheus::Registry>()),
        server_(HttpServer::Options(), {registry_, std::make_shared<ProcessCollector>()},
                [this] { return readiness_; }) {}

  httplib::Result Get(const std::string& path) {
    return httplib::Client("127.0.0.1", server_.port()).Get(path.c_str());
  }

  std::shared_ptr<prometheus::Registry> registry_;
  Readiness readiness_;
  HttpServer server_;
};

TEST_F(HttpServerTest, ServesMetricsOfAllCollectables) {
  prometheus::BuildCounter().Name("a_total").Help("h").Register(*registry_).Add({}).Increment(7);
  ASSERT_TRUE(server_.Start().ok());
  ASSERT_GT(server_.port(), 0);
  const auto answer = Get("/metrics");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->get_header_value("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(answer->body, HasSubstr("a_total 7"));
  EXPECT_THAT(answer->body, HasSubstr("process_start_time_seconds"));
}

TEST_F(HttpServerTest, ShowsOnlyHealthToThoseWhoMayNotRead) {
  HttpServer::Options options;
  options.may_read = [](absl::string_view authorization) { return authorization == "a key"; };
  HttpServer gated(options, {registry_}, [this] { return readiness_; });
  gated.AddPage("/page", [](const HttpRequest&) { return HttpPage{200, "text/plain", "page"}; });
  ASSERT_TRUE(gated.Start().ok());
  httplib::Client client("127.0.0.1", gated.port());
  for (const char* path : {"/metrics", "/page", "/", "/nothing", "/healthz/", "/healthz/../metrics", "//metrics"})
    EXPECT_EQ(client.Get(path)->status, 401) << path;
  for (const char* path : {"/healthz", "/readyz"}) EXPECT_EQ(client.Get(path)->status, 200) << path;
  for (const char* path : {"/metrics", "/page"})
    EXPECT_EQ(client.Get(path, httplib::Headers{{"Authorization", "a key"}})->status, 200) << path;
}

TEST_F(HttpServerTest, TellsAliveReadyDegradedAndNotReadyApart) {
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_EQ(Get("/healthz")->status, 200);
  EXPECT_EQ(Get("/readyz")->body, "ready\n");
  readiness_ = {Readiness::State::kDegraded, {"model of area4 is stale"}};
  EXPECT_EQ(Get("/readyz")->status, 200);
  EXPECT_EQ(Get("/readyz")->body, "degraded\nmodel of area4 is stale\n");
  readiness_ = {Readiness::State::kNotReady, {"the database does not answer"}};
  EXPECT_EQ(Get("/readyz")->status, 503);
  EXPECT_THAT(Get("/readyz")->body, HasSubstr("the database does not answer"));
  EXPECT_EQ(Get("/healthz")->status, 200);
}

TEST_F(HttpServerTest, ServesAddedPagesAndSurvivesOneThatThrows) {
  server_.AddPage("/hello/([a-z]+)", [](const HttpRequest& request) {
    HttpPage page;
    page.body = request.path + " " + (request.parameters.count("x") ? request.parameters.find("x")->second : "");
    return page;
  });
  server_.AddPage("/broken", [](const HttpRequest&) -> HttpPage { throw std::runtime_error("page"); });
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_EQ(Get("/hello/you?x=1")->body, "/hello/you 1");
  EXPECT_EQ(Get("/broken")->status, 500);
  EXPECT_EQ(Get("/nothing")->status, 404);
}

TEST_F(HttpServerTest, ReportsATakenPort) {
  ASSERT_TRUE(server_.Start().ok());
  HttpServer::Options options;
  options.port = server_.port();
  HttpServer second(options, {registry_}, nullptr);
  EXPECT_EQ(second.Start().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpServerTest, StopsTwiceAndWithoutStart) {
  server_.Stop();
  ASSERT_TRUE(server_.Start().ok());
  server_.Stop();
  server_.Stop();
}

}  // namespace
}  // namespace tremorcast
