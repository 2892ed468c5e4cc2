#pragma once

// Which device holds the tensors and computes on them. Internal to model/.

#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <torch/torch.h>

namespace tremorcast {

// "auto" takes CUDA where there is a device, and the processor otherwise. FailedPrecondition when
// "cuda" is asked for and there is none, InvalidArgument for any other name.
absl::StatusOr<torch::Device> ChooseDevice(absl::string_view name);

// "libtorch 1.13.0 cpu threads=1 block=16 mkldnn AVX2": all that we know the last bits of a result
// to depend on.
std::string RuntimeDescription(const torch::Device& device, int threads, int block);

}  // namespace tremorcast
