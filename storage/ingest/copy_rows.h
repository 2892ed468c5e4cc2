#pragma once

// Rows of a group in PostgreSQL's binary COPY format, built straight from the batches' floats into
// one buffer that is handed on in pieces: no allocation per row or value. Not thread safe.

#include <cstdint>
#include <functional>
#include <string>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

#include "storage/ingest/ingest_group.h"

namespace tremorcast {

// Columns in the order the encoder writes them.
inline constexpr char kCopyColumns[] = "slot, signal, received_at, delivery, station, source, values";

class CopyEncoder {
 public:
  using Sink = std::function<absl::Status(absl::string_view)>;

  // `staging`: rows of the staging table, which begin with two more columns, ord and repeated.
  CopyEncoder(const IngestGroup& group, bool staging, Sink sink);

  // ord and repeated are written for the staging table alone.
  absl::Status Add(const PlannedRow& row, uint32_t ord = 0, bool repeated = false);
  // The trailer, and what is left in the buffer.
  absl::Status Finish();

 private:
  void DescribeBatch(uint32_t batch);
  absl::Status Drain();

  const IngestGroup& group_;
  const bool staging_;
  const Sink sink_;
  std::string buffer_;
  size_t used_ = 0;
  uint32_t described_batch_ = UINT32_MAX;
  std::string batch_fields_;  // received_at, delivery, station, source: the same in every row of a batch
};

}  // namespace tremorcast
