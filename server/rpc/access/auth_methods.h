#pragma once

// Which roles may call which method: the one table, of every service the server has. A method
// without an entry is refused. tests/integration/security/method_test.cc walks every method of
// every service and holds it against this.

#include <vector>

#include <absl/strings/string_view.h>

#include "core/operation/access_list.h"

namespace tremorcast::rpc {

struct MethodAccess {
  absl::string_view path;  // "/package.Service/Method"
  RoleSet roles = 0;       // any one of these is enough
  bool open = false;       // also for callers that show nothing
};

// In the order of their paths.
const std::vector<MethodAccess>& MethodTable();
// Null when the table has no such method.
const MethodAccess* FindMethod(absl::string_view path);

}  // namespace tremorcast::rpc
