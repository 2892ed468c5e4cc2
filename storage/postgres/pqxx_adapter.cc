#include "storage/postgres/pqxx_adapter.h"

#include <exception>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <pqxx/version>

#include "storage/postgres/pg_status.h"

namespace tremorcast {
namespace {

class PqxxRows final : public SqlRows::Source {
 public:
  explicit PqxxRows(pqxx::result result) : result_(std::move(result)) {}

  int size() const override { return static_cast<int>(result_.size()); }
  bool null(int row, int column) const override { return Field(row, column).is_null(); }
  absl::string_view value(int row, int column) const override {
    const pqxx::field field = Field(row, column);
    return absl::string_view(field.c_str(), field.size());
  }
  int64_t affected() const override { return static_cast<int64_t>(result_.affected_rows()); }

 private:
  pqxx::field Field(int row, int column) const {
    return result_[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
  }

  const pqxx::result result_;
};

#if PQXX_VERSION_MAJOR >= 7

pqxx::result Execute(pqxx::transaction_base& transaction, const std::string& sql, const SqlParams& params) {
  pqxx::params list;
  list.reserve(params.values().size());
  for (const SqlParams::Value& value : params.values()) {
    if (!value.bytes.has_value()) {
      list.append();
    } else if (value.binary) {
      list.append(pqxx::binary_cast(*value.bytes));
    } else {
      list.append(*value.bytes);
    }
  }
#if PQXX_VERSION_MAJOR > 7 || PQXX_VERSION_MINOR >= 9
  return transaction.exec(pqxx::zview(sql), list);
#else
  return transaction.exec_params(pqxx::zview(sql), list);
#endif
}

std::unique_ptr<pqxx::connection> Connect(const std::string& complete_conninfo) {
  return std::make_unique<pqxx::connection>(complete_conninfo);
}

#else  // libpqxx 6

// Text and bytes in a list of any length: the public make_dynamic_params has one type for all.
pqxx::result Execute(pqxx::transaction_base& transaction, const std::string& sql, const SqlParams& params) {
  pqxx::internal::params list;
  for (const SqlParams::Value& value : params.values()) {
    list.lengths.push_back(value.bytes.has_value() ? static_cast<int>(value.bytes->size()) : 0);
    list.nonnulls.push_back(value.bytes.has_value() ? 1 : 0);
    list.binaries.push_back(value.binary ? 1 : 0);
    if (value.binary) {
      list.bin_strings.emplace_back(*value.bytes);
    } else if (value.bytes.has_value()) {
      list.strings.push_back(*value.bytes);
    }
  }
  return transaction.exec_params(sql, std::move(list));
}

std::unique_ptr<pqxx::connection> Connect(const std::string& complete_conninfo) {
  auto connection = std::make_unique<pqxx::connection>(complete_conninfo);
  // Deprecated because version 7 never reactivates; here it is what we want.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  return connection;
}

#endif

}  // namespace

std::unique_ptr<pqxx::connection> OpenPqxx(const std::string& complete_conninfo) { return Connect(complete_conninfo); }

SqlRows ExecSql(pqxx::transaction_base& transaction, const std::string& sql, const SqlParams& params) {
  if (params.HoldsZeroByte()) throw pqxx::sql_error(kZeroByteInText, sql, kUntranslatableText);
  return SqlRows(std::make_shared<PqxxRows>(Execute(transaction, sql, params)));
}

SqlRows QueryBinary(pqxx::transaction_base& transaction, const std::string& query, const SqlParams& params) {
  ExecSql(transaction, absl::StrCat("DECLARE binary_rows BINARY CURSOR FOR ", query), params);
  SqlRows rows(std::make_shared<PqxxRows>(transaction.exec("FETCH ALL FROM binary_rows")), true);
  transaction.exec("CLOSE binary_rows");
  return rows;
}

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
