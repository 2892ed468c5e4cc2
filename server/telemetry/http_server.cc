#include "server/telemetry/http_server.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <list>
#include <optional>
#include <regex>
#include <sstream>
#include <thread>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "server/telemetry/http_connection.h"

namespace tremorcast {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;

// How long no connection is accepted when the system has no descriptor to give.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(50);

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

HttpAnswer Alive(const Readiness& readiness) {
  return readiness.dead.empty() ? PlainAnswer(200, "alive\n") : PlainAnswer(503, absl::StrCat(readiness.dead, "\n"));
}

HttpAnswer Ready(const Readiness& readiness) {
  std::string body = readiness.state == Readiness::State::kReady      ? "ready\n"
                     : readiness.state == Readiness::State::kDegraded ? "degraded\n"
                                                                      : "not ready\n";
  for (const std::string& reason : readiness.reasons) absl::StrAppend(&body, reason, "\n");
  return PlainAnswer(readiness.state == Readiness::State::kNotReady ? 503 : 200, std::move(body));
}

// A page that throws is an answer too.
HttpAnswer Guarded(const std::function<HttpAnswer()>& make) {
  try {
    return make();
  } catch (const std::exception&) {
    return PlainAnswer(500, "internal error\n");
  }
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Options options, std::vector<std::shared_ptr<const prometheus::Collectable>> collectables,
       std::function<Readiness()> readiness)
      : options_(std::move(options)), collectables_(std::move(collectables)), readiness_(std::move(readiness)) {
    connection_options_.request_deadline = options_.request_deadline;
    connection_options_.page_deadline = options_.page_deadline;
    connection_options_.answer_deadline = options_.answer_deadline;
    connection_options_.access_log = options_.access_log;
    connection_options_.handle = [this](HttpRequest request, HttpConnection::Reply reply) {
      Handle(std::move(request), std::move(reply));
    };
    connection_options_.closed = [this](HttpConnection* connection) {
      connections_.remove_if([connection](const auto& ours) { return ours.get() == connection; });
    };
  }

  void AddPage(const std::string& pattern, std::function<HttpAnswer(const HttpRequest&)> page) {
    pages_.emplace_back(std::regex(pattern), std::move(page));
  }

