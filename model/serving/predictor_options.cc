#include "model/serving/predictor_options.h"

#include <absl/strings/str_cat.h>

namespace tremorcast {

absl::Status TorchPredictorOptions::Validate() const {
  if (threads < 1 || threads > 1024) return absl::InvalidArgumentError(absl::StrCat("model threads is ", threads));
  if (warmup_runs < 0 || warmup_runs > 1000)
    return absl::InvalidArgumentError(absl::StrCat("warm-up runs is ", warmup_runs));
  if (device != "auto" && device != "cpu" && device != "cuda") {
    return absl::InvalidArgumentError(absl::StrCat("device is '", device, "'; it must be auto, cpu or cuda"));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
