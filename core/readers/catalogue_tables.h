#pragma once

// The catalogues that are tables with a header: what their columns are called. Pure; thread safe.

#include <cstdint>
#include <vector>

#include <absl/strings/string_view.h>

#include "core/readers/catalogue_text.h"

namespace tremorcast {

// What a column of a catalogue may hold.
enum CatalogueField : int8_t {
  kSource,
  kId,
  kDate,
  kTime,
  kLatitude,
  kLongitude,
  kDepth,
  kMagnitude,
  kMagnitudeType,
  kPlace,
  kType,
  kStatus,
  kUnixTime,
  kUpdated,
  kContributor,
  kAuthor,
  kFieldCount
};

struct CatalogueColumn {
  CatalogueField field;
  absl::string_view names;  // what it may be called in lower case, apart by '|'
};

struct CatalogueTable {
  CatalogueFormat format;
  absl::string_view source;
  absl::string_view separators;
  bool quotes;
  bool network_time;  // where a time does not say its zone; else UTC
  std::vector<CatalogueColumn> columns;
  // Time, latitude, longitude and magnitude are always needed; these columns tell the format from
  // the others.
  std::vector<CatalogueField> telling;
};

// The first that fits a header counts, so those with more telling columns come first.
const std::vector<CatalogueTable>& CatalogueTables();

}  // namespace tremorcast
