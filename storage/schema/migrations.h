#pragma once

// The schema, step by step. Migrations are numbered files in storage/schema/migrations, embedded at
// build time: forward only, and never edited once released (a recorded checksum that no longer
// matches is refused).
//
// Migrate blocks while another process migrates. Errors: FailedPrecondition when the database's
// schema is newer than this program or a recorded migration was altered; Unavailable when the
// database is away.

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

namespace tremorcast {

class PgConnection;

struct Migration {
  int number = 0;    // 1, 2, ...
  std::string name;  // "0001_network"
  std::string sql;
};

absl::Span<const Migration> EmbeddedMigrations();

// Brings the schema up to the last of `migrations`. Each runs in a transaction of its own.
absl::Status Migrate(PgConnection& connection, absl::Span<const Migration> migrations, absl::Time deadline);

// OK when the schema is exactly at the last of `migrations`; FailedPrecondition says what is
// missing or too new.
absl::Status CheckSchema(PgConnection& connection, absl::Span<const Migration> migrations, absl::Time deadline);

}  // namespace tremorcast
