#include "storage/postgres/pqxx_adapter.h"

#include <exception>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <pqxx/version>

#include "storage/postgres/pg_status.h"

namespace tremorcast {

#if PQXX_VERSION_MAJOR >= 7

pqxx::result ExecSql(pqxx::transaction_base& transaction, const std::string& sql, const SqlParams& params) {
  pqxx::params list;
  list.reserve(params.values().size());
  for (const auto& value : params.values()) {
    if (value.has_value()) {
      list.append(*value);
    } else {
      list.append();
    }
  }
#if PQXX_VERSION_MAJOR > 7 || PQXX_VERSION_MINOR >= 9
  return transaction.exec(pqxx::zview(sql), list);
#else
  return transaction.exec_params(pqxx::zview(sql), list);
#endif
}

std::unique_ptr<pqxx::connection> OpenPqxx(const std::string& complete_conninfo) {
  return std::make_unique<pqxx::connection>(complete_conninfo);
}

#else  // libpqxx 6

pqxx::result ExecSql(pqxx::transaction_base& transaction, const std::string& sql, const SqlParams& params) {
  std::vector<const char*> list;
  list.reserve(params.values().size());
  for (const auto& value : params.values()) list.push_back(value.has_value() ? value->c_str() : nullptr);
  return transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(list.begin(), list.end()));
}

std::unique_ptr<pqxx::connection> OpenPqxx(const std::string& complete_conninfo) {
  auto connection = std::make_unique<pqxx::connection>(complete_conninfo);
  // Deprecated because version 7 never reactivates; here it is what we want.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  return connection;
}

#endif

absl::Status StatusOfCurrentException(const std::string& conninfo) {
  // what() is "ERROR:  <primary>\nDETAIL: ...": the first line is enough, and details may quote row contents.
  const auto first_line = [&](const std::exception& error) {
    const std::string text = WithoutSecrets(error.what(), conninfo);
    const std::pair<absl::string_view, absl::string_view> split = absl::StrSplit(text, absl::MaxSplits('\n', 1));
    return std::string(absl::StripAsciiWhitespace(absl::StripPrefix(split.first, "ERROR:")));
  };
  try {
    throw;
  } catch (const pqxx::in_doubt_error& error) {
    return absl::DeadlineExceededError(absl::StrCat("the connection was lost while committing: ", first_line(error)));
  } catch (const pqxx::sql_error& error) {
    return StatusFromSqlState(error.sqlstate(), first_line(error), "database");
  } catch (const pqxx::broken_connection& error) {
    return absl::UnavailableError(absl::StrCat("database: ", first_line(error)));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("database client: ", first_line(error)));
  }
}

}  // namespace tremorcast
