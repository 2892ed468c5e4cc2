#pragma once

// Everything that differs between libpqxx 6.4 (Debian 12) and 7.10 (Debian 13), and the function that turns its
// exceptions into statuses. No other file looks at the version.

#include <memory>
#include <string>

#include "absl/status/status.h"
#include <pqxx/pqxx>

#include "storage/postgres/sql_text.h"

namespace tremorcast {

// One statement with text parameters. Throws as libpqxx does.
pqxx::result ExecSql(pqxx::transaction_base& transaction, const std::string& sql,
                     const SqlParams& params = SqlParams());

// A connection that never reconnects behind our back: 6.4 would, and lose session state with the old backend.
std::unique_ptr<pqxx::connection> OpenPqxx(const std::string& complete_conninfo);

// Call it inside a catch block. `conninfo` is only used to keep its secrets out of the message.
absl::Status StatusOfCurrentException(const std::string& conninfo);

}  // namespace tremorcast
