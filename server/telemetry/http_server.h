#pragma once

// The plain HTTP side of the server: /metrics, /healthz, /readyz and the pages added to it.
//
//   /metrics  Prometheus text of the registry and the other collectables.
//   /healthz  200 while the process answers at all.
//   /readyz   200 "ready" | 200 "degraded" + reasons (it serves, but something is stale) | 503 "not ready" + reasons
//   (do not route here).
//
// Thread safety: AddPage before Start only. Handlers run on the server's own threads, so they may
// block, briefly. Errors: Start returns Unavailable when the address cannot be bound. Stop is
// prompt, idempotent and called by the destructor.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <prometheus/collectable.h>

namespace tremorcast {

struct Readiness {
  enum class State { kReady, kDegraded, kNotReady };
  State state = State::kReady;
  std::vector<std::string> reasons;
};

struct HttpRequest {
  std::string path;
  std::multimap<std::string, std::string> parameters;
};
struct HttpPage {
  int code = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::string body;
};

class HttpServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    int port = 0;  // 0: any free one, see port()
    int threads = 4;
    // Given the request's Authorization header ("" when it has none), may its sender read /metrics
    // and the pages? Health is for everybody. Empty: all of it is. Called on the server's threads.
    std::function<bool(absl::string_view authorization)> may_read;
  };
  // `collectables` are scraped in order and must outlive the server (held weakly would hide a
  // dangling one).
  HttpServer(Options options, std::vector<std::shared_ptr<const prometheus::Collectable>> collectables,
             std::function<Readiness()> readiness);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // GET `pattern`: a path, or a regular expression that matches the whole path.
  void AddPage(const std::string& pattern, std::function<HttpPage(const HttpRequest&)> page);
  absl::Status Start();
  void Stop();
  int port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tremorcast
