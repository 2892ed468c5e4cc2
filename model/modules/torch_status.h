#pragma once

// The one place where Torch's exceptions become statuses, and where Torch is told how to compute.
// Internal to model/; no Torch headers.

#include <type_traits>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

// The exception being handled as a status: ResourceExhausted (out of memory) or Internal, with
// `what` in front of its first line. Only for TorchStatus.
absl::Status CaughtTorchStatus(absl::string_view what);

// What `work` returns, an absl::Status or an absl::StatusOr<T>; an exception becomes a status of
// the same type.
//
//   return TorchStatus("prediction", [&] { return PredictRows(set, samples); });
template <typename Work>
std::invoke_result_t<const Work&> TorchStatus(absl::string_view what, const Work& work) {
  try {
    return work();
  } catch (...) {
    return CaughtTorchStatus(what);
  }
}

// Asks Torch for deterministic algorithms without TF32, and for `threads` intra-op threads on the
// calling thread. It costs next to nothing: call it before each computation.
void ConfigureTorch(int threads);

}  // namespace tremorcast
