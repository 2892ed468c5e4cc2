#pragma once

// What every fuzz target holds on to. A target is one function over one input; it states what must
// hold of the answer, not only that there is one. Not thread safe; FUZZ_CHECK ends the process,
// which libFuzzer and the replay both report.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <absl/strings/string_view.h>

#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace tremorcast {

// Defined by each target.
void FuzzOne(absl::string_view input);

// Takes a number off the front: what an input decides beside its text. 0 at the end.
inline uint8_t TakeByte(absl::string_view* input) {
  if (input->empty()) return 0;
  const auto byte = static_cast<uint8_t>(input->front());
  input->remove_prefix(1);
  return byte;
}

}  // namespace tremorcast

// libFuzzer's name for it. Every target is one source file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
