#include "model/modules/torch_runtime.h"

#include <absl/strings/str_cat.h>
#include <torch/torch.h>

namespace tremorcast {

bool CudaAvailable() { return torch::cuda::is_available(); }

std::string TorchRuntimeName() { return absl::StrCat("libtorch ", TORCH_VERSION, CudaAvailable() ? " cuda" : " cpu"); }

}  // namespace tremorcast
