#pragma once

// The two lines that follow every call that may fail, once. Both return from the function they
// stand in, which may return a Status, a StatusOr or, for RETURN_IF_ERROR alone, gRPC's own status.
//
//   RETURN_IF_ERROR(ValidateStation(station));
//   ASSIGN_OR_RETURN(const Region region, stores.network.UpsertRegion(asked));
//
// What is declared belongs to the scope around it. A declaration with a comma (a structured
// binding, std::map<A, B>) takes two lines: the first to a name with `auto`.

#include <utility>

#define RETURN_IF_ERROR(...)                                                        \
  do {                                                                              \
    if (auto macro_status = (__VA_ARGS__); !macro_status.ok()) return macro_status; \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, ...) \
  TREMORCAST_ASSIGN_OR_RETURN(TREMORCAST_UNIQUE_NAME(status_or_, __LINE__), declaration, __VA_ARGS__)

// Only for the above.
#define TREMORCAST_ASSIGN_OR_RETURN(result, declaration, ...) \
  auto result = (__VA_ARGS__);                                \
  if (!result.ok()) return std::move(result).status();        \
  declaration = *std::move(result)
#define TREMORCAST_UNIQUE_NAME(prefix, line) TREMORCAST_JOIN(prefix, line)
#define TREMORCAST_JOIN(a, b) a##b
