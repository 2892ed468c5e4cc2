#include "server/telemetry/http_server.h"

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "server/telemetry/access_log.h"
#include "server/telemetry/process_collector.h"
#include "server/telemetry/trace_context.h"
#include "tests/fakes/log_lines.h"
#include "tests/support/http_get.h"
#include "tests/support/own_network.h"

namespace tremorcast {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using tcp = boost::asio::ip::tcp;

// A connection that says only what it is told to.
class Stranger {
 public:
  explicit Stranger(int port) : socket_(io_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(port)});
  }
  // False: the connection is gone.
  bool Say(const std::string& bytes) {
    boost::system::error_code gone;
    boost::asio::write(socket_, boost::asio::buffer(bytes), gone);
    return !gone;
  }
  // What comes until the server closes the connection.
  std::string ToTheEnd() {
    std::string said;
    boost::system::error_code closed;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(said), closed);
    return said;
  }

 private:
  boost::asio::io_context io_;
  tcp::socket socket_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() : registry_(std::make_shared<prometheus::Registry>()) { Make({}); }
  void TearDown() override {
    if (!go_on_.HasBeenNotified()) go_on_.Notify();
  }

  void Make(HttpServer::Options options) {
    server_ = std::make_unique<HttpServer>(
        options,
        std::vector<std::shared_ptr<const prometheus::Collectable>>{registry_, std::make_shared<ProcessCollector>()},
        [this] { return readiness_; });
  }
  // Adds "/stuck", which is not made before go_on_, and starts.
  void StartWithAStuckPage(HttpServer::Options options) {
    Make(std::move(options));
    server_->AddPage("/stuck", [this](const HttpRequest&) {
      go_on_.WaitForNotification();
      return PlainAnswer(200, "at last");
    });
    ASSERT_TRUE(server_->Start().ok());
  }
  HttpResult Get(const std::string& path, const std::map<std::string, std::string>& headers = {},
                 const std::string& method = "GET") {
    return HttpGet("127.0.0.1", server_->port(), path, headers, method);
  }
  std::string Raw(const std::string& bytes) { return HttpRaw("127.0.0.1", server_->port(), bytes); }
  static std::function<HttpAnswer(const HttpRequest&)> Says(const std::string& text) {
    return [text](const HttpRequest&) { return PlainAnswer(200, text); };
  }

  std::shared_ptr<prometheus::Registry> registry_;
  Readiness readiness_;
  absl::Notification go_on_;
  std::unique_ptr<HttpServer> server_;  // last: its pages use the others until it is gone
};

