#pragma once

// The one place where Torch's exceptions become statuses, and where Torch is told how to compute. Internal to model/;
// no Torch headers.

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tremorcast {

// Runs `work`. An exception becomes ResourceExhausted (out of memory) or Internal, with `what` in front of its first
// line.
absl::Status TorchStatus(absl::string_view what, const std::function<absl::Status()>& work);

// Deterministic algorithms, no TF32, `threads` intra-op threads for the calling thread. Cheap; call it before each
// computation.
void ConfigureTorch(int threads);

}  // namespace tremorcast
