#include "storage/postgres/notification_listener.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"

namespace tremorcast {

void Notify(pqxx::work& transaction, const std::string& channel, const std::string& payload) {
  ExecSql(transaction, "SELECT pg_notify($1, $2)", SqlParams().Text(channel).Text(payload));
}

NotificationListener::NotificationListener(Options options, Callback callback)
    : options_(std::move(options)), callback_(std::move(callback)), thread_([this] { Run(); }) {}

NotificationListener::~NotificationListener() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    if (connection_ != nullptr) connection_->Wake();
  }
  thread_.join();
}

bool NotificationListener::connected() const {
  absl::MutexLock lock(&mutex_);
  return Connected();
}

bool NotificationListener::AwaitConnected(absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithDeadline(absl::Condition(this, &NotificationListener::Connected), deadline);
}

absl::StatusOr<std::shared_ptr<PgConnection>> NotificationListener::Connect() {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  ASSIGN_OR_RETURN(auto opened, PgConnection::Open(options_.conninfo, "tremorcast listener", deadline));
  std::shared_ptr<PgConnection> connection = std::move(opened);
  for (const std::string& channel : options_.channels) {
    RETURN_IF_ERROR(connection->Exec(absl::StrCat("LISTEN ", channel), deadline).status());
  }
  return connection;
}

void NotificationListener::SetConnection(std::shared_ptr<PgConnection> connection) {
  absl::MutexLock lock(&mutex_);
  connection_ = std::move(connection);
}

void NotificationListener::Run() {
  for (bool first = true;; first = false) {
    {
      absl::MutexLock lock(&mutex_);
      // Waits only between attempts, and not past a stop.
      if (!first)
        mutex_.AwaitWithTimeout(absl::Condition(this, &NotificationListener::Stopped), options_.reconnect_delay);
      if (stopped_) return;
    }
    const auto connection = Connect();
    if (!connection.ok()) continue;
    SetConnection(*connection);
    if (!first) {
      for (const std::string& channel : options_.channels) callback_(channel, "");
    }
    for (;;) {
      {
        absl::MutexLock lock(&mutex_);
        if (stopped_) return;
      }
      std::string channel, payload;
      const absl::StatusOr<bool> notified =
          (*connection)->WaitNotification(&channel, &payload, absl::Now() + absl::Minutes(10));
      if (!notified.ok()) break;
      if (*notified) callback_(channel, payload);
    }
    SetConnection(nullptr);
  }
}

}  // namespace tremorcast
