#pragma once

// Earthquake catalogues that are lines of text: tables with a header, whose columns are bound by
// name, and two formats without one (CSEP, ZMAP). Which they are: CatalogueFormat. What becomes of
// each record: core/readers/catalogue_text.h. Pure; thread safe.
//
// Lines that begin with '#' are comments, but for the header of FDSN text. A header that comes again,
// as in files that were put together, counts as a comment too.

#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "core/catalogue/event.h"
#include "core/readers/catalogue_text.h"

namespace tremorcast {

// InvalidArgument: the first line is none of any format, or none of the one asked for.
absl::StatusOr<CatalogueText> ReadCatalogue(absl::string_view text, const CatalogueOptions& options = {});

// FDSN event text that ReadCatalogue gives back, as far as FDSN has columns: a source other than
// "simulated" or "fdsn:..." comes back as "fdsn:<source>", and a withdrawn event not at all.
std::string WriteFdsnText(absl::Span<const SeismicEvent> events);
// Our own table, which ReadCatalogue gives back as it was (revisions aside).
std::string WriteCatalogue(absl::Span<const SeismicEvent> events);

}  // namespace tremorcast
