#include "storage/sql_session.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "storage/pg_status.h"

namespace tremorcast {

SqlSessions::SqlSessions(Options options)
    : options_(std::move(options)),
      pool_(
          options_.connections, [this](absl::Time) { return Open(); },
          [](const pqxx::connection& connection) { return !connection.is_open(); }) {}

absl::StatusOr<std::unique_ptr<pqxx::connection>> SqlSessions::Open() {
  if (absl::Status valid = ValidateConninfo(options_.conninfo); !valid.ok()) return valid;
  try {
    auto connection = OpenPqxx(CompleteConninfo(options_.conninfo, "tremorcast"));
    pqxx::nontransaction setup(*connection);
    setup.exec(SessionSettings());
    setup.exec(absl::StrCat("SET statement_timeout = ", absl::ToInt64Milliseconds(options_.statement_timeout)));
    return connection;
  } catch (...) {
    return StatusOfCurrentException(options_.conninfo);
  }
}

absl::Status SqlSessions::RunOnce(const std::function<absl::Status(pqxx::work&)>& body, bool* nothing_sent) {
  auto lease = pool_.Acquire(absl::Now() + options_.acquire_timeout);
  if (!lease.ok()) return lease.status();
  *nothing_sent = true;
  try {
    pqxx::work transaction(**lease);
    // libpqxx 6 begins with the first statement: an idle connection that died shows here, before any of ours.
    transaction.exec("SELECT 1");
    *nothing_sent = false;
    if (absl::Status status = body(transaction); !status.ok()) {
      transaction.abort();
      return status;
    }
    transaction.commit();
    return absl::OkStatus();
  } catch (...) {
    return StatusOfCurrentException(options_.conninfo);
  }
}

absl::Status SqlSessions::RunTransaction(const std::function<absl::Status(pqxx::work&)>& body) {
  absl::Status status;
  // Each idle connection may have died with the server; a fresh one tells whether it is back.
  for (int attempt = 0; attempt <= options_.connections; ++attempt) {
    bool nothing_sent = false;
    status = RunOnce(body, &nothing_sent);
    if (status.ok() || !nothing_sent) break;
  }
  return status;
}

absl::string_view Field(const pqxx::result& result, int row, int column) {
  const auto field = result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
  return absl::string_view(field.c_str(), field.size());
}

bool FieldIsNull(const pqxx::result& result, int row, int column) {
  return result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)].is_null();
}

int RowCount(const pqxx::result& result) { return static_cast<int>(result.size()); }

void LockForTransaction(pqxx::work& transaction, int64_t key) {
  ExecSql(transaction, "SELECT pg_advisory_xact_lock($1)", SqlParams().Int(key));
}

}  // namespace tremorcast
