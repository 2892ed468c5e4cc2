#pragma once

// Names of the random streams. Appending is harmless; renumbering changes every simulated data set.

#include <cstdint>

namespace tremorcast {

enum class Purpose : uint64_t {
  kNetwork = 1,
  kCatalogue = 2,
  kPrecursorChannels = 3,
  kPrecursorShift = 4,
  kStationCharacter = 5,
  kStorms = 6,
  kNoise = 7,
  kGaps = 8,
  kFaults = 9,
  kSpikes = 10,
  kPassingShift = 11,
};

}  // namespace tremorcast
