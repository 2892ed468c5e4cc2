#pragma once

// One libpq connection: for the ingest transaction, leadership and notifications, where we must know exactly what was
// sent and what came back. Never reconnects: once broken() it stays so. One thread at a time.
//
// Statements block until their answer or `deadline`; a deadline that passes closes the connection (outcome unknown:
// DeadlineExceeded), for the server normally ends the statement itself by statement_timeout. A COMMIT is never
// cancelled. Errors: see pg_status.h. Messages never hold a password.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

struct pg_conn;
struct pg_result;

namespace tremorcast {

class PgResult {
 public:
  explicit PgResult(pg_result* result) : result_(result, &Clear) {}

  int rows() const;
  bool null(int row, int column) const;
  // The value's bytes: text, or binary when asked for.
  absl::string_view value(int row, int column) const;
  int64_t binary_int64(int row, int column) const;
  int32_t binary_int32(int row, int column) const;
  int16_t binary_int16(int row, int column) const;
  bool binary_bool(int row, int column) const;
  // Rows inserted, updated or deleted.
  int64_t affected() const;
  // "COMMIT", "INSERT 0 5".
  absl::string_view command() const;

 private:
  static void Clear(pg_result* result);
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

// Statement parameters, sent in binary form.
class PgParams {
 public:
  PgParams& Int64(int64_t value);
  PgParams& Int32(int32_t value);
  PgParams& Text(absl::string_view value);
  PgParams& Bytes(absl::string_view value);
  PgParams& Null();
  PgParams& Time(absl::Time value);
  PgParams& Int64Array(absl::Span<const int64_t> values);
  PgParams& Int16Array(absl::Span<const int16_t> values);
  PgParams& TextArray(absl::Span<const std::string> values);
  // An empty pointer is NULL.
  PgParams& BytesArray(absl::Span<const std::string* const> values);
  PgParams& TimeArray(absl::Span<const absl::Time> values);

 private:
  friend class PgConnection;
  PgParams& Add(uint32_t type, std::string bytes);
  std::vector<uint32_t> types_;
  std::vector<std::string> values_;
  std::vector<bool> null_;
};

// Microseconds since 2000-01-01, PostgreSQL's binary timestamptz; infinities are the extreme values.
int64_t PgTimestamp(absl::Time t);
absl::Time FromPgTimestamp(int64_t microseconds);

class PgConnection {
 public:
  // `conninfo` in any form libpq takes; `application` shows in pg_stat_activity. Several hosts are tried in turn, each
  // for its share of the time (2 seconds at least, even past the deadline).
  static absl::StatusOr<std::unique_ptr<PgConnection>> Open(const std::string& conninfo, absl::string_view application,
                                                            absl::Time deadline);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // `sql` may hold several statements; the last one's result is returned.
  absl::StatusOr<PgResult> Exec(const std::string& sql, absl::Time deadline);
  // One statement; results in binary form.
  absl::StatusOr<PgResult> Exec(const std::string& sql, const PgParams& params, absl::Time deadline);

  // COPY ... FROM STDIN: begin, send any number of pieces, end. A failure of the server shows in EndCopy at the latest.
  absl::Status BeginCopy(const std::string& sql, absl::Time deadline);
  absl::Status SendCopy(absl::string_view bytes, absl::Time deadline);
  absl::StatusOr<PgResult> EndCopy(absl::Time deadline);
  // Ends it so that the server refuses the whole COPY.
  void AbortCopy(absl::Time deadline);

  // Commits and tells whether the transaction is durable as far as the server promises: a COMMIT that answers ROLLBACK,
  // or succeeds with a WARNING (a cancelled wait for a synchronous standby), is Unavailable. Waits `patience` beyond
  // the deadline.
  absl::Status Commit(absl::Time deadline, absl::Duration patience = absl::Seconds(30));
  // Leaves the connection usable, or closes it.
  void Rollback();

  // Blocks until a notification arrives, `deadline`, or Wake() from another thread; true when there is one.
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
  absl::StatusOr<PgResult> Finish(absl::string_view doing, absl::Time deadline);
  absl::Status Broken(absl::string_view doing);
  void Close();

  pg_conn* connection_;  // null once closed
  const std::string conninfo_;
  int wake_fd_ = -1;
  std::vector<std::string> warnings_;
};

}  // namespace tremorcast
