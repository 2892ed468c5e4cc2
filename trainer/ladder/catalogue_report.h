#pragma once

// What a run of the catalogue rung prints at its end, for people and for programs. Pure.

#include <string>

#include "trainer/ladder/catalogue_job.h"

namespace tremorcast {

std::string DescribeCatalogueOutcome(const CatalogueOutcome& outcome);
std::string CatalogueOutcomeToJson(const CatalogueOutcome& outcome);  // one line

}  // namespace tremorcast