TEST_F(HttpServerTest, ServesMetricsOfAllCollectables) {
  prometheus::BuildCounter().Name("a_total").Help("h").Register(*registry_).Add({}).Increment(7);
  ASSERT_TRUE(server_->Start().ok());
  ASSERT_GT(server_->port(), 0);
  const HttpResult answer = Get("/metrics");
  EXPECT_EQ(answer.code, 200);
  EXPECT_THAT(answer.headers.at("content-type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(answer.body, HasSubstr("a_total 7"));
  EXPECT_THAT(answer.body, HasSubstr("process_start_time_seconds"));
}

TEST_F(HttpServerTest, ShowsOnlyHealthToThoseWhoMayNotRead) {
  HttpServer::Options options;
  options.admit = [](const HttpRequest& request) {
    HttpAdmission admission;
    if (request.authorization != "a key") admission.code = 401;
    return admission;
  };
  Make(options);
  server_->AddPage("/page", Says("page"));
  ASSERT_TRUE(server_->Start().ok());
  for (const char* path : {"/metrics", "/page", "/", "/nothing", "/healthz/", "/healthz/../metrics", "//metrics"})
    EXPECT_EQ(Get(path).code, 401) << path;
  for (const char* path : {"/healthz", "/readyz"}) EXPECT_EQ(Get(path).code, 200) << path;
  for (const char* path : {"/metrics", "/page"}) EXPECT_EQ(Get(path, {{"Authorization", "a key"}}).code, 200) << path;
}

TEST_F(HttpServerTest, SaysWhenToComeBackToWhoAsksTooOften) {
  HttpServer::Options options;
  options.admit = [](const HttpRequest& request) {
    EXPECT_EQ(request.client, "127.0.0.1");
    return HttpAdmission{429, absl::Milliseconds(1200), {}};
  };
  Make(options);
  ASSERT_TRUE(server_->Start().ok());
  for (const char* path : {"/metrics", "/page"}) {
    const HttpResult answer = Get(path);
    EXPECT_EQ(answer.code, 429) << path;
    EXPECT_EQ(answer.headers.at("retry-after"), "2") << path;
  }
  EXPECT_EQ(Get("/healthz").code, 200);
}

TEST_F(HttpServerTest, ARequestIsASpanOfTheTraceThatItNames) {
  std::optional<TraceContext> seen;
  server_->AddPage("/page", [&seen](const HttpRequest&) {
    seen = TraceScope::Current();
    return PlainAnswer(200, "page");
  });
  ASSERT_TRUE(server_->Start().ok());
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00f067aa0ba902b7";
  const auto answered = [&](const std::map<std::string, std::string>& headers) {
    const auto answer = ParseTraceparent(Get("/page", headers).headers.at("traceresponse"));
    EXPECT_TRUE(answer.has_value());
    EXPECT_TRUE(seen.has_value() && answer.has_value() && seen->span_id == answer->span_id);
    return answer.value_or(TraceContext());
  };
  const TraceContext joined = answered({{"Traceparent", "00-" + trace + "-" + parent + "-01"}});
  EXPECT_EQ(joined.trace_id, trace);
  EXPECT_NE(joined.span_id, parent);
  EXPECT_TRUE(joined.sampled);
  EXPECT_NE(answered({{"Traceparent", "01-" + trace + "-" + parent + "-01"}}).trace_id, trace);
  EXPECT_NE(answered({}).trace_id, answered({}).trace_id);
  // Twice is no statement.
  const std::string twice = Raw("GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\ntraceparent: 00-" + trace + "-" +
                                parent + "-01\r\ntraceparent: 00-" + trace + "-" + parent + "-01\r\n\r\n");
  EXPECT_THAT(twice, HasSubstr("traceresponse: 00-"));
  EXPECT_THAT(twice, Not(HasSubstr(trace)));
}

TEST_F(HttpServerTest, LogsEachRequestAtItsEnd) {
  const LogLines lines;
  const std::unique_ptr<Log> log = lines.NewLog();
  const AccessLog access_log(*log, 1.0);
  HttpServer::Options options;
  options.access_log = &access_log;
  options.admit = [](const HttpRequest&) { return HttpAdmission{200, {}, {"desk", "reader"}}; };
  Make(options);
  server_->AddPage("/page", Says("12345"));
  ASSERT_TRUE(server_->Start().ok());
  Get("/page?token=secret", {{"Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}});
  Get("/none", {}, "HEAD");
  Raw("nonsense\r\n\r\n");
  Stranger(server_->port());  // says nothing: no request
  server_->Stop();
  ASSERT_EQ(lines.With("access ").size(), 3u);
  EXPECT_THAT(lines.With("access ")[0],
              AllOf(HasSubstr("protocol=http method=\"GET /page\" peer=127.0.0.1 principal=desk roles=reader code=200"),
                    HasSubstr("bytes_out=5"), HasSubstr("trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=")));
  EXPECT_THAT(lines.With("access ")[1],
              AllOf(HasSubstr("method=\"HEAD /none\""), HasSubstr("code=404"), HasSubstr("bytes_out=0")));
  EXPECT_THAT(lines.With("access ")[2], AllOf(HasSubstr("method=\"\""), HasSubstr("code=400")));
  EXPECT_THAT(lines.With("secret"), ::testing::IsEmpty());
}

TEST_F(HttpServerTest, TellsAliveReadyDegradedAndNotReadyApart) {
  ASSERT_TRUE(server_->Start().ok());
  EXPECT_EQ(Get("/healthz").code, 200);
  EXPECT_EQ(Get("/readyz").body, "ready\n");
  readiness_ = {Readiness::State::kDegraded, {"model of area4 is stale"}};
  EXPECT_EQ(Get("/readyz").code, 200);
  EXPECT_EQ(Get("/readyz").body, "degraded\nmodel of area4 is stale\n");
  readiness_ = {Readiness::State::kNotReady, {"the database does not answer"}};
  EXPECT_EQ(Get("/readyz").code, 503);
  EXPECT_THAT(Get("/readyz").body, HasSubstr("the database does not answer"));
  EXPECT_EQ(Get("/healthz").code, 200);
  readiness_.dead = "nobody takes calls";
  EXPECT_EQ(Get("/healthz").code, 503);
  EXPECT_EQ(Get("/healthz").body, "nobody takes calls\n");
}

TEST_F(HttpServerTest, ServesAddedPagesAndSurvivesOneThatThrows) {
  server_->AddPage("/hello/([a-z]+)", [](const HttpRequest& request) { return PlainAnswer(200, request.path); });
  server_->AddPage("/broken", [](const HttpRequest&) -> HttpAnswer { throw std::runtime_error("page"); });
  ASSERT_TRUE(server_->Start().ok());
  EXPECT_EQ(Get("/hello/you?x=1").body, "/hello/you");
  EXPECT_EQ(Get("/broken").code, 500);
  EXPECT_EQ(Get("/nothing").code, 404);
}

TEST_F(HttpServerTest, AnswersHeadWithoutTheBody) {
  server_->AddPage("/page", Says("twelve bytes"));
  ASSERT_TRUE(server_->Start().ok());
  const HttpResult head = Get("/page", {}, "HEAD");
  EXPECT_EQ(head.code, 200);
  EXPECT_EQ(head.headers.at("content-length"), "12");
  EXPECT_EQ(head.body, "");
  EXPECT_THAT(Raw("HEAD /page HTTP/1.1\r\nConnection: close\r\n\r\n"), Not(HasSubstr("twelve")));
}

TEST_F(HttpServerTest, LetsReadersKeepAPageWithATagAndNothingElse) {
  const auto page = std::make_shared<const HttpPage>(HttpPage{200, "text/plain", "long", "\"tag\""});
  server_->AddPage("/page", [page](const HttpRequest&) { return page; });
  ASSERT_TRUE(server_->Start().ok());
  const HttpResult first = Get("/page");
  EXPECT_EQ(first.headers.at("etag"), "\"tag\"");
  EXPECT_EQ(first.headers.at("cache-control"), "no-cache");
  const HttpResult again = Get("/page", {{"If-None-Match", "\"tag\""}});
  EXPECT_EQ(again.code, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(Get("/page", {{"If-None-Match", "\"other\""}}).body, "long");
  EXPECT_EQ(Get("/readyz").headers.at("cache-control"), "no-store");
  EXPECT_EQ(Get("/metrics").headers.at("cache-control"), "no-store");
}

TEST_F(HttpServerTest, SaysInHeadersWhatAPageMayDo) {
  ASSERT_TRUE(server_->Start().ok());
  const HttpResult page = Get("/healthz");
  EXPECT_THAT(page.headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(page.headers.at("x-frame-options"), "DENY");
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
}

TEST_F(HttpServerTest, AnswersTheWholeWhateverRangesAreAskedFor) {
  server_->AddPage("/page", Says("the whole"));
  ASSERT_TRUE(server_->Start().ok());
  std::string ranges = "bytes=0-0";
  for (int i = 0; i < 500; ++i) ranges += ",0-";
  const HttpResult answer = Get("/page", {{"Range", ranges}});
  EXPECT_EQ(answer.code, 200);
  EXPECT_EQ(answer.body, "the whole");
  EXPECT_EQ(answer.headers.at("accept-ranges"), "none");
}

TEST_F(HttpServerTest, TakesGetAndHeadWithoutABodyInEightKibibytes) {
  ASSERT_TRUE(server_->Start().ok());
  const std::string longer(9 << 10, 'x');
  EXPECT_THAT(Raw("GET /" + longer + " HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Raw("GET / HTTP/1.1\r\nX-Long: " + longer + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  // Without an end in sight.
  EXPECT_THAT(Raw("GET /" + longer + longer), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Raw("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Raw("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Raw("POST /healthz HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"),
              testing::AnyOf(StartsWith("HTTP/1.1 405 "), StartsWith("HTTP/1.1 413 ")));
  EXPECT_THAT(Raw("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Raw("GET /healthz HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
              Not(HasSubstr("alive")));
  EXPECT_EQ(Get("/healthz").code, 200);
}

// RFC 9112 3.2.2: a server takes the form that proxies are sent.
TEST_F(HttpServerTest, TakesATargetInAbsoluteForm) {
  server_->AddPage("/page", Says("the whole"));
  server_->AddPage("/", Says("the root"));
  ASSERT_TRUE(server_->Start().ok());
  const auto body = [&](const std::string& target) {
    return Raw("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  };
  EXPECT_THAT(body("http://a.example:8080/page?x=1"), HasSubstr("the whole"));
  EXPECT_THAT(body("HTTP://a.example/page"), HasSubstr("the whole"));
  EXPECT_THAT(body("http://a.example"), HasSubstr("the root"));
  EXPECT_THAT(body("http://a.example?/page"), HasSubstr("the root"));
  EXPECT_THAT(body("ftp://a.example/page"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, EndsARequestThatIsNotWholeByItsDeadline) {
  HttpServer::Options options;
  options.request_deadline = absl::Milliseconds(200);
  Make(options);
  ASSERT_TRUE(server_->Start().ok());
  Stranger slow(server_->port());
  std::thread talker([&slow] {  // a byte now and then does not move the deadline
    while (slow.Say("G")) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  EXPECT_EQ(slow.ToTheEnd(), "");
  talker.join();
}

TEST_F(HttpServerTest, ProbesAndMetricsDoNotWaitForPages) {
  HttpServer::Options options;
  options.page_threads = 2;
  options.pages_waiting = 3;
  StartWithAStuckPage(options);
  std::vector<std::unique_ptr<Stranger>> strangers;
  for (int i = 0; i < 5; ++i) {
    strangers.push_back(std::make_unique<Stranger>(server_->port()));
    strangers.back()->Say("GET /stuck HTTP/1.1\r\nConnection: close\r\n\r\n");
  }
  // The places in the queue are taken once a request beyond them is refused.
  while (Get("/nothing").code != 503) std::this_thread::yield();
  EXPECT_EQ(Get("/healthz").code, 200);
  EXPECT_EQ(Get("/readyz").code, 200);
  EXPECT_EQ(Get("/metrics").code, 200);
  go_on_.Notify();
  for (const auto& stranger : strangers) EXPECT_THAT(stranger->ToTheEnd(), HasSubstr("at last"));
}

TEST_F(HttpServerTest, APageThatIsNotMadeInTimeIsSaidToBeSo) {
  HttpServer::Options options;
  options.page_deadline = absl::Milliseconds(100);
  StartWithAStuckPage(options);
  EXPECT_EQ(Get("/stuck").code, 503);
  go_on_.Notify();
}

TEST_F(HttpServerTest, StrangersWhoHoldConnectionsKeepNoProbeOut) {
  HttpServer::Options options;
  options.max_connections = 20;
  options.max_connections_per_client = 10;
  Make(options);
  ASSERT_TRUE(server_->Start().ok());
  std::vector<std::unique_ptr<Stranger>> strangers;
  for (int i = 0; i < 40; ++i) strangers.push_back(std::make_unique<Stranger>(server_->port()));
  EXPECT_EQ(Get("/healthz").code, 200);
  EXPECT_EQ(Get("/readyz").code, 200);
  EXPECT_EQ(strangers.front()->ToTheEnd(), "") << "the oldest made room";
}

// The oldest of those makes room, whichever of its subscriber's addresses it came from.
TEST_F(HttpServerTest, TheAddressesOfASubscriberAreOneClient) {
  const std::string skipped = RunInOwnNetwork([this] {
    HttpServer::Options options;
    options.host = "::";
    options.max_connections_per_client = 1;
    Make(options);
    ASSERT_TRUE(server_->Start().ok());
    const auto call = [this](const char* from) {
      const int caller = ConnectFrom(from, "2001:db8:ffff::1", server_->port());
      EXPECT_GE(caller, 0);
      return caller;
    };
    const int first = call("2001:db8:1:2::1"), other = call("2001:db8:1:3::1"), second = call("2001:db8:1:2::2");
    char byte;
    EXPECT_LE(read(first, &byte, 1), 0) << "it made room";
    for (const int caller : {other, second}) {
      const std::string request = "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
      EXPECT_EQ(write(caller, request.data(), request.size()), static_cast<ssize_t>(request.size()));
      EXPECT_EQ(read(caller, &byte, 1), 1) << "it is answered";
    }
    server_->Stop();
    for (const int caller : {first, other, second}) close(caller);
  });
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

TEST_F(HttpServerTest, KeepsAConnectionForTheNextRequest) {
  ASSERT_TRUE(server_->Start().ok());
  const std::string both = Raw("GET /healthz HTTP/1.1\r\n\r\nGET /readyz HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(both, HasSubstr("alive"));
  EXPECT_THAT(both, HasSubstr("ready"));
}

TEST_F(HttpServerTest, ReportsATakenPort) {
  ASSERT_TRUE(server_->Start().ok());
  HttpServer::Options options;
  options.port = server_->port();
  HttpServer second(options, {registry_}, nullptr);
  EXPECT_EQ(second.Start().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpServerTest, StopsTwiceAndWithoutStart) {
  server_->Stop();
  ASSERT_TRUE(server_->Start().ok());
  Stranger idle(server_->port());
  server_->Stop();
  EXPECT_EQ(idle.ToTheEnd(), "");
  server_->Stop();
}

}  // namespace
}  // namespace tremorcast
