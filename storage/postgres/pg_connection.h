#pragma once

// One libpq connection: for the ingest transaction, leadership and notifications, where we must
// know exactly what was sent and what came back. Never reconnects: once broken() it stays so. One
// thread at a time.
//
// Statements block until their answer or `deadline`; a deadline that passes closes the connection
// (outcome unknown: DeadlineExceeded), for the server normally ends the statement itself by
// statement_timeout. A COMMIT is never cancelled. Errors: see pg_status.h. Messages never hold a
// password.

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "storage/postgres/sql_params.h"
#include "storage/postgres/sql_rows.h"

struct pg_conn;
struct pg_result;

namespace tremorcast {

class PgConnection {
 public:
  // `conninfo` in any form libpq takes; `application` shows in pg_stat_activity. Several hosts are
  // tried in turn, each for its share of the time (2 seconds at least, even past the deadline).
  static absl::StatusOr<std::unique_ptr<PgConnection>> Open(const std::string& conninfo, absl::string_view application,
                                                            absl::Time deadline);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // `sql` may hold several statements; the last one's rows are returned.
  absl::StatusOr<SqlRows> Exec(const std::string& sql, absl::Time deadline);
  // One statement.
  absl::StatusOr<SqlRows> Exec(const std::string& sql, const SqlParams& params, absl::Time deadline);

  // COPY ... FROM STDIN: begin, send any number of pieces, end. A failure of the server shows in
  // EndCopy at the latest.
  absl::Status BeginCopy(const std::string& sql, absl::Time deadline);
  absl::Status SendCopy(absl::string_view bytes, absl::Time deadline);
  absl::Status EndCopy(absl::Time deadline);
  // Ends it so that the server refuses the whole COPY.
  void AbortCopy(absl::Time deadline);

  // Commits and tells whether the transaction is durable as far as the server promises: a COMMIT
  // that answers ROLLBACK, or succeeds with a WARNING (a cancelled wait for a synchronous standby),
  // is Unavailable. Waits `patience` beyond the deadline.
  absl::Status Commit(absl::Time deadline, absl::Duration patience = absl::Seconds(30));
  // Leaves the connection usable, or closes it.
  void Rollback();

  // Blocks until a notification arrives, `deadline`, or Wake() from another thread; true when there
  // is one.
  absl::StatusOr<bool> WaitNotification(std::string* channel, std::string* payload, absl::Time deadline);
  void Wake();

  bool broken() const;
  bool in_transaction() const;
  // The backend's process id as the protocol told it; a pooler in between makes one up.
  int protocol_backend_pid() const;
  // Warnings since the last call.
  std::vector<std::string> TakeWarnings();

 private:
  PgConnection(pg_conn* connection, std::string conninfo);
  static void OnNotice(void* self, const pg_result* result);
  absl::Status Flush(absl::Time deadline);
  absl::Status AwaitSocket(bool also_writable, absl::Time deadline);
  absl::StatusOr<std::shared_ptr<pg_result>> Finish(absl::string_view doing, absl::Time deadline);
  absl::StatusOr<std::shared_ptr<pg_result>> Send(const std::string& sql, absl::Time deadline);
  absl::Status Broken(absl::string_view doing);
  void Close();

  pg_conn* connection_;  // null once closed
  const std::string conninfo_;
  int wake_fd_ = -1;
  std::vector<std::string> warnings_;
};

}  // namespace tremorcast
