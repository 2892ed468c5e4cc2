#pragma once

// Strong identifiers: a station is never a region by accident. Values are compared and ordered
// bytewise; "fixed station order" anywhere in the project means this order.
//
// Thread safety: value types. Errors: none; ValidateId below tells whether outside text may become
// an id.

#include <compare>
#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  const std::string& value() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Id& id) {
    return H::combine(std::move(state), id.value_);
  }

 private:
  std::string value_;
};

using StationId = Id<struct StationTag>;
using RegionId = Id<struct RegionTag>;
using ModelVersion = Id<struct ModelVersionTag>;

// 1 to 63 characters of [A-Za-z0-9._-], the first a letter, a digit or '_' ('_network' is the
// network-wide model scope). InvalidArgument names the rule that failed; `what` starts the message
// ("station id").
absl::Status ValidateId(absl::string_view what, absl::string_view value);

// The id in a resource name: "stations/105" -> "105"; text without a slash as it is.
std::string LastPart(absl::string_view name);

}  // namespace tremorcast
