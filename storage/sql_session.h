#pragma once

// Runs the ordinary stores' transactions over a bounded pool of libpqxx connections. Blocks on I/O; thread safe; must
// outlive nothing but the calls made on it.
//
//   absl::StatusOr<int> n = sessions.Run<int>([&](pqxx::work& tx) -> absl::StatusOr<int> {
//     return ParseSqlInt(Field(ExecSql(tx, "SELECT count(*) FROM stations"), 0, 0));
//   });
//
// The transaction commits when the function returns OK and rolls back on an error. A connection found dead before
// anything was sent is replaced once. Exceptions of libpqxx become statuses here and go no further.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "storage/pool.h"
#include "storage/pqxx_adapter.h"
#include "storage/sql_text.h"

namespace tremorcast {

class SqlSessions {
 public:
  struct Options {
    std::string conninfo;
    int connections = 4;
    absl::Duration statement_timeout = absl::Seconds(60);
    absl::Duration acquire_timeout = absl::Seconds(30);
  };
  explicit SqlSessions(Options options);

  absl::Status RunTransaction(const std::function<absl::Status(pqxx::work&)>& body);

  template <typename T>
  absl::StatusOr<T> Run(const std::function<absl::StatusOr<T>(pqxx::work&)>& body) {
    absl::StatusOr<T> result = absl::InternalError("not run");
    const absl::Status status = RunTransaction([&](pqxx::work& transaction) {
      result = body(transaction);
      return result.status();
    });
    if (!status.ok()) return status;
    return result;
  }

 private:
  absl::StatusOr<std::unique_ptr<pqxx::connection>> Open();
  absl::Status RunOnce(const std::function<absl::Status(pqxx::work&)>& body, bool* nothing_sent);

  const Options options_;
  Pool<pqxx::connection> pool_;
};

// A field as text; the view lives as long as the result.
absl::string_view Field(const pqxx::result& result, int row, int column);
bool FieldIsNull(const pqxx::result& result, int row, int column);
int RowCount(const pqxx::result& result);

// Waits for the transaction-scoped advisory lock (storage/lock_keys.h).
void LockForTransaction(pqxx::work& transaction, int64_t key);

}  // namespace tremorcast
