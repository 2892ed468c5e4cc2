#include "server/telemetry/trace_context.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <absl/random/random.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanDigits = 16;
constexpr size_t kHeaderBytes = 3 + kTraceDigits + 1 + kSpanDigits + 3;

thread_local const TraceScope* innermost = nullptr;

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(absl::string_view text) {
  return IsHex(text) && !std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

// 16 digits, not all zeros.
std::string RandomDigits() {
  thread_local absl::BitGen random;
  return absl::StrCat(
      absl::Hex(absl::Uniform<uint64_t>(absl::IntervalClosed, random, 1, UINT64_MAX), absl::kZeroPad16));
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(absl::string_view header) {
  if (header.size() != kHeaderBytes || header.substr(0, 3) != "00-") return std::nullopt;
  const absl::string_view trace = header.substr(3, kTraceDigits), span = header.substr(4 + kTraceDigits, kSpanDigits);
  const absl::string_view flags = header.substr(kHeaderBytes - 2);
  const bool separated = header[3 + kTraceDigits] == '-' && header[kHeaderBytes - 3] == '-';
  if (!separated || !IsId(trace) || !IsId(span) || !IsHex(flags)) return std::nullopt;
  // The lowest bit.
  const char last = flags[1];
  const bool sampled = ((last <= '9' ? last - '0' : last - 'a' + 10) & 1) != 0;
  return TraceContext{std::string(trace), std::string(span), sampled};
}

TraceContext ContinueTrace(absl::string_view header) {
  std::optional<TraceContext> given = ParseTraceparent(header);
  if (!given.has_value()) given.emplace(TraceContext{RandomDigits() + RandomDigits(), "", false});
  given->span_id = RandomDigits();
  return *std::move(given);
}

std::string TraceHeader(const TraceContext& trace) {
  return absl::StrCat("00-", trace.trace_id, "-", trace.span_id, trace.sampled ? "-01" : "-00");
}

TraceScope::TraceScope(std::optional<TraceContext> trace) : trace_(std::move(trace)), outer_(innermost) {
  innermost = this;
}

TraceScope::~TraceScope() { innermost = outer_; }

std::optional<TraceContext> TraceScope::Current() { return innermost == nullptr ? std::nullopt : innermost->trace_; }

}  // namespace tremorcast
