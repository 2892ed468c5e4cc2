#pragma once

// The verdicts of one batch as stored bytes: runs of equal verdicts, so that a usual batch costs a
// few bytes. Format 1: the byte 1, then per run: verdict, reason, value index + 1 and length, the
// last two as base-128 varints. Pure.

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "core/observation/observation.h"

namespace tremorcast {

bool AllAccepted(absl::Span<const RowVerdict> verdicts);
std::string EncodeVerdicts(absl::Span<const RowVerdict> verdicts);
// DataLoss when the bytes are not an encoding of `rows` verdicts.
absl::StatusOr<std::vector<RowVerdict>> DecodeVerdicts(absl::string_view bytes, size_t rows);

}  // namespace tremorcast
