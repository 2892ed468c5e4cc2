#pragma once

// What a Prometheus would see: /metrics of a running server, read over HTTP. Blocks for one request
// a scrape.

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "server/rpc/listen_address.h"

namespace tremorcast {

class Scrape {
 public:
  // Unavailable when nobody answers there.
  static absl::StatusOr<Scrape> Of(const rpc::ListenAddress& http);

  // The sum of the series of this name whose labels hold each of `labels`, as `station="s1"`; 0
  // without such a series.
  double Value(absl::string_view name, const std::vector<std::string>& labels = {}) const;
  bool Has(absl::string_view name, const std::vector<std::string>& labels = {}) const;

 private:
  std::vector<double> Values(absl::string_view name, const std::vector<std::string>& labels) const;
  std::string text_;
};

}  // namespace tremorcast
