#pragma once

// What persons decided about records of catalogues, as rows of a table. Blocks on I/O.

#include <vector>

#include <absl/time/time.h>

#include "core/catalogue/identity.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

// In order of id.
std::vector<IdentityDecision> DecisionsStandingAt(pqxx::work& tx, absl::Time time);

}  // namespace tremorcast
