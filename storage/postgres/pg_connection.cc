#include "storage/postgres/pg_connection.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>
#include <libpq-fe.h>

#include "core/base/status_macros.h"
#include "storage/postgres/pg_status.h"

namespace tremorcast {
namespace {

// The server's own timeout comes first; this much later we stop believing in the connection.
constexpr absl::Duration kServerGrace = absl::Seconds(2);

int PollMilliseconds(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return -1;
  const absl::Duration left = deadline - absl::Now();
  return static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(left) + 1, 0, 3'600'000));
}

class PgRows final : public SqlRows::Source {
 public:
  explicit PgRows(std::shared_ptr<pg_result> result) : result_(std::move(result)) {}

  int size() const override { return PQntuples(result_.get()); }
  bool null(int row, int column) const override { return PQgetisnull(result_.get(), row, column) == 1; }
  absl::string_view value(int row, int column) const override {
    return absl::string_view(PQgetvalue(result_.get(), row, column), PQgetlength(result_.get(), row, column));
  }
  int64_t affected() const override {
    int64_t count = 0;
    return absl::SimpleAtoi(PQcmdTuples(result_.get()), &count) ? count : 0;
  }

 private:
  const std::shared_ptr<pg_result> result_;
};

absl::StatusOr<SqlRows> RowsOf(absl::StatusOr<std::shared_ptr<pg_result>> result) {
  if (!result.ok()) return result.status();
  return SqlRows(std::make_shared<PgRows>(*std::move(result)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PgConnection>> PgConnection::Open(const std::string& conninfo,
                                                                 absl::string_view application, absl::Time deadline) {
  RETURN_IF_ERROR(ValidateConninfo(conninfo));
  if (deadline == absl::InfiniteFuture()) deadline = absl::Now() + absl::Seconds(30);
  // The blocking way: it gives each host its connect_timeout and goes on to the next.
  // PQconnectStart would stay with a host that is gone, or whose server hangs, for as long as TCP
  // does.
  pg_conn* raw = PQconnectdb(CompleteConninfo(conninfo, application, deadline - absl::Now()).c_str());
  if (raw == nullptr) return absl::ResourceExhaustedError("no memory for a database connection");
  std::unique_ptr<PgConnection> connection(new PgConnection(raw, conninfo));
  if (PQstatus(raw) != CONNECTION_OK) return connection->Broken("connecting to the database");
  // Without it Wake does nothing, and who waits for a notification does so for ten minutes.
  if (connection->wake_fd_ < 0) return absl::UnavailableError("connecting to the database: no descriptor is left");
  PQsetnonblocking(raw, 1);
  RETURN_IF_ERROR(connection->Exec(SessionSettings(), deadline).status());
  return connection;
}

PgConnection::PgConnection(pg_conn* connection, std::string conninfo)
    : connection_(connection), conninfo_(std::move(conninfo)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  PQsetNoticeReceiver(connection_, &PgConnection::OnNotice, this);
}

PgConnection::~PgConnection() {
  Close();
  if (wake_fd_ >= 0) close(wake_fd_);
}

void PgConnection::Close() {
  if (connection_ != nullptr) PQfinish(connection_);
  connection_ = nullptr;
}

void PgConnection::OnNotice(void* self, const pg_result* result) {
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (severity == nullptr || absl::string_view(severity) != "WARNING") return;
  static_cast<PgConnection*>(self)->warnings_.emplace_back(message == nullptr ? "" : message);
}

std::vector<std::string> PgConnection::TakeWarnings() { return std::exchange(warnings_, {}); }

bool PgConnection::broken() const { return connection_ == nullptr || PQstatus(connection_) != CONNECTION_OK; }

bool PgConnection::in_transaction() const { return !broken() && PQtransactionStatus(connection_) != PQTRANS_IDLE; }

int PgConnection::protocol_backend_pid() const { return connection_ == nullptr ? 0 : PQbackendPID(connection_); }

absl::Status PgConnection::Broken(absl::string_view doing) {
  std::string message = connection_ == nullptr ? "the connection is closed" : PQerrorMessage(connection_);
  absl::StripTrailingAsciiWhitespace(&message);
  absl::Status status = absl::UnavailableError(absl::StrCat(doing, ": ", WithoutSecrets(message, conninfo_)));
  Close();
  return status;
}

absl::Status PgConnection::AwaitSocket(bool also_writable, absl::Time deadline) {
  for (;;) {
    pollfd entry = {PQsocket(connection_), static_cast<short>(also_writable ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = poll(&entry, 1, PollMilliseconds(deadline));
    if (ready > 0) break;
    if (ready < 0 && errno == EINTR) continue;
    Close();
    return absl::DeadlineExceededError("the database did not answer in time");
  }
  return absl::OkStatus();
}

absl::Status PgConnection::Flush(absl::Time deadline) {
  for (;;) {
    const int pending = PQflush(connection_);
    if (pending == 0) return absl::OkStatus();
    if (pending < 0) return Broken("sending to the database");
    RETURN_IF_ERROR(AwaitSocket(true, deadline));
    // The server may be unable to read on before we read what it says.
    if (PQconsumeInput(connection_) == 0) return Broken("sending to the database");
  }
}

absl::StatusOr<std::shared_ptr<pg_result>> PgConnection::Finish(absl::string_view doing, absl::Time deadline) {
  if (deadline != absl::InfiniteFuture()) deadline += kServerGrace;
  RETURN_IF_ERROR(Flush(deadline));
  std::shared_ptr<pg_result> last;
  absl::Status error;
  for (;;) {
    while (PQisBusy(connection_) == 1) {
      RETURN_IF_ERROR(AwaitSocket(false, deadline));
      if (PQconsumeInput(connection_) == 0) return error.ok() ? Broken(doing) : (Close(), error);
    }
    pg_result* result = PQgetResult(connection_);
    if (result == nullptr) break;
    std::shared_ptr<pg_result> owned(result, &PQclear);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
      if (error.ok()) {
        error = StatusFromSqlState(
            state == nullptr ? "" : state,
            WithoutSecrets(message == nullptr ? PQresultErrorMessage(result) : message, conninfo_), doing);
      }
    } else {
      last = std::move(owned);
      if (status == PGRES_COPY_IN) break;  // no further result until the copy ends
    }
    if (PQstatus(connection_) != CONNECTION_OK) break;
  }
  if (!error.ok()) {
    if (broken()) Close();
    return error;
  }
  if (broken()) return Broken(doing);
  return last;
}

absl::StatusOr<std::shared_ptr<pg_result>> PgConnection::Send(const std::string& sql, absl::Time deadline) {
  if (broken()) return Broken("running a statement");
  if (PQsendQuery(connection_, sql.c_str()) == 0) return Broken("sending a statement");
  return Finish("running a statement", deadline);
}

absl::StatusOr<SqlRows> PgConnection::Exec(const std::string& sql, absl::Time deadline) {
  return RowsOf(Send(sql, deadline));
}

absl::StatusOr<SqlRows> PgConnection::Exec(const std::string& sql, const SqlParams& params, absl::Time deadline) {
  if (broken()) return Broken("running a statement");
  if (params.HoldsZeroByte()) return StatusFromSqlState(kUntranslatableText, kZeroByteInText, "running a statement");
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const SqlParams::Value& value : params.values()) {
    values.push_back(value.bytes.has_value() ? value.bytes->c_str() : nullptr);
    lengths.push_back(value.bytes.has_value() ? static_cast<int>(value.bytes->size()) : 0);
    formats.push_back(value.binary ? 1 : 0);
  }
  if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        lengths.data(), formats.data(), 0) == 0) {
    return Broken("sending a statement");
  }
  return RowsOf(Finish("running a statement", deadline));
}

absl::Status PgConnection::BeginCopy(const std::string& sql, absl::Time deadline) {
  return Exec(sql, deadline).status();
}

absl::Status PgConnection::SendCopy(absl::string_view bytes, absl::Time deadline) {
  if (broken()) return Broken("copying rows");
  if (deadline != absl::InfiniteFuture()) deadline += kServerGrace;
  int sent;
  while ((sent = PQputCopyData(connection_, bytes.data(), static_cast<int>(bytes.size()))) == 0) {
    RETURN_IF_ERROR(Flush(deadline));
  }
  // -1 while the connection lives: the server ended the copy; EndCopy says why.
  if (sent < 0 && broken()) return Broken("copying rows");
  return Flush(deadline);
}

absl::Status PgConnection::EndCopy(absl::Time deadline) {
  if (broken()) return Broken("copying rows");
  int sent;
  while ((sent = PQputCopyEnd(connection_, nullptr)) == 0) {
    RETURN_IF_ERROR(Flush(deadline + kServerGrace));
  }
  if (sent < 0 && broken()) return Broken("copying rows");
  return Finish("copying rows", deadline).status();
}

void PgConnection::AbortCopy(absl::Time deadline) {
  if (broken()) return;
  while (PQputCopyEnd(connection_, "given up by the client") == 0) {
    if (!Flush(deadline + kServerGrace).ok()) return;
  }
  Finish("ending a copy", deadline).status().IgnoreError();
}

absl::Status PgConnection::Commit(absl::Time deadline, absl::Duration patience) {
  warnings_.clear();
  const auto result = Send("COMMIT", std::max(deadline, absl::Now()) + patience);
  if (!result.ok()) {
    // Lost after COMMIT was sent: nobody here knows whether it happened.
    return result.status();
  }
  if (absl::string_view(PQcmdStatus(result->get())) != "COMMIT")
    return absl::UnavailableError("the transaction was rolled back instead of committed");
  if (!warnings_.empty()) {
    return absl::UnavailableError(
        absl::StrCat("committed here, but not as durably as configured: ", warnings_.front()));
  }
  return absl::OkStatus();
}

void PgConnection::Rollback() {
  if (broken() || PQtransactionStatus(connection_) == PQTRANS_IDLE) return;
  if (PQtransactionStatus(connection_) == PQTRANS_ACTIVE || !Exec("ROLLBACK", absl::Now() + absl::Seconds(5)).ok())
    Close();
}

absl::StatusOr<bool> PgConnection::WaitNotification(std::string* channel, std::string* payload, absl::Time deadline) {
  for (;;) {
    if (broken()) return Broken("waiting for a notification");
    if (PQconsumeInput(connection_) == 0) return Broken("waiting for a notification");
    if (PGnotify* notification = PQnotifies(connection_); notification != nullptr) {
      *channel = notification->relname;
      *payload = notification->extra;
      PQfreemem(notification);
      return true;
    }
    std::array<pollfd, 2> entries = {{{PQsocket(connection_), POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
    const int ready = poll(entries.data(), entries.size(), PollMilliseconds(deadline));
    if (ready == 0) return false;
    if (ready < 0 && errno != EINTR) return absl::InternalError("poll failed");
    if (ready > 0 && entries[1].revents != 0) return false;
  }
}

void PgConnection::Wake() {
  const uint64_t one = 1;
  // An eventfd refuses only when it is signalled already.
  if (write(wake_fd_, &one, sizeof(one)) < 0) return;
}

}  // namespace tremorcast