  absl::Status Start() {
    if (thread_.joinable()) return absl::FailedPreconditionError("the HTTP server runs already");
    if (const Error error = Listen()) {
      Error ignored;
      acceptor_.close(ignored);
      return absl::UnavailableError(
          absl::StrCat("cannot listen for HTTP on ", options_.host, ":", options_.port, ": ", error.message()));
    }
    page_pool_.emplace(static_cast<size_t>(options_.page_threads));
    metrics_pool_.emplace(1);
    Accept();
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      Error ignored;
      acceptor_.close(ignored);
      accept_pause_.cancel();
      while (!connections_.empty()) {
        const auto connection = connections_.front();
        connection->Close();
      }
    });
    thread_.join();  // nothing is left to be done once all is closed
    for (auto* pool : {&page_pool_, &metrics_pool_}) {
      (*pool)->stop();
      (*pool)->join();
    }
  }

  int port() const { return port_; }

 private:
  Error Listen() {
    Error error;
    asio::ip::tcp::resolver resolver(io_);
    const auto found =
        resolver.resolve(options_.host, std::to_string(options_.port),
                         asio::ip::tcp::resolver::passive | asio::ip::tcp::resolver::numeric_service, error);
    if (error) return error;
    const asio::ip::tcp::endpoint endpoint = *found.begin();
    // Not SO_REUSEPORT: a second server would take half of the scrapes without a word.
    if (acceptor_.open(endpoint.protocol(), error) ||
        acceptor_.set_option(asio::socket_base::reuse_address(true), error) || acceptor_.bind(endpoint, error) ||
        acceptor_.listen(asio::socket_base::max_listen_connections, error)) {
      return error;
    }
    port_ = acceptor_.local_endpoint(error).port();
    return error;
  }

  void Run() {
    while (true) {
      try {
        io_.run();
        return;
      } catch (const std::exception&) {
        // One connection's trouble (no memory, for one) is not that of the others.
      }
    }
  }

  void Accept() {
    acceptor_.async_accept([this](const Error& error, asio::ip::tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {
        // No descriptor, most likely: let go of a connection, and look again a moment later.
        MakeRoom(nullptr);
        accept_pause_.expires_after(absl::ToChronoNanoseconds(kAcceptPause));
        accept_pause_.async_wait([this](const Error& cancelled) {
          if (!cancelled) Accept();
        });
        return;
      }
      Accept();  // first: what throws below must not be the end of accepting
      Admit(std::move(socket));
    });
  }

  void Admit(asio::ip::tcp::socket socket) {
    auto connection = std::make_shared<HttpConnection>(std::move(socket), connection_options_);
    const auto of_client = std::count_if(connections_.begin(), connections_.end(),
                                         [&](const auto& other) { return other->client() == connection->client(); });
    if (of_client >= options_.max_connections_per_client && !MakeRoom(connection.get())) return;
    if (connections_.size() >= static_cast<size_t>(options_.max_connections) && !MakeRoom(nullptr)) return;
    connections_.push_back(connection);
    connection->Start();
  }

  // Closes the oldest connection that is not being answered: of the same client, where one is given.
  bool MakeRoom(const HttpConnection* same_client) {
    const auto oldest = std::find_if(connections_.begin(), connections_.end(), [&](const auto& other) {
      return !other->busy() && (same_client == nullptr || other->client() == same_client->client());
    });
    if (oldest == connections_.end()) return false;
    const auto connection = *oldest;
    connection->Close();
    return true;
  }

  void Handle(HttpRequest request, HttpConnection::Reply reply) {
    if (request.path == "/healthz") return reply(Alive(Now()), {});
    if (request.path == "/readyz") return reply(Ready(Now()), {});
    if (request.path == "/metrics") return AddScrape(std::move(request), std::move(reply));
    if (pages_underway_ >= options_.page_threads + options_.pages_waiting) {
      return reply(PlainAnswer(503, "too many pages are asked for at once\n"), {});
    }
    ++pages_underway_;
    asio::post(*page_pool_, [this, request = std::move(request), reply = std::move(reply)] {
      const TraceScope scope(request.trace);
      CallerName caller;
      HttpAnswer answer = Guarded([&] { return Admitted(request, &caller, [&] { return Page(request); }); });
      --pages_underway_;
      reply(std::move(answer), std::move(caller));
    });
  }

  void AddScrape(HttpRequest request, HttpConnection::Reply reply) {
    {
      absl::MutexLock lock(&mutex_);
      scrapes_.emplace_back(std::move(request), std::move(reply));
      if (scrapes_.size() > 1) return;  // taken along by the collection that is about to begin
    }
    asio::post(*metrics_pool_, [this] {
      std::vector<std::pair<HttpRequest, HttpConnection::Reply>> scrapes;
      {
        absl::MutexLock lock(&mutex_);
        scrapes.swap(scrapes_);
      }
      HttpAnswer metrics;
      const auto collected = [&] {
        if (metrics == nullptr) {
          metrics = std::make_shared<const HttpPage>(
              HttpPage{200, "text/plain; version=0.0.4; charset=utf-8", Scrape(collectables_), "", {}});
        }
        return metrics;
      };
      for (const auto& [asked, answer] : scrapes) {
        const TraceScope scope(asked.trace);
        CallerName caller;
        HttpAnswer page = Guarded([&, &one = asked] { return Admitted(one, &caller, collected); });
        answer(std::move(page), std::move(caller));
      }
    });
  }

  Readiness Now() const { return readiness_ ? readiness_() : Readiness(); }
  // What `make` makes, or why it is not made; and who asked.
  HttpAnswer Admitted(const HttpRequest& request, CallerName* caller, const std::function<HttpAnswer()>& make) const {
    HttpAdmission admission;
    if (options_.admit) admission = options_.admit(request);
    *caller = std::move(admission.caller);
    if (admission.code == 401) {
      return PlainAnswer(401, "a reader's token is needed: Authorization: Bearer TOKEN\n");
    }
    if (admission.code == 429) {
      HttpPage page = *PlainAnswer(429, "one client asks for too much at once\n");
      page.retry_after = admission.retry_after;
      return std::make_shared<const HttpPage>(std::move(page));
    }
    return make();
  }
  HttpAnswer Page(const HttpRequest& request) const {
    for (const auto& [pattern, page] : pages_) {
      if (std::regex_match(request.path, pattern)) return page(request);
    }
    return PlainAnswer(404, "there is nothing here\n");
  }

  const Options options_;
  const std::vector<std::shared_ptr<const prometheus::Collectable>> collectables_;
  const std::function<Readiness()> readiness_;
  HttpConnection::Options connection_options_;
  std::vector<std::pair<std::regex, std::function<HttpAnswer(const HttpRequest&)>>> pages_;
  int port_ = 0;
  std::atomic<int> pages_underway_{0};

  // Scrapes and the tasks of the pools hold connections, so they are gone before io_.
  asio::io_context io_{1};
  absl::Mutex mutex_;
  std::vector<std::pair<HttpRequest, HttpConnection::Reply>> scrapes_ ABSL_GUARDED_BY(mutex_);

  // Of the thread of io_ alone.
  asio::ip::tcp::acceptor acceptor_{io_};
  asio::steady_timer accept_pause_{io_};
  std::list<std::shared_ptr<HttpConnection>> connections_;  // oldest first
  std::optional<asio::thread_pool> page_pool_;
  std::optional<asio::thread_pool> metrics_pool_;
  std::thread thread_;
};

HttpServer::HttpServer(Options options, std::vector<std::shared_ptr<const prometheus::Collectable>> collectables,
                       std::function<Readiness()> readiness)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(collectables), std::move(readiness))) {}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::AddPage(const std::string& pattern, std::function<HttpAnswer(const HttpRequest&)> page) {
  impl_->AddPage(pattern, std::move(page));
}

absl::Status HttpServer::Start() { return impl_->Start(); }
void HttpServer::Stop() { impl_->Stop(); }
int HttpServer::port() const { return impl_->port(); }

}  // namespace tremorcast
