#include "storage/postgres/pg_status.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <absl/strings/cord.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <libpq-fe.h>

namespace tremorcast {
namespace {

constexpr char kSqlStateUrl[] = "tremorcast/sqlstate";

using ConninfoOptions = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

ConninfoOptions Parse(const std::string& conninfo) {
  char* error = nullptr;
  ConninfoOptions options(PQconninfoParse(conninfo.c_str(), &error), &PQconninfoFree);
  if (error != nullptr) PQfreemem(error);
  return options;
}

absl::StatusCode CodeOf(absl::string_view state) {
  const absl::string_view group = state.substr(0, 2);
  if (state == "57014" || state == "55P03") return absl::StatusCode::kDeadlineExceeded;
  if (group == "08" || group == "53" || group == "40" || absl::StartsWith(state, "57P") || state == "25006" ||
      state.empty()) {
    return absl::StatusCode::kUnavailable;
  }
  if (group == "23" || group == "22") return absl::StatusCode::kInvalidArgument;
  if (group == "28" || group == "3D" || state == "42501" || state == "42P01" || state == "42703") {
    return absl::StatusCode::kFailedPrecondition;
  }
  return absl::StatusCode::kInternal;
}

// PostgreSQL names the file it could not extend, or the statement it would not run; this is what
// that means.
absl::string_view Meaning(absl::string_view state) {
  if (state == kDiskFull) return "the database's disk is full: ";
  if (state == "25006") return "the database is read-only: ";
  return "";
}

// libpq marks what must not be shown with '*'.
bool IsSecret(const PQconninfoOption& option) {
  return option.val != nullptr && *option.val != '\0' && option.dispchar[0] == '*';
}

std::string Quoted(absl::string_view value) {
  return absl::StrCat("'", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

}  // namespace

absl::Status StatusFromSqlState(absl::string_view sqlstate, absl::string_view message, absl::string_view doing) {
  absl::Status status(CodeOf(sqlstate),
                      absl::StrCat(doing, ": ", Meaning(sqlstate), message, sqlstate.empty() ? "" : " [", sqlstate,
                                   sqlstate.empty() ? "" : "]"));
  status.SetPayload(kSqlStateUrl, absl::Cord(sqlstate));
  return status;
}

std::string SqlStateOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kSqlStateUrl);
  return payload.has_value() ? std::string(*payload) : std::string();
}

std::string WithoutSecrets(absl::string_view text, const std::string& conninfo) {
  const ConninfoOptions options = Parse(conninfo);
  if (options == nullptr) return "the connection string cannot be read";
  std::string clean(text);
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (IsSecret(*option)) clean = absl::StrReplaceAll(clean, {{option->val, "***"}});
  }
  return clean;
}

absl::Status RefuseSecrets(absl::string_view flag, const std::string& conninfo) {
  const ConninfoOptions options = Parse(conninfo);
  // One that libpq cannot read may hold a password all the same.
  if (options == nullptr) return ValidateConninfo(conninfo);
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (!IsSecret(*option)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        flag, " holds a password (", option->keyword, "), and every user of this machine can read it in the ",
        "list of processes: change it, then give the string in ", flag, "-file or TREMORCAST_DATABASE, or the ",
        "password in a passfile (PGPASSFILE)"));
  }
  return absl::OkStatus();
}

absl::Status ValidateConninfo(const std::string& conninfo) {
  // libpq's own message may quote the offending part, which may be a password.
  if (Parse(conninfo) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the database connection string is neither key=value pairs nor a postgresql:// URI");
}

std::string CompleteConninfo(const std::string& conninfo, absl::string_view application, absl::Duration patience) {
  const ConninfoOptions options = Parse(conninfo);
  if (options == nullptr) return conninfo;
  std::vector<std::pair<std::string, std::string>> given;
  int64_t hosts = 1, connect_timeout = 0;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const absl::string_view keyword = option->keyword, value = option->val;
    if (keyword == "host" || keyword == "hostaddr") {
      hosts = std::max<int64_t>(hosts, 1 + std::count(value.begin(), value.end(), ','));
    }
    if (keyword == "connect_timeout") {
      if (!absl::SimpleAtoi(value, &connect_timeout)) connect_timeout = 0;
      continue;  // given below
    }
    given.emplace_back(keyword, value);
  }
  // Each host gets its share, so that the last one is reached although the first does not answer.
  // libpq takes 2 seconds for the least.
  if (connect_timeout <= 0) connect_timeout = hosts > 1 ? 3 : 10;
  if (patience != absl::InfiniteDuration()) {
    connect_timeout = std::min(connect_timeout, absl::ToInt64Seconds(absl::Ceil(patience / hosts, absl::Seconds(1))));
  }
  connect_timeout = std::max<int64_t>(2, connect_timeout);
  std::vector<std::pair<std::string, std::string>> settings = {{"connect_timeout", absl::StrCat(connect_timeout)},
                                                               {"tcp_user_timeout", "15000"},
                                                               {"keepalives_idle", "15"},
                                                               {"keepalives_interval", "5"},
                                                               {"application_name", std::string(application)},
                                                               {"client_encoding", "UTF8"}};
  // Of several hosts the primary is meant, wherever it is now.
  if (hosts > 1) settings.emplace_back("target_session_attrs", "read-write");
  for (const auto& own : given) {
    std::erase_if(settings, [&](const auto& setting) { return setting.first == own.first; });
  }
  std::string complete;
  for (const auto* list : {&given, &settings}) {
    for (const auto& [keyword, value] : *list) absl::StrAppend(&complete, keyword, "=", Quoted(value), " ");
  }
  return complete;
}

const char* SessionSettings() {
  return R"sql(
    SET TimeZone = 'UTC';
    SET DateStyle = 'ISO';
    SET bytea_output = 'hex';
    SET extra_float_digits = 1;
    SET standard_conforming_strings = on;
    SET jit = off;
    SET cursor_tuple_fraction = 1;
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
  )sql";
}

}  // namespace tremorcast
