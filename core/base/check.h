#pragma once

// A broken invariant is our bug: say where and stop. Never for outside input. (Debian 12's Abseil
// has no absl/log/check.h.)

#include <cstdio>
#include <cstdlib>

#define TREMORCAST_CHECK(condition)                                                          \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
