// Stored bytes as they come back from the database: verdicts of a batch, values of a window. What
// decodes encodes to something that decodes to the same. First byte 'w': a window; the next two:
// how many values or rows are expected.

#include <cstring>
#include <vector>

#include "storage/ingest/verdict_codec.h"
#include "storage/stores/window_codec.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {
namespace {

void Window(absl::string_view bytes, size_t count) {
  const auto values = DecodeWindowValues(kWindowCodec, bytes, count);
  if (!values.ok()) return;
  FUZZ_CHECK(values->size() == count);
  const auto packed = EncodeWindowValues(*values);
  FUZZ_CHECK(packed.ok());
  const auto again = DecodeWindowValues(kWindowCodec, *packed, count);
  FUZZ_CHECK(again.ok() && again->size() == count);
  if (count > 0) FUZZ_CHECK(std::memcmp(again->data(), values->data(), count * sizeof(float)) == 0);
}

void Verdicts(absl::string_view bytes, size_t rows) {
  const auto verdicts = DecodeVerdicts(bytes, rows);
  if (!verdicts.ok()) return;
  FUZZ_CHECK(verdicts->size() == rows);
  for (const RowVerdict& row : *verdicts) {
    FUZZ_CHECK(VerdictName(row.verdict) != "unknown" && RejectReasonName(row.reason) != "unknown");
    FUZZ_CHECK(row.value_index >= -1);
  }
  const auto again = DecodeVerdicts(EncodeVerdicts(*verdicts), rows);
  FUZZ_CHECK(again.ok() && *again == *verdicts);
}

}  // namespace

void FuzzOne(absl::string_view input) {
  const uint8_t kind = TakeByte(&input);
  const size_t low = TakeByte(&input), high = TakeByte(&input);
  const size_t count = low + 256 * high;
  return kind == 'w' ? Window(input, count) : Verdicts(input, count);
}

}  // namespace tremorcast
