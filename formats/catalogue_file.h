#pragma once

// An earthquake catalogue in any format that is known here: its first character tells XML and JSON
// from the tables (core/readers/catalogue_csv.h). Pure; thread safe.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/readers/catalogue_text.h"

namespace tremorcast {

// A text of nothing but spaces is a catalogue without events, because that is how services answer
// that there were none. InvalidArgument: no format fits, or not the one asked for.
absl::StatusOr<CatalogueText> ReadCatalogueFile(absl::string_view text, const CatalogueOptions& options = {});

}  // namespace tremorcast
