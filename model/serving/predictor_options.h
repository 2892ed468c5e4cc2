#pragma once

// What a person may choose about the predictor that serves. Plain values; nothing of LibTorch, so
// that flags can be read without it.

#include <string>

#include <absl/status/status.h>

namespace tremorcast {

struct TorchPredictorOptions {
  std::string device = "auto";  // auto (CUDA where there is one) | cpu | cuda
  int threads = 1;              // intra-op threads of the process; the first loader's count stays
  int warmup_runs = 3;          // the first runs of a process are slower (lazy initialisation)
  bool allow_simulated = true;  // false: refuse checkpoints trained on simulated data

  // InvalidArgument with the value at fault.
  absl::Status Validate() const;
};

}  // namespace tremorcast
