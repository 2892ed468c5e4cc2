#include "server/descriptor_limit.h"

#include <algorithm>
#include <sys/resource.h>

namespace tremorcast {

void RaiseDescriptorLimit() {
  constexpr rlim_t kEnough = 1 << 16;
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  setrlimit(RLIMIT_NOFILE, &limit);  // where that fails, the limit is what it was
}

}  // namespace tremorcast
