#include "storage/ingest/verdict_codec.h"

#include <algorithm>
#include <cstdint>

namespace tremorcast {
namespace {

constexpr char kFormat = 1;

void PutVarint(std::string* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *out += static_cast<char>(value | 0x80);
  *out += static_cast<char>(value);
}

bool GetVarint(absl::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

}  // namespace

bool AllAccepted(absl::Span<const RowVerdict> verdicts) {
  return std::all_of(verdicts.begin(), verdicts.end(),
                     [](const RowVerdict& row) { return row.verdict == Verdict::kAccepted; });
}

std::string EncodeVerdicts(absl::Span<const RowVerdict> verdicts) {
  std::string out(1, kFormat);
  for (size_t i = 0; i < verdicts.size();) {
    size_t end = i + 1;
    while (end < verdicts.size() && verdicts[end] == verdicts[i]) ++end;
    out += static_cast<char>(verdicts[i].verdict);
    out += static_cast<char>(verdicts[i].reason);
    PutVarint(&out, static_cast<uint64_t>(verdicts[i].value_index + 1));
    PutVarint(&out, end - i);
    i = end;
  }
  return out;
}

absl::StatusOr<std::vector<RowVerdict>> DecodeVerdicts(absl::string_view bytes, size_t rows) {
  const absl::Status broken = absl::DataLossError("stored verdicts cannot be read");
  if (bytes.empty() || bytes[0] != kFormat) return broken;
  bytes.remove_prefix(1);
  std::vector<RowVerdict> verdicts;
  verdicts.reserve(rows);
  while (!bytes.empty()) {
    if (bytes.size() < 4) return broken;
    RowVerdict row;
    row.verdict = static_cast<Verdict>(bytes[0]);
    row.reason = static_cast<RejectReason>(bytes[1]);
    bytes.remove_prefix(2);
    uint64_t index = 0, length = 0;
    if (!GetVarint(&bytes, &index) || !GetVarint(&bytes, &length) || length > rows - verdicts.size()) return broken;
    if (VerdictName(row.verdict) == "unknown" || RejectReasonName(row.reason) == "unknown" || index > INT32_MAX)
      return broken;
    row.value_index = static_cast<int32_t>(index) - 1;
    verdicts.insert(verdicts.end(), length, row);
  }
  if (verdicts.size() != rows) return broken;
  return verdicts;
}

}  // namespace tremorcast
