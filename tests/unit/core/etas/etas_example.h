#pragma once

// The published example of ETAS (shared/data/etas, from lmizrahi/etas), for tests and the bench.

#include <optional>
#include <vector>

#include "core/catalogue/event.h"
#include "core/etas/etas_events.h"
#include "core/etas/etas_model.h"

namespace tremorcast {

struct EtasExample {
  std::vector<SeismicEvent> catalogue;
  EtasRegion region;  // with the area that its authors' program takes
  MagnitudeLaw law;   // complete from M 3.6
};
// Nothing where the files are absent.
std::optional<EtasExample> ReadEtasExample();

absl::Time NewYear(int year);

// What the catalogue was made with, and what lmizrahi/etas 3.0.0 fits to the targets of 1981 to 2007.
extern const EtasVector kExampleTruth;
extern const EtasVector kPeerFit;

}  // namespace tremorcast
