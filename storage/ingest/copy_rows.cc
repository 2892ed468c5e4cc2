#include "storage/ingest/copy_rows.h"

#include <bit>
#include <cstring>
#include <utility>

#include "core/base/status_macros.h"
#include "core/observation/feature_schema.h"
#include "storage/postgres/byte_order.h"
#include "storage/postgres/sql_text.h"

namespace tremorcast {
namespace {

constexpr size_t kPiece = 256 * 1024;
constexpr uint32_t kFloat4Type = 700;
constexpr size_t kArrayHead = 20;
constexpr char kSignature[] = "PGCOPY\n\377\r\n\0";  // with the literal's own end: 11 bytes and the array's NUL

// Element length and element in one store: the length 4 in big-endian order is 0x04000000 on this
// side.
inline void PutFloats(char* out, const float* values, int count) {
  for (int i = 0; i < count; ++i) {
    const uint64_t element = uint64_t{0x04000000} | static_cast<uint64_t>(SwapBytes(std::bit_cast<uint32_t>(values[i])))
                                                        << 32;
    std::memcpy(out + i * sizeof(element), &element, sizeof(element));
  }
}

}  // namespace

CopyEncoder::CopyEncoder(const IngestGroup& group, bool staging, Sink sink)
    : group_(group), staging_(staging), sink_(std::move(sink)), buffer_(kPiece, '\0') {
  std::memcpy(buffer_.data(), kSignature, 11);
  std::memset(buffer_.data() + 11, 0, 8);  // flags and header extension
  used_ = 19;
}

void CopyEncoder::DescribeBatch(uint32_t batch) {
  const ObservationBatch& source = *group_.batches[batch].batch;
  batch_fields_.clear();
  AppendBigEndian<uint32_t>(&batch_fields_, 8);
  AppendBigEndian<uint64_t>(&batch_fields_, static_cast<uint64_t>(PgTimestamp(source.received_at)));
  AppendBigEndian<uint32_t>(&batch_fields_, 2);
  AppendBigEndian<uint16_t>(&batch_fields_, static_cast<uint16_t>(source.delivery));
  for (const std::string* text : {&source.station.value(), &source.source}) {
    AppendBigEndian<uint32_t>(&batch_fields_, static_cast<uint32_t>(text->size()));
    batch_fields_ += *text;
  }
  described_batch_ = batch;
}

absl::Status CopyEncoder::Add(const PlannedRow& row, uint32_t ord, bool repeated) {
  if (row.batch != described_batch_) DescribeBatch(row.batch);
  const ObservationBatch& batch = *group_.batches[row.batch].batch;
  const ObservationRow& observation = batch.rows[row.row];
  const int count = FeatureCount(observation.signal);
  const size_t values_size = kArrayHead + static_cast<size_t>(count) * 8;
  const size_t needed = 64 + batch_fields_.size() + values_size;
  if (used_ + needed > buffer_.size()) {
    RETURN_IF_ERROR(Drain());
    if (needed > buffer_.size()) buffer_.resize(needed);
  }
  char* out = buffer_.data() + used_;
  out = PutBigEndian<uint16_t>(out, staging_ ? 9 : 7);
  if (staging_) {
    out = PutBigEndian<uint32_t>(out, 4);
    out = PutBigEndian<uint32_t>(out, ord);
    out = PutBigEndian<uint32_t>(out, 1);
    *out++ = repeated ? 1 : 0;
  }
  out = PutBigEndian<uint32_t>(out, 8);
  out = PutBigEndian<uint64_t>(out, static_cast<uint64_t>(PgTimestamp(observation.slot.start())));
  out = PutBigEndian<uint32_t>(out, 2);
  out = PutBigEndian<uint16_t>(out, static_cast<uint16_t>(observation.signal));
  std::memcpy(out, batch_fields_.data(), batch_fields_.size());
  out += batch_fields_.size();
  out = PutBigEndian<uint32_t>(out, static_cast<uint32_t>(values_size));
  out = PutBigEndian<uint32_t>(out, 1);  // dimensions
  out = PutBigEndian<uint32_t>(out, 0);  // no nulls
  out = PutBigEndian<uint32_t>(out, kFloat4Type);
  out = PutBigEndian<uint32_t>(out, static_cast<uint32_t>(count));
  out = PutBigEndian<uint32_t>(out, 1);  // lower bound
  PutFloats(out, batch.values.data() + observation.first_value, count);
  out += static_cast<size_t>(count) * 8;
  used_ = static_cast<size_t>(out - buffer_.data());
  return absl::OkStatus();
}

absl::Status CopyEncoder::Finish() {
  if (used_ + 2 > buffer_.size()) {
    RETURN_IF_ERROR(Drain());
  }
  PutBigEndian<uint16_t>(buffer_.data() + used_, 0xffff);
  used_ += 2;
  return Drain();
}

absl::Status CopyEncoder::Drain() {
  const size_t size = std::exchange(used_, 0);
  return sink_(absl::string_view(buffer_.data(), size));
}

}  // namespace tremorcast
