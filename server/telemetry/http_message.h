#pragma once

// What goes in and out of the HTTP port, as values. Safe to share once made.

#include <memory>
#include <string>

#include <absl/time/time.h>

#include "server/telemetry/access_log.h"

namespace tremorcast {

// A GET or HEAD request without a body: nothing else gets so far.
struct HttpRequest {
  std::string path;           // without the query, as it was sent
  std::string authorization;  // the header; "" when there is none
  std::string client{};       // the address it came from
  TraceContext trace{};       // of which it is a span
};

// Whether a request may have its page.
struct HttpAdmission {
  int code = 200;              // 401: a reader's token is needed; 429: too many requests
  absl::Duration retry_after;  // with 429
  CallerName caller;
};

struct HttpPage {
  int code = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::string body;
  // Not empty: readers may keep the page and ask whether it is still this one (If-None-Match). A
  // quoted string. Empty: it is for this moment alone.
  std::string etag;
  absl::Duration retry_after{};  // with 429; zero: not said
};
// Shared by all who are being answered with it: a slow reader costs a socket, and no copy.
using HttpAnswer = std::shared_ptr<const HttpPage>;

HttpAnswer PlainAnswer(int code, std::string text);

}  // namespace tremorcast
