#pragma once

// Every text of a request against one rule, whatever the message: plain (core/base/plain_text.h) and
// no longer than its field allows. It walks the descriptors, so that a field that is added later is
// checked too. Pure; thread safe. Messages without text below a field cost nothing.

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <google/protobuf/message.h>

#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

// Adds a violation for each text at fault, kMaxFieldViolations at most, by its path:
// "events[3].place" behind `prefix`.
void AddTextFaults(const google::protobuf::Message& message, const std::string& prefix,
                   std::vector<FieldViolation>* violations);

// InvalidArgument with all of them.
absl::Status CheckTexts(const google::protobuf::Message& request);

}  // namespace tremorcast::rpc
