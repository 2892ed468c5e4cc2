#include "formats/catalogue_file.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include "core/readers/catalogue_csv.h"
#include "formats/geojson_catalogue.h"
#include "formats/quakeml.h"

namespace tremorcast {

absl::StatusOr<CatalogueText> ReadCatalogueFile(absl::string_view text, const CatalogueOptions& options) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  const absl::string_view start = absl::StripLeadingAsciiWhitespace(text).substr(0, 1);
  if (start.empty()) {
    CatalogueText nothing;
    nothing.format = options.format.value_or(CatalogueFormat::kOwn);
    return nothing;
  }
  const auto may_be = [&](CatalogueFormat format) { return options.format.value_or(format) == format; };
  if (start == "<" && may_be(CatalogueFormat::kQuakeml)) return ReadQuakeml(text, options);
  if (start == "{" && may_be(CatalogueFormat::kGeojson)) return ReadGeojsonCatalogue(text, options);
  return ReadCatalogue(text, options);
}

}  // namespace tremorcast
