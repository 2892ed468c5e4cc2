#pragma once

// Transactions of the ordinary stores. Blocks on I/O; thread safe; must outlive nothing but the
// calls made on it.
//
//   absl::StatusOr<int64_t> n = sessions.Run([&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
//     return ExecSql(tx, "SELECT count(*) FROM stations").Int(0, 0);
//   });
//
// The transaction commits when the function returns OK and rolls back on an error. Exceptions of
// libpqxx become statuses here and go no further. Two implementations: a pool of connections that
// are all alike (SqlSessionPool), and the one connection that holds the leader's lock
// (storage/leadership.h).

#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/status_macros.h"
#include "storage/postgres/pool.h"
#include "storage/postgres/pqxx_adapter.h"

namespace tremorcast {

class SqlSessions {
 public:
  using Body = std::function<absl::Status(pqxx::work&)>;

  virtual ~SqlSessions() = default;
  virtual absl::Status RunTransaction(const Body& body) = 0;

  // `body` returns an absl::StatusOr<T>.
  template <typename F>
  std::invoke_result_t<F, pqxx::work&> Run(const F& body) {
    std::invoke_result_t<F, pqxx::work&> result = absl::InternalError("not run");
    RETURN_IF_ERROR(RunTransaction([&](pqxx::work& transaction) {
      result = body(transaction);
      return result.status();
    }));
    return result;
  }
};

class SqlSessionPool final : public SqlSessions {
 public:
  struct Options {
    std::string conninfo;
    int connections = 4;
    absl::Duration statement_timeout = absl::Seconds(60);
    absl::Duration acquire_timeout = absl::Seconds(30);
  };
  explicit SqlSessionPool(Options options);

  // A connection found dead before anything was sent is replaced by another.
  absl::Status RunTransaction(const Body& body) override;

 private:
  absl::Status RunOnce(const Body& body, bool* nothing_sent);

  const Options options_;
  Pool<pqxx::connection> pool_;
};

// Opens and sets a session up; `settings` are further statements run in it.
absl::StatusOr<std::unique_ptr<pqxx::connection>> OpenSqlSession(const std::string& conninfo,
                                                                 absl::string_view application,
                                                                 absl::Duration statement_timeout,
                                                                 const std::string& settings = "");
// One transaction: `first` with its own statement, which tells whether the session lives, then
// `body`. `*nothing_sent`: it ended before `body` began.
absl::Status RunSqlTransaction(pqxx::connection& connection, const std::string& conninfo,
                               const SqlSessions::Body& first, const SqlSessions::Body& body, bool* nothing_sent);

// Waits for the transaction-scoped advisory lock (storage/postgres/lock_keys.h).
void LockForTransaction(pqxx::work& transaction, int64_t key);

}  // namespace tremorcast
