#pragma once

// Earthquake catalogues as text: CENC CSV, AETA eqlst CSV, FDSN event text and ComCat CSV. Pure;
// thread safe.
//
// A line that cannot be read is listed with its number and reason; the others are read. An event of
// a catalogue without ids is named by time and rounded place, so that a later export with a
// corrected magnitude revises it; where one file lists several events of the same name, the largest
// keeps it and the others get their magnitude appended, whatever their order.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "core/catalogue/event.h"
#include "core/readers/csv_records.h"

namespace tremorcast {

enum class CatalogueFormat : int8_t {
  kCenc,      // Time,Magnitude,Latitude,Longtitude,deep,Location; UTC+8 to the minute; source "cenc"
  kEqlst,     // Longitude,Latitude,Magnitude,Time,Timestamp,...; source "eqlst"
  kFdsnText,  // #EventID|Time|Latitude|...; UTC; source "fdsn:<catalog>", or "simulated" for our own exports
  kComcat,    // time,latitude,longitude,depth,mag,magType,...; UTC; source "comcat"
};
absl::string_view CatalogueFormatName(CatalogueFormat format);  // "cenc", "eqlst", "fdsn", "comcat"
std::optional<CatalogueFormat> ParseCatalogueFormat(absl::string_view name);

struct CatalogueText {
  CatalogueFormat format = CatalogueFormat::kCenc;
  std::vector<SeismicEvent> events;  // file order
  std::vector<BadLine> bad_lines;    // line order
};

// InvalidArgument: no header line that any format (or the forced one) starts with.
absl::StatusOr<CatalogueText> ReadCatalogue(absl::string_view text,
                                            std::optional<CatalogueFormat> forced = std::nullopt);

// FDSN event text that ReadCatalogue gives back.
std::string WriteFdsnText(absl::Span<const SeismicEvent> events);

}  // namespace tremorcast
