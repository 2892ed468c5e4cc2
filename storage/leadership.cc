#include "storage/leadership.h"

#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/session_check.h"
#include "storage/postgres/sql_session.h"
#include "storage/stores/forecast_store.h"
#include "storage/stores/model_registry.h"
#include "storage/stores/window_store.h"

namespace tremorcast {
namespace {

// Set in the session that holds the lock and gone with it, whatever stands between us and the
// database.
constexpr char kMark[] = "tremorcast.leads";

// How soon the database notices that nobody is at the other end: of a statement that runs, of a
// machine that is gone. (The settings of TCP do nothing to a Unix socket, whose end is seen at
// once.)
constexpr char kNoticeTheDead[] = R"sql(
    SET client_connection_check_interval = '1s';
    SET tcp_keepalives_idle = 5;
    SET tcp_keepalives_interval = 2;
    SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = '10s'
)sql";

std::string Settings(const LeaderLock::Options& options) {
  std::string settings = kNoticeTheDead;
  if (options.max_silence != absl::InfiniteDuration()) {
    const int64_t milliseconds = absl::ToInt64Milliseconds(options.max_silence);
    absl::StrAppend(&settings, "; SET idle_session_timeout = ", milliseconds,
                    "; SET idle_in_transaction_session_timeout = ", milliseconds);
  }
  return settings;
}

}  // namespace

class LeaderLock::Session final : public SqlSessions {
 public:
  explicit Session(Options options) : options_(std::move(options)), key_(LeaderLockKey(options_.name)) {}

  absl::StatusOr<bool> TryAcquire() {
    absl::MutexLock lock(&mutex_);
    if (StillHeldLocked()) return true;
    if (connection_ == nullptr) {
      ASSIGN_OR_RETURN(connection_, OpenSqlSession(options_.conninfo, "tremorcast leader", options_.statement_timeout,
                                                   Settings(options_)));
    }
    const absl::StatusOr<bool> got = Ask(R"sql(
              SELECT
                CASE WHEN pg_try_advisory_lock($1) THEN set_config($2, $3, false) <> '' ELSE false END,
                clock_timestamp()
            )sql",
                                         SqlParams().Int(key_).Text(kMark).Text(options_.name));
    held_ = got.ok() && *got;
    return got;
  }

  bool StillHeld() {
    absl::MutexLock lock(&mutex_);
    return StillHeldLocked();
  }

  void Release() {
    absl::MutexLock lock(&mutex_);
    Drop();
  }

  absl::Status RunTransaction(const Body& body) override {
    absl::MutexLock lock(&mutex_);
    if (!held_) return Lost();
    bool nothing_sent = false;
    const absl::Status status = RunSqlTransaction(
        *connection_, options_.conninfo,
        [this](pqxx::work& transaction) { return Marked(transaction) ? absl::OkStatus() : Lost(); }, body,
        &nothing_sent);
    if (!connection_->is_open()) Drop();
    return status;
  }

 private:
  absl::Status Lost() const {
    return absl::UnavailableError(absl::StrCat("the lock of ", options_.name, " was lost: another process may lead"));
  }

  bool Marked(pqxx::transaction_base& tx) const {
    const auto mark = ExecSql(tx, "SELECT coalesce(current_setting($1, true), '')", SqlParams().Text(kMark));
    return mark.Text(0, 0) == options_.name;
  }

  bool StillHeldLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!held_) return false;
    const absl::StatusOr<bool> marked = Ask("SELECT coalesce(current_setting($1, true), '') = $2, clock_timestamp()",
                                            SqlParams().Text(kMark).Text(options_.name));
    if (marked.ok() && !*marked) Drop();
    return held_;
  }

  // A statement outside a transaction that answers yes or no, and the database's time; whatever
  // goes wrong ends the session.
  absl::StatusOr<bool> Ask(const std::string& sql, const SqlParams& params) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Time before = absl::Now();
    bool answer = false;
    absl::Status status;
    try {
      pqxx::nontransaction tx(*connection_);
      const auto row = ExecSql(tx, sql, params);
      answer = row.Bool(0, 0);
      // Whoever has another time than the database would seal and issue weeks that are not over.
      status = CheckClock(before, row.Time(0, 1), absl::Now());
    } catch (...) {
      status = StatusOfCurrentException(options_.conninfo);
    }
    if (status.ok()) return answer;
    Drop();
    return status;
  }

  void Drop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    held_ = false;
    connection_ = nullptr;
  }

  const Options options_;
  const int64_t key_;
  absl::Mutex mutex_;
  std::unique_ptr<pqxx::connection> connection_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
};

struct LeaderLock::Stores {
  Stores(SqlSessions* session, absl::Duration backfill_latency)
      : windows({backfill_latency}, session), forecasts(session), models(session) {}
  PgWindowStore windows;
  PgForecastStore forecasts;
  PgModelRegistry models;
};

LeaderLock::LeaderLock(Options options)
    : session_(std::make_unique<Session>(options)),
      stores_(std::make_unique<Stores>(session_.get(), options.backfill_latency)) {}
LeaderLock::~LeaderLock() = default;

absl::StatusOr<bool> LeaderLock::TryAcquire() { return session_->TryAcquire(); }
bool LeaderLock::StillHeld() { return session_->StillHeld(); }
void LeaderLock::Release() { session_->Release(); }
WindowStore& LeaderLock::windows() { return stores_->windows; }
ForecastStore& LeaderLock::forecasts() { return stores_->forecasts; }
ModelRegistry& LeaderLock::models() { return stores_->models; }

}  // namespace tremorcast
