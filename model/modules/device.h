#pragma once

// Where tensors live and what computes them. Internal to model/.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <torch/torch.h>

namespace tremorcast {

// auto: CUDA where there is one. FailedPrecondition: cuda asked for and absent. InvalidArgument: another name.
absl::StatusOr<torch::Device> ChooseDevice(absl::string_view name);

// "libtorch 1.13.0 cpu threads=1 block=16 mkldnn AVX2": everything the last bits depend on that we know of.
std::string RuntimeDescription(const torch::Device& device, int threads, int block);

}  // namespace tremorcast
