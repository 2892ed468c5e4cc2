#include "model/modules/torch_status.h"

#include <exception>
#include <new>
#include <string>

#include <absl/strings/str_cat.h>
#include <torch/torch.h>

namespace tremorcast {
namespace {

// The rest is a backtrace.
absl::string_view FirstLine(absl::string_view text) { return text.substr(0, text.find('\n')); }

bool OutOfMemory(absl::string_view message) {
  return message.find("out of memory") != absl::string_view::npos ||
         message.find("can't allocate") != absl::string_view::npos ||
         message.find("not enough memory") != absl::string_view::npos;
}

}  // namespace

absl::Status CaughtTorchStatus(absl::string_view what) {
  try {
    throw;
  } catch (const c10::Error& e) {
    const std::string message = absl::StrCat(what, ": ", FirstLine(e.what_without_backtrace()));
    return OutOfMemory(message) ? absl::ResourceExhaustedError(message) : absl::InternalError(message);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat(what, ": out of memory"));
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat(what, ": ", FirstLine(e.what())));
  }
}

void ConfigureTorch(int threads) {
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

}  // namespace tremorcast
