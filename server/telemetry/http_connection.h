#pragma once

// One connection of the HTTP port: reads a request within its limits, has it answered, writes the
// answer, and begins again.
//
// Bounds: 8 KiB for request line and headers together, no bodies, a deadline for each of the three
// steps as a whole (so that a byte now and then gains nothing), a number of requests. A Range header
// is not looked at: the whole is answered. What is wrong with a request is answered once and the
// connection closed.
//
// Thread safety: all of it belongs to the thread that runs the socket's executor; only Reply may be
// called from any. Owned by whoever holds a shared pointer, and by its own pending operations.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>

#include "server/telemetry/access_log.h"
#include "server/telemetry/http_message.h"
#include "server/telemetry/trace_context.h"

namespace tremorcast {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  // At most once for a request; what comes after the page deadline is dropped.
  using Reply = std::function<void(HttpAnswer, CallerName)>;
  struct Options {
    absl::Duration request_deadline;  // from the connection or the last answer to the whole request
    absl::Duration page_deadline;     // from there to the answer; then 503
    absl::Duration answer_deadline;   // from there until the client has read it
    std::function<void(HttpRequest, Reply)> handle;
    std::function<void(HttpConnection*)> closed;  // once
    const AccessLog* access_log = nullptr;        // null: none
  };

  // `options` must outlive it.
  HttpConnection(boost::asio::ip::tcp::socket socket, const Options& options);

  void Start() { Read(); }
  // Being answered: closing it now would throw away work that was done for it.
  bool busy() const { return busy_; }
  // Whom it belongs to, for limits (SubscriberOfHost).
  const std::string& client() const { return client_; }
  void Close();

 private:
  using Error = boost::system::error_code;

  void Read();
  void OnRead(const Error& error);
  void Handle();
  void Answer(uint64_t request, const HttpAnswer& answer, CallerName caller);
  void Write(const HttpAnswer& answer);
  void OnWritten(const Error& error);
  void ReadOutAndClose();
  // A request is here, and is a span of the trace that its header names.
  void Begin(std::string method, absl::string_view traceparent);
  // It is over, with this code.
  void LogAccess(int code);

  const Options& options_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer page_timer_;
  const std::string host_, client_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  HttpAnswer answer_;  // while it is written
  // Of the request that is being answered, from its header or its fault on.
  bool asked_ = false;
  TraceContext trace_;
  absl::Time asked_at_;
  std::string method_;  // as the access log shows it
  CallerName caller_;
  size_t body_bytes_ = 0;  // of the answer, as far as it has any on the wire
  boost::beast::http::response<boost::beast::http::span_body<const char>> response_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::span_body<const char>>> serializer_;
  uint64_t requests_ = 0;
  size_t unwanted_bytes_ = 0;
  bool busy_ = false;
  bool keep_ = false;
  bool closed_ = false;
};

}  // namespace tremorcast
