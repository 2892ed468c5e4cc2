#pragma once

// JSON of others as one value. Pure; thread safe. RFC 8259 leaves open what a name that stands twice
// in one object means, and readers take the last without a word; here it is refused.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <nlohmann/json.hpp>

namespace tremorcast {

// Error: InvalidArgument, of text that is no JSON, of a number beyond a double's range, and of an
// object that has a name twice.
absl::StatusOr<nlohmann::json> ParseJsonText(absl::string_view text);

// What an exception of the JSON library says, without its number there.
absl::string_view PlainJsonFault(absl::string_view what);

}  // namespace tremorcast
