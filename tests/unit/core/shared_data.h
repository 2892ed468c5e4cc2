#pragma once

// Finds and opens the real AETA data that some tests check against. It is not part of the project:
// tests skip where it is absent. It is looked for in $TREMORCAST_SHARED/data, or beside the source
// tree in ../shared/data.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/catalogue/event.h"
#include "core/network/station_network.h"

namespace tremorcast {

// Path of `relative` below the data folder, or nothing when there is no such file.
std::optional<std::string> SharedFile(const std::string& relative);
// The text of a file, unpacked if it is packed. Fails the test on an error.
std::string ReadShared(const std::string& path);

// The eight areas in order, each with the station ids it lists.
std::vector<Region> ReadAreas(const std::string& areas_json);
std::vector<SeismicEvent> ReadEvents(const std::string& path);
std::vector<Station> ReadStationInfo(const std::string& path);
// Records of a CSV file by column name.
std::vector<std::map<std::string, std::string>> ReadTable(const std::string& path);

#define TREMORCAST_SHARED_OR_SKIP(variable, relative)                                     \
  const std::optional<std::string> variable##_found = ::tremorcast::SharedFile(relative); \
  if (!variable##_found.has_value()) GTEST_SKIP() << "no shared/data/" << (relative);     \
  const std::string& variable = *variable##_found

}  // namespace tremorcast
