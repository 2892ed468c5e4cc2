#pragma once

// LISTEN on a connection and a thread of its own. Notifications are hints: they may be lost while
// the connection is away, so whoever listens also polls. After a reconnect the callback runs once
// per channel with an empty payload, for what may have been missed.
//
// The callback runs on the listener's thread and must not block for long. The destructor stops the
// thread. Thread safe.

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pqxx_adapter.h"

namespace tremorcast {

// Payload: a model version or a promoted scope.
inline constexpr char kModelsChannel[] = "tremorcast_models";
// Payload: the forecast's sequence.
inline constexpr char kForecastsChannel[] = "tremorcast_forecasts";

// Sent with the transaction's commit. Serialises commits, so ingestion never calls it.
void Notify(pqxx::work& transaction, const std::string& channel, const std::string& payload);

class NotificationListener {
 public:
  using Callback = std::function<void(absl::string_view channel, absl::string_view payload)>;
  struct Options {
    std::string conninfo;
    std::vector<std::string> channels = {kModelsChannel, kForecastsChannel};
    absl::Duration reconnect_delay = absl::Seconds(1);
  };

  NotificationListener(Options options, Callback callback);
  ~NotificationListener();

  // False while the connection is away.
  bool connected() const;
  // Blocks until connected, or the deadline: false.
  bool AwaitConnected(absl::Time deadline) const;

 private:
  void Run();
  absl::StatusOr<std::shared_ptr<PgConnection>> Connect();
  void SetConnection(std::shared_ptr<PgConnection> connection);
  bool Stopped() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_; }
  bool Connected() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return connection_ != nullptr; }

  const Options options_;
  const Callback callback_;
  mutable absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<PgConnection> connection_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tremorcast
