#pragma once

// Which LibTorch this is and what it sees, for programs that do not include its headers. Thread
// safe; does not block.

#include <string>

namespace tremorcast {

// "libtorch 1.13.1 cpu": for version output and start-up logs.
std::string TorchRuntimeName();
// Whether LibTorch sees a CUDA device.
bool CudaAvailable();

}  // namespace tremorcast
