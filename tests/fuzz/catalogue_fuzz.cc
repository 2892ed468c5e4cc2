// Catalogues and station lists: what was read is valid, and what we write of it reads back as the
// same.
// First byte: which reader, and for catalogues which format is forced.

#include <cstddef>
#include <optional>
#include <string>

#include <absl/time/time.h>

#include "core/base/plain_text.h"
#include "core/catalogue/event.h"
#include "core/network/station_network.h"
#include "core/readers/catalogue_csv.h"
#include "core/readers/station_csv.h"
#include "formats/catalogue_file.h"
#include "formats/station_file.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {
namespace {

// Whether the service takes it.
bool Taken(const std::string& text, size_t most) { return PlainTextFault(text).empty() && text.size() <= most; }

void Catalogue(absl::string_view text, std::optional<CatalogueFormat> forced) {
  const auto read = ReadCatalogueFile(text, {forced, "", absl::InfiniteFuture()});
  if (!read.ok()) return;
  for (const SeismicEvent& event : read->events) {
    FUZZ_CHECK(ValidateEvent(event).ok());
    FUZZ_CHECK(Taken(event.source, kMostTextBytes) && Taken(event.source_event_id, kMostTextBytes));
    FUZZ_CHECK(Taken(event.place, kMostPlaceBytes) && Taken(event.magnitude_type, kMostTextBytes));
  }
  const std::string written = WriteCatalogue(read->events);
  const auto again = ReadCatalogue(written, {CatalogueFormat::kOwn, "", absl::InfiniteFuture()});
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->bad_lines.empty());
  FUZZ_CHECK(again->events.size() == read->events.size());
  FUZZ_CHECK(WriteCatalogue(again->events) == written);
  FUZZ_CHECK(ReadCatalogue(WriteFdsnText(read->events), {CatalogueFormat::kFdsnText, "", absl::InfiniteFuture()}).ok());
}

void Stations(absl::string_view text) {
  const auto read = ReadStationFile(text);
  if (!read.ok()) return;
  for (const Station& station : read->stations) {
    FUZZ_CHECK(ValidateStation(station).ok() && Taken(station.title, kMostTextBytes));
  }
  const std::string written = WriteStations(read->stations);
  const auto again = ReadStations(written);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->bad_lines.empty());
  FUZZ_CHECK(again->stations.size() == read->stations.size());
  FUZZ_CHECK(WriteStations(again->stations) == written);
}

}  // namespace

void FuzzOne(absl::string_view input) {
  switch (TakeByte(&input)) {
    case 's':
      return Stations(input);
    case 'c':
      return Catalogue(input, CatalogueFormat::kCenc);
    case 'q':
      return Catalogue(input, CatalogueFormat::kEqlst);
    case 'f':
      return Catalogue(input, CatalogueFormat::kFdsnText);
    case 'u':
      return Catalogue(input, CatalogueFormat::kComcat);
    case 'z':
      return Catalogue(input, CatalogueFormat::kZmap);
    case 'x':
      return Catalogue(input, CatalogueFormat::kQuakeml);
    case 'g':
      return Catalogue(input, CatalogueFormat::kGeojson);
    default:
      return Catalogue(input, std::nullopt);
  }
}

}  // namespace tremorcast
