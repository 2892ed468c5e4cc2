#pragma once

// Names of the random streams, and limits that they are drawn to. Appending is harmless;
// renumbering changes every simulated data set.

#include <cstdint>

namespace tremorcast {

// What a simulated network may cover.
inline constexpr double kSimulatedSouth = 22, kSimulatedNorth = 34, kSimulatedWest = 98, kSimulatedEast = 107;
inline constexpr int kMostSimulatedWeeks = 5200;
inline constexpr int kMostWeeksBefore = 520;  // of a catalogue of ETAS

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
  kEtasCatalogue = 12,
};

}  // namespace tremorcast
