#pragma once

// Earthquakes as GeoJSON: what ComCat, GeoNet, EMSC and INGV answer. Pure; thread safe. The line of
// a report is the number of the feature, from 1.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/readers/catalogue_text.h"

namespace tremorcast {

// InvalidArgument: no JSON (with the place), or none with features.
absl::StatusOr<CatalogueText> ReadGeojsonCatalogue(absl::string_view text, const CatalogueOptions& options);

}  // namespace tremorcast
