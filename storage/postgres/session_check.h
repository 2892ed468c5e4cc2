#pragma once

// Whether a database session can do this service's work now: its clock agrees with ours, it may
// write, and its disk has room. Each failure is Unavailable with what is wrong and what to do, and
// goes away by itself once the cause does. Blocks; not thread safe (one connection).

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "storage/postgres/pg_connection.h"

namespace tremorcast {

// Half a slot: beyond it a row's received_at, the end of a week and "known at" no longer mean the
// same on both sides.
inline constexpr absl::Duration kMaxClockSkew = absl::Minutes(5);

// The database read its clock at some moment between our `before` and `after`. A jump of ours in
// between is seen by the next question.
absl::Status CheckClock(absl::Time before, absl::Time database, absl::Time after);

// One round trip: clock, and whether transactions are read-only (a standby, or set so by its
// administrator).
absl::Status CheckSession(PgConnection& connection, absl::Time deadline);

// Allocates a megabyte where tables go, and gives it back: fails while the disk is full. Leaves
// nothing behind.
absl::Status TryWriting(PgConnection& connection, absl::Time deadline);

}  // namespace tremorcast
