#pragma once

// Stations and regions. What all ports promise (threads, blocking, errors): core/ports/README.md.

#include <vector>

#include <absl/status/statusor.h>

#include "core/network/station_network.h"

namespace tremorcast {

class NetworkStore {
 public:
  virtual ~NetworkStore() = default;
  // Writes a new revision when something differs; returns the stored one. InvalidArgument:
  // ValidateStation/Region fails.
  virtual absl::StatusOr<Station> UpsertStation(const Station& station) = 0;
  virtual absl::StatusOr<Region> UpsertRegion(const Region& region) = 0;
  virtual absl::StatusOr<std::vector<Station>> ListStations() = 0;  // id order
  virtual absl::StatusOr<std::vector<Region>> ListRegions() = 0;    // id order
};

}  // namespace tremorcast
