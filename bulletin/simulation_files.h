#pragma once

// What the catalogue rung simulated, in the forms that other programs read (docs/EVALUATION.md,
// forecasts for pyCSEP). Pure; thread safe.

#include <string>

#include "tremorcast/v1/forecast_service.pb.h"

namespace tremorcast::bulletin {

// A CSEP gridded forecast, as core/csep/csep_export.h has it: a line for each cell and magnitude bin,
// magnitudes fastest, below comments that numpy and so pyCSEP passes over. Name the file .dat.
std::string RatesDat(const v1::RateMap& map);
// RFC 7946: a feature for each cell, with its expected number and the probabilities of an event. What
// holds for all of them stands beside the features.
std::string RatesGeoJson(const v1::RateMap& map);

// The catalogues as pyCSEP's CSEPCatalog.load_ascii_catalogs reads them: CSV with this first line,
// and a line for each event. A catalogue without any is a line with its number alone, so that none is
// lost at the end. The model knows no depths.
inline constexpr char kCataloguesCsvHeader[] = "lon,lat,mag,time_string,depth,catalog_id,event_id\n";
void AppendCatalogueCsv(const v1::SimulatedCatalogue& catalogue, std::string* csv);

}  // namespace tremorcast::bulletin
