#pragma once

// Session locks, LISTEN and temporary tables need one backend for the life of a connection. A
// pooler in transaction mode hands the backend on after every transaction; this finds out before
// any harm is done.

#include <absl/status/status.h>

#include "storage/postgres/pg_connection.h"

namespace tremorcast {

// FailedPrecondition when the two connections share backends. `first` and `second` are fresh
// connections of the same conninfo.
absl::Status CheckSessionsAreOurs(PgConnection& first, PgConnection& second, absl::Time deadline);

}  // namespace tremorcast
