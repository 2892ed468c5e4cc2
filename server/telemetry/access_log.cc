#include "server/telemetry/access_log.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace tremorcast {

bool AccessLog::Wants(bool failed, const TraceContext& trace) const {
  if (!enabled() || !log_.Enabled(LogLevel::kInfo)) return false;
  uint32_t drawn = 0;
  return failed || *sample_ >= 1 ||
         (absl::SimpleHexAtoi(absl::string_view(trace.span_id).substr(0, 8), &drawn) && drawn < *sample_ * 0x1p32);
}

void AccessLog::Write(const Entry& entry, const TraceContext& trace) const {
  const TraceScope scope(trace);
  log_.Info("access", {{"protocol", entry.protocol},
                       {"method", entry.method},
                       {"peer", entry.peer},
                       {"principal", entry.caller.principal},
                       {"roles", entry.caller.roles},
                       {"code", entry.code},
                       {"seconds", absl::StrFormat("%.6f", absl::ToDoubleSeconds(entry.duration))},
                       {"messages_in", absl::StrCat(entry.messages_in)},
                       {"messages_out", absl::StrCat(entry.messages_out)},
                       {"bytes_in", absl::StrCat(entry.bytes_in)},
                       {"bytes_out", absl::StrCat(entry.bytes_out)},
                       {"request_id", entry.request_id}});
}

}  // namespace tremorcast
