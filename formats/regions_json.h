#pragma once

// Regions as JSON text, three dialects told apart by their shape. Pure; thread safe.
//   AETA areas.json   [{"area": 0, "lat": [30, 34], "lon": [98, 101], "stations": [133, ...]}, ...]   ids "area-0", ...
//   GeoJSON           FeatureCollection of Polygons and MultiPolygons, with holes; "id" and "title" (or "name"),
//   "stations", "whole_network", "simulated" in properties
//   our own           {"regions": [{"id", "title", "polygon": [[lat, lon], ...] or "box":
//   [south, north, west, east], "stations": [...],
//                      "whole_network": false, "simulated": false}]}

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "core/network/station_network.h"

namespace tremorcast {

struct RegionsText {
  // Which fields beside id and polygon a region states; of the others an import has nothing to say.
  struct Said {
    bool title = true, stations = true, whole_network = true, simulated = true;
  };
  std::vector<Region> regions;
  std::vector<Said> said;  // of each
};

// Longitudes may be counted from -180 or from 0. In GeoJSON neighbouring points are taken to be
// less than 180 degrees apart, so that a ring may cross the date line; in our own dialect
// longitudes stay as they are written, and a box whose west lies east of its east crosses it.
// InvalidArgument names the region or feature and what is wrong with it, such as a polygon that
// crosses itself; nothing is returned then.
absl::StatusOr<RegionsText> ReadRegionsText(absl::string_view text);
// The regions alone.
absl::StatusOr<std::vector<Region>> ReadRegions(absl::string_view text);
// The smallest box around all of them, as the region "whole-box" that holds every station inside.
Region WholeBox(absl::Span<const Region> regions);
// Our own dialect; ReadRegions gives the regions back (revisions aside).
std::string WriteRegions(absl::Span<const Region> regions);

}  // namespace tremorcast
