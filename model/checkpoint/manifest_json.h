#pragma once

// The manifest as JSON text and back. Internal to model/: checkpoint.cc is the only caller outside
// tests.

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/base/ids.h"
#include "model/checkpoint/checkpoint.h"

namespace tremorcast {

struct ManifestText {
  Manifest manifest;
  std::vector<StationId> stations;  // rows 1.. of the normalisation tensors; row 0 is all stations together
};

std::string ManifestToJson(const ManifestText& text);
// DataLoss: not JSON or a field of the wrong type. FailedPrecondition: another format or
// architecture (checked before anything else).
absl::StatusOr<ManifestText> ManifestFromJson(const std::string& json_text);

}  // namespace tremorcast
