#pragma once

// A call's place in a distributed trace, as W3C Trace Context has it (version 00): the header
// "traceparent" of HTTP and the metadata of gRPC say in which trace a call is and who called, and the
// answer's "traceresponse" says what the call is called here. "tracestate" is nobody's business here
// and is left alone.
//
// Pure but for random ids; thread safe. Source: https://www.w3.org/TR/trace-context/

#include <optional>
#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

inline constexpr char kTraceparent[] = "traceparent";
inline constexpr char kTraceresponse[] = "traceresponse";

struct TraceContext {
  std::string trace_id;  // 32 lower-case hexadecimal digits; of all calls of the trace
  std::string span_id;   // 16; of this call. Empty where it has none yet
  bool sampled = false;  // whoever began the trace records it
};

// Of a header: the trace, and the caller's span. Nothing unless it is exactly
// 00-TRACE-SPAN-FLAGS with lower-case digits and ids that are not all zeros.
std::optional<TraceContext> ParseTraceparent(absl::string_view header);
// A new span, in the trace that the header names; where it names none ("" too), in a new trace.
TraceContext ContinueTrace(absl::string_view header);
// As a header says it.
std::string TraceHeader(const TraceContext& trace);

// While it lives, each line that its thread logs has the fields trace_id and span_id.
class TraceScope {
 public:
  // Nothing: the lines have none.
  explicit TraceScope(std::optional<TraceContext> trace);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

  // That of the innermost scope of this thread. Work that goes on on another thread takes it along.
  static std::optional<TraceContext> Current();

 private:
  const std::optional<TraceContext> trace_;
  const TraceScope* const outer_;
};

}  // namespace tremorcast
