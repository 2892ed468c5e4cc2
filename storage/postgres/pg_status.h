#pragma once

// PostgreSQL's errors as statuses, for libpq and libpqxx alike, and the one place that keeps
// secrets of a connection string out of messages. Pure and thread safe.
//
//   57014 query cancelled (deadline), 55P03 lock timeout        DeadlineExceeded
//   08*, 57P0*, 53*, 40*, 25006: away, starting, full, restart    Unavailable (retry is safe)
//   23*, 22*                                                     InvalidArgument
//   28*, 42501, 3D000                                            FailedPrecondition (role or database wrong)
//   42P01, 42703                                                 FailedPrecondition (schema missing)
//   anything else                                                Internal

#include <string>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast {

// `message`: the server's primary message. The code is kept with the status, see SqlStateOf.
absl::Status StatusFromSqlState(absl::string_view sqlstate, absl::string_view message, absl::string_view doing);
// "23505", or "" when the status carries none.
std::string SqlStateOf(const absl::Status& status);
inline constexpr char kUniqueViolation[] = "23505";
inline constexpr char kUndefinedTable[] = "42P01";
inline constexpr char kCheckViolation[] = "23514";
inline constexpr char kDiskFull[] = "53100";
inline constexpr char kUntranslatableText[] = "22021";
// What the server says of a text with the byte zero, which libpq cannot even send as text.
inline constexpr char kZeroByteInText[] = "invalid byte sequence for encoding \"UTF8\": 0x00";

// `text` without the passwords of `conninfo` (also one only its raw text shows, when it does not
// parse).
std::string WithoutSecrets(absl::string_view text, const std::string& conninfo);
// For a connection string that came in an argument list, which every user of the machine can read:
// InvalidArgument, repeating none of it, when it holds a password. `flag` starts the message.
absl::Status RefuseSecrets(absl::string_view flag, const std::string& conninfo);
// InvalidArgument, naming nothing of the text, when it is neither key=value nor URI.
absl::Status ValidateConninfo(const std::string& conninfo);

// `conninfo` with time limits on connecting and on a silent peer, unless the caller set them.
// Several hosts get target_session_attrs=read-write, and share `patience`.
std::string CompleteConninfo(const std::string& conninfo, absl::string_view application,
                             absl::Duration patience = absl::InfiniteDuration());

// What every connection sets once it is open (not as start-up options: poolers refuse those): text
// forms that we can read back exactly, never less durability than the database's administrator
// configured for all, standbys included, no JIT (the planner knows nothing of a staging table's
// size, and compiling costs more than our statements), and plans of cursors for all their rows, for
// we fetch them all.
const char* SessionSettings();

}  // namespace tremorcast
