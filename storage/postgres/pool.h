#pragma once

// A bounded pool of connections. Acquire waits for a free one until the deadline; a connection
// found broken when it comes back is closed and its place becomes free. Thread safe; must outlive
// its leases.

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace tremorcast {

template <typename Connection>
class Pool {
 public:
  using Factory = std::function<absl::StatusOr<std::unique_ptr<Connection>>(absl::Time deadline)>;
  using IsBroken = std::function<bool(const Connection&)>;

  class Lease {
   public:
    Lease(Pool* pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->GiveBack(std::move(connection_));
    }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  Pool(int size, Factory factory, IsBroken is_broken)
      : free_places_(size), factory_(std::move(factory)), is_broken_(std::move(is_broken)) {}

  absl::StatusOr<Lease> Acquire(absl::Time deadline) {
    std::unique_ptr<Connection> connection;
    {
      absl::MutexLock lock(&mutex_);
      if (!mutex_.AwaitWithDeadline(absl::Condition(this, &Pool::Available), deadline)) {
        return absl::DeadlineExceededError("every database connection is in use");
      }
      --free_places_;
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (connection == nullptr) {
      auto opened = factory_(deadline);
      if (!opened.ok()) {
        absl::MutexLock lock(&mutex_);
        ++free_places_;
        return opened.status();
      }
      connection = *std::move(opened);
    }
    return Lease(this, std::move(connection));
  }

 private:
  bool Available() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return free_places_ > 0; }

  void GiveBack(std::unique_ptr<Connection> connection) {
    if (connection != nullptr && is_broken_(*connection)) connection.reset();  // closing may block: not under the mutex
    absl::MutexLock lock(&mutex_);
    ++free_places_;
    if (connection != nullptr) idle_.push_back(std::move(connection));
  }

  absl::Mutex mutex_;
  int free_places_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
  const Factory factory_;
  const IsBroken is_broken_;
};

}  // namespace tremorcast
