#pragma once

// Everything that differs between libpqxx 6.4 (Debian 12) and 7.10 (Debian 13), and the function
// that turns its exceptions into statuses. No other file looks at the version.

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <pqxx/pqxx>

#include "storage/postgres/sql_params.h"
#include "storage/postgres/sql_rows.h"

namespace tremorcast {

// One statement; the answer in text form. Throws as libpqxx does.
SqlRows ExecSql(pqxx::transaction_base& transaction, const std::string& sql, const SqlParams& params = SqlParams());

// One query; the answer in binary form, for bytea and real[] that are large: their text is twice as
// long and has to be parsed. libpqxx asks for text whatever the statement, but a binary cursor
// answers in binary all the same.
SqlRows QueryBinary(pqxx::transaction_base& transaction, const std::string& query, const SqlParams& params);

// A connection that never reconnects behind our back: 6.4 would, and lose session state with the
// old backend.
std::unique_ptr<pqxx::connection> OpenPqxx(const std::string& complete_conninfo);

// Call it inside a catch block. `conninfo` is only used to keep its secrets out of the message.
absl::Status StatusOfCurrentException(const std::string& conninfo);

}  // namespace tremorcast
