#include "server/telemetry/http_server.h"

#include <exception>
#include <sstream>
#include <sys/socket.h>
#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>
#include <httplib.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace tremorcast {
namespace {

constexpr char kText[] = "text/plain; charset=utf-8";

std::string Scrape(const std::vector<std::shared_ptr<const prometheus::Collectable>>& collectables) {
  std::vector<prometheus::MetricFamily> all;
  for (const auto& collectable : collectables) {
    std::vector<prometheus::MetricFamily> families = collectable->Collect();
    all.insert(all.end(), std::make_move_iterator(families.begin()), std::make_move_iterator(families.end()));
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, all);
  return out.str();
}

std::string Body(const Readiness& readiness) {
  std::string body = readiness.state == Readiness::State::kReady      ? "ready\n"
                     : readiness.state == Readiness::State::kDegraded ? "degraded\n"
                                                                      : "not ready\n";
  for (const std::string& reason : readiness.reasons) absl::StrAppend(&body, reason, "\n");
  return body;
}

}  // namespace

struct HttpServer::State {
  Options options;
  std::vector<std::shared_ptr<const prometheus::Collectable>> collectables;
  std::function<Readiness()> readiness;
  httplib::Server server;
  std::thread thread;
  int port = 0;
};

HttpServer::HttpServer(Options options, std::vector<std::shared_ptr<const prometheus::Collectable>> collectables,
                       std::function<Readiness()> readiness)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.options = std::move(options);
  state.collectables = std::move(collectables);
  state.readiness = std::move(readiness);
  const int threads = state.options.threads;
  state.server.new_task_queue = [threads] { return new httplib::ThreadPool(static_cast<size_t>(threads)); };
  // httplib's default shares the port (SO_REUSEPORT): a second server would take half of the
  // scrapes without a word.
  state.server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  state.server.set_keep_alive_timeout(1);  // an idle scraper must not hold Stop
  state.server.set_read_timeout(5);
  state.server.set_write_timeout(5);
  state.server.set_payload_max_length(1 << 16);
  state.server.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
    response.status = 500;
    response.set_content("internal error\n", kText);
  });
  state.server.set_pre_routing_handler([&state](const httplib::Request& request, httplib::Response& response) {
    const bool health = request.path == "/healthz" || request.path == "/readyz";
    const std::string authorization = request.get_header_value("Authorization");
    if (health || !state.options.may_read || state.options.may_read(authorization)) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.status = 401;
    response.set_header("WWW-Authenticate", "Basic realm=\"tremorcast: any name, a reader's token as the password\"");
    response.set_content("a reader's token is needed: Authorization: Bearer TOKEN\n", kText);
    return httplib::Server::HandlerResponse::Handled;
  });
  state.server.Get("/metrics", [&state](const httplib::Request&, httplib::Response& response) {
    response.set_content(Scrape(state.collectables), "text/plain; version=0.0.4; charset=utf-8");
  });
  state.server.Get(
      "/healthz", [](const httplib::Request&, httplib::Response& response) { response.set_content("alive\n", kText); });
  state.server.Get("/readyz", [&state](const httplib::Request&, httplib::Response& response) {
    const Readiness now = state.readiness ? state.readiness() : Readiness();
    response.status = now.state == Readiness::State::kNotReady ? 503 : 200;
    response.set_content(Body(now), kText);
  });
}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::AddPage(const std::string& pattern, std::function<HttpPage(const HttpRequest&)> page) {
  state_->server.Get(pattern, [page = std::move(page)](const httplib::Request& request, httplib::Response& response) {
    HttpRequest own;
    own.path = request.path;
    for (const auto& [name, value] : request.params) own.parameters.emplace(name, value);
    const HttpPage answer = page(own);
    response.status = answer.code;
    response.set_content(answer.body, answer.content_type.c_str());
  });
}

absl::Status HttpServer::Start() {
  State& state = *state_;
  if (state.thread.joinable()) return absl::FailedPreconditionError("the HTTP server runs already");
  if (state.options.port == 0) {
    state.port = state.server.bind_to_any_port(state.options.host);
  } else {
    state.port = state.server.bind_to_port(state.options.host, state.options.port) ? state.options.port : -1;
  }
  if (state.port <= 0) {
    state.port = 0;
    return absl::UnavailableError(
        absl::StrCat("cannot listen for HTTP on ", state.options.host, ":", state.options.port));
  }
  state.thread = std::thread([&state] { state.server.listen_after_bind(); });
  // stop() before the loop has begun is lost in httplib, so Start returns only once it runs. This
  // takes microseconds.
  while (!state.server.is_running()) std::this_thread::yield();
  return absl::OkStatus();
}

void HttpServer::Stop() {
  State& state = *state_;
  if (!state.thread.joinable()) return;
  state.server.stop();
  state.thread.join();
}

int HttpServer::port() const { return state_->port; }

}  // namespace tremorcast
