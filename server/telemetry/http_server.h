#pragma once

// The plain HTTP side of the server: /metrics, /healthz, /readyz and the pages added to it.
//
//   /metrics  Prometheus text of the registry and the other collectables.
//   /healthz  200 while the process answers and has no reason to be started anew | 503 + that reason.
//   /readyz   200 "ready" | 200 "degraded" + reasons (it serves, but something is stale) | 503 "not ready" + reasons
//   (do not route here).
//
// Three kinds of threads, so that none waits for another: one moves bytes and answers the probes,
// one collects metrics, some make pages. Whoever asks for metrics while they are being collected
// shares the next collection with all others that wait. Pages wait in a bounded queue; beyond it, and
// after the page deadline, 503 is answered.
//
// When the places for connections are taken, of one client or of all, the oldest that is not being
// answered makes room for the newcomer: strangers who hold connections cannot keep a probe out.
//
// Thread safety: AddPage before Start only. Page functions run on the page threads and may block.
// Errors: Start returns Unavailable when the address cannot be bound. Stop waits for the page
// functions that run; it is idempotent and called by the destructor.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <prometheus/collectable.h>

#include "server/telemetry/http_message.h"

namespace tremorcast {

struct Readiness {
  enum class State { kReady, kDegraded, kNotReady };
  State state = State::kReady;
  std::vector<std::string> reasons;
  std::string dead{};  // not empty: why only a new start of the process helps
};

class HttpServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    int port = 0;  // 0: any free one, see port()
    int page_threads = 4;
    int pages_waiting = 32;  // for a page thread
    int max_connections = 256;
    int max_connections_per_client = 64;  // of one address; of an IPv6 one with its /64
    // Of a whole request, of making its page, of the client's reading of the answer.
    absl::Duration request_deadline = absl::Seconds(10);
    absl::Duration page_deadline = absl::Seconds(15);
    absl::Duration answer_deadline = absl::Seconds(30);
    // May the sender of this request read /metrics or the page? Health is for everybody. Empty: all of
    // it is. Called on the server's threads.
    std::function<HttpAdmission(const HttpRequest&)> admit;
    const AccessLog* access_log = nullptr;  // null: none; else it must outlive the server
  };
  // `collectables` are scraped in order and must outlive the server (held weakly would hide a
  // dangling one). `readiness` must not block.
  HttpServer(Options options, std::vector<std::shared_ptr<const prometheus::Collectable>> collectables,
             std::function<Readiness()> readiness);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // GET `pattern`: a path, or a regular expression that matches the whole path.
  void AddPage(const std::string& pattern, std::function<HttpAnswer(const HttpRequest&)> page);
  absl::Status Start();
  void Stop();
  int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tremorcast
