#pragma once

// Does a model of the catalogue rung become champion? Pure (docs/decisions/0037).

#include <optional>

#include "core/skill/gate.h"
#include "core/skill/records.h"

namespace tremorcast {

// How kCatalogueScope stands.
struct CatalogueChampion {
  std::optional<Promotion> newest;   // entry of the ledger; absent: there is none
  std::optional<ModelRecord> model;  // that it names
};

// Promotes demonstrated skill. A refit replaces its predecessor where it knows at least as much, and
// where nobody has taken the predecessor back: who withdrew or rolled back decides when to go on. A
// simulated model yields to a real one and never the other way round.
ChampionVerdict DecideCatalogueChampion(const ModelRecord& candidate, const CatalogueChampion& before);

}  // namespace tremorcast
