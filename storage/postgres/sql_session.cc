#include "storage/postgres/sql_session.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "storage/postgres/pg_status.h"

namespace tremorcast {

absl::StatusOr<std::unique_ptr<pqxx::connection>> OpenSqlSession(const std::string& conninfo,
                                                                 absl::string_view application,
                                                                 absl::Duration statement_timeout,
                                                                 const std::string& settings) {
  RETURN_IF_ERROR(ValidateConninfo(conninfo));
  try {
    auto connection = OpenPqxx(CompleteConninfo(conninfo, application));
    pqxx::nontransaction setup(*connection);
    setup.exec(SessionSettings());
    setup.exec(absl::StrCat("SET statement_timeout = ", absl::ToInt64Milliseconds(statement_timeout)));
    if (!settings.empty()) setup.exec(settings);
    return connection;
  } catch (...) {
    return StatusOfCurrentException(conninfo);
  }
}

absl::Status RunSqlTransaction(pqxx::connection& connection, const std::string& conninfo,
                               const SqlSessions::Body& first, const SqlSessions::Body& body, bool* nothing_sent) {
  *nothing_sent = true;
  try {
    pqxx::work transaction(connection);
    // libpqxx 6 begins with the first statement: an idle connection that died shows here, before
    // any of the body's.
    absl::Status status = first(transaction);
    if (status.ok()) {
      *nothing_sent = false;
      status = body(transaction);
    }
    if (!status.ok()) {
      transaction.abort();
      return status;
    }
    transaction.commit();
    return absl::OkStatus();
  } catch (...) {
    return StatusOfCurrentException(conninfo);
  }
}

SqlSessionPool::SqlSessionPool(Options options)
    : options_(std::move(options)),
      pool_(
          options_.connections,
          [this](absl::Time) { return OpenSqlSession(options_.conninfo, "tremorcast", options_.statement_timeout); },
          [](const pqxx::connection& connection) { return !connection.is_open(); }) {}

absl::Status SqlSessionPool::RunOnce(const Body& body, bool* nothing_sent) {
  ASSIGN_OR_RETURN(auto lease, pool_.Acquire(absl::Now() + options_.acquire_timeout));
  const auto alive = [](pqxx::work& transaction) {
    transaction.exec("SELECT 1");
    return absl::OkStatus();
  };
  return RunSqlTransaction(*lease, options_.conninfo, alive, body, nothing_sent);
}

absl::Status SqlSessionPool::RunTransaction(const Body& body) {
  absl::Status status;
  // Each idle connection may have died with the server; a fresh one tells whether it is back.
  for (int attempt = 0; attempt <= options_.connections; ++attempt) {
    bool nothing_sent = false;
    status = RunOnce(body, &nothing_sent);
    if (status.ok() || !nothing_sent) break;
  }
  return status;
}

void LockForTransaction(pqxx::work& transaction, int64_t key) {
  ExecSql(transaction, "SELECT pg_advisory_xact_lock($1)", SqlParams().Int(key));
}

}  // namespace tremorcast
