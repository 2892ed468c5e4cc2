#include "model/modules/device.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

// Torch has no stable call for it across the versions we build on; its configuration text has a
// line for it.
std::string CpuCapability() {
  const std::string config = at::show_config();
  const std::string key = "CPU capability usage: ";
  const size_t at = config.find(key);
  if (at == std::string::npos) return "unknown-cpu";
  const size_t begin = at + key.size();
  return std::string(
      absl::StripAsciiWhitespace(absl::string_view(config).substr(begin, config.find('\n', begin) - begin)));
}

}  // namespace

absl::StatusOr<torch::Device> ChooseDevice(absl::string_view name) {
  const bool cuda = torch::cuda::is_available();
  if (name == "cpu" || (name == "auto" && !cuda)) return torch::Device(torch::kCPU);
  if (name == "auto" || (name == "cuda" && cuda)) return torch::Device(torch::kCUDA, 0);
  if (name == "cuda") return absl::FailedPreconditionError("device cuda: this LibTorch sees no CUDA device");
  return absl::InvalidArgumentError(absl::StrCat("device is '", name, "'; it must be auto, cpu or cuda"));
}

std::string RuntimeDescription(const torch::Device& device, int threads, int block) {
  std::string text = absl::StrCat("libtorch ", TORCH_VERSION, " ", device.is_cuda() ? "cuda" : "cpu",
                                  " threads=", threads, " block=", block);
  if (device.is_cpu()) absl::StrAppend(&text, at::hasMKLDNN() ? " mkldnn " : " ", CpuCapability());
  return text;
}

}  // namespace tremorcast
