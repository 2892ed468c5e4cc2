#pragma once

// What the tests of catalogue readers share.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/readers/catalogue_csv.h"

namespace tremorcast {

inline constexpr char kCencHeader[] = "Time,Magnitude,Latitude,Longtitude,deep,Location\n";

inline constexpr char kFdsnHeader[] =
    "#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|MagAuthor|"
    "EventLocationName\n";

inline CatalogueText Read(const std::string& text, const CatalogueOptions& options = {}) {
  absl::StatusOr<CatalogueText> result = ReadCatalogue(text, options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : CatalogueText();
}

inline std::vector<std::string> Ids(const CatalogueText& text) {
  std::vector<std::string> ids;
  for (const SeismicEvent& event : text.events) ids.push_back(event.source_event_id);
  return ids;
}

inline std::vector<std::string> Faults(const CatalogueText& text) {
  std::vector<std::string> faults;
  for (const BadLine& line : text.bad_lines) faults.push_back(std::to_string(line.line) + ": " + line.reason);
  return faults;
}

}  // namespace tremorcast
