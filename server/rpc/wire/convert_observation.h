#pragma once

// ObservationBatch: proto -> core, and the verdicts back. The hot path: values are copied row by
// row with memcpy (or through a permutation when the client names its columns), with no allocation
// per row or value. Pure; thread safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/observation/observation.h"
#include "core/observation/observation_check.h"
#include "tremorcast/v1/observation.pb.h"

namespace tremorcast::rpc {

inline constexpr int64_t kMaxBatchBytes = 8 << 20;
inline constexpr int kMaxBatchRows = 20000;

// What had to be parsed of a batch before its rows are looked at.
struct BatchHeader {
  StationId station;
  // Per signal, the schema index of each column as sent. Empty when the columns come in schema
  // order.
  std::array<std::vector<int>, kSignalCount> columns;
  int64_t bytes = 0;  // of the whole batch as sent
};

// `station` is what ParseStationName made of the batch's: callers ask who may write for it before
// anything else.
// Errors are faults of the batch as a whole: InvalidArgument with every field at fault (missing,
// too long, too many rows, columns not bound), FailedPrecondition (feature schema). A batch that
// passes gets a verdict for each row.
absl::StatusOr<BatchHeader> ParseBatchHeader(const v1::ObservationBatch& proto, absl::StatusOr<StationId> station);

// The checked core batch, received at context.now. `header` is the one of `proto`.
ObservationBatch ToBatch(const v1::ObservationBatch& proto, const BatchHeader& header, const RowCheckContext& context);

// SHA-256 over the batch as sent; equal for equal content on every machine and version (it does not
// hash serialised bytes, which protobuf leaves open). The optional schema hash is a question about
// the content, no part of it.
std::string BatchContentHash(const v1::ObservationBatch& proto);

// The field at fault of row `row` in its batch: "rows[17].values[3]", "rows[2].slot_time",
// "station". Empty unless rejected.
std::string FieldPath(int64_t row, const RowVerdict& verdict);

// What an answer needs of its batch after the pipeline has taken it.
struct BatchLabel {
  std::string batch_id;
  std::string position;  // empty when the batch leaves the position as it is
};
BatchLabel LabelOf(const ObservationBatch& batch);

// Verdicts in runs; adjacent rejections of one reason share a run and name the field of its first
// row.
void FillVerdict(const BatchLabel& label, const BatchResult& result, v1::BatchVerdict* proto);

v1::Signal ToProto(Signal signal);

}  // namespace tremorcast::rpc
