#pragma once

// One line of the log for each gRPC call and HTTP request at its end: who asked for what, how it
// ended, how long it took. Failures always, successes by chance. Lines go through the log's bounded
// queue, at level info: nobody waits for them, and what nobody reads in time is dropped and counted
// (log.h). Thread safe.

#include <cstdint>
#include <optional>
#include <string>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "server/telemetry/log.h"
#include "server/telemetry/trace_context.h"

namespace tremorcast {

// Who a caller is, as the access list has it; empty where nobody was asked or nobody is known.
struct CallerName {
  std::string principal;
  std::string roles;  // "reader", "writer,admin"
};

class AccessLog {
 public:
  // `sample`: the share of successes that get their line, 0 to 1; nothing: no line at all. The log
  // must outlive it.
  AccessLog(const Log& log, std::optional<double> sample) : log_(log), sample_(sample) {}

  struct Entry {
    absl::string_view protocol;  // grpc or http
    std::string method;          // "/package.Service/Method", "GET /metrics"; never a query
    std::string peer;            // the address without its port; "" where it is not known
    CallerName caller;
    std::string code;  // gRPC's in words, HTTP's as a number
    absl::Duration duration;
    int64_t messages_in = 0, messages_out = 0;
    int64_t bytes_in = 0, bytes_out = 0;  // of messages, or of HTTP's bodies
    std::string request_id;
  };

  bool enabled() const { return sample_.has_value(); }
  // Whether this call gets a line. Decided by its span, whose id is random and ours.
  bool Wants(bool failed, const TraceContext& trace) const;
  // With the ids of `trace`.
  void Write(const Entry& entry, const TraceContext& trace) const;

 private:
  const Log& log_;
  const std::optional<double> sample_;
};

}  // namespace tremorcast
