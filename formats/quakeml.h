#pragma once

// QuakeML 1.2, basic event description: of each event the preferred origin and magnitude, or the
// first where none is preferred. Depths are metres there. Pure; thread safe.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/readers/catalogue_text.h"

namespace tremorcast {

// InvalidArgument: no XML, or one without <eventParameters>.
absl::StatusOr<CatalogueText> ReadQuakeml(absl::string_view text, const CatalogueOptions& options);

}  // namespace tremorcast
