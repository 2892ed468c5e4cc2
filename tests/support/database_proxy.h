#pragma once

// A Unix socket between a store, or a standby, and its PostgreSQL that reads the protocol, so that a test can cut
// or stall a session at a chosen moment. Only sessions that call themselves "tremorcast ingest" are
// tampered with at COMMIT.
//
//   auto proxy = DatabaseProxy::Start(cluster.folder());
//   options.conninfo = proxy->conninfo("test_1");
//   proxy->AtNextCommit(DatabaseProxy::Cut::kAnswer);   // the commit happens, nobody hears of it
//
// Thread safe. The destructor cuts every connection.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace tremorcast {

class DatabaseProxy {
 public:
  enum class Cut {
    kNothing,
    kCommit,  // COMMIT does not reach the server: it rolls back
    kAnswer,  // COMMIT is done, and its answer does not come back
  };

  // `folder`: where PostgreSQL has its socket. Stops the program when it cannot listen.
  static std::unique_ptr<DatabaseProxy> Start(const std::string& folder);
  ~DatabaseProxy();
  DatabaseProxy(const DatabaseProxy&) = delete;
  DatabaseProxy& operator=(const DatabaseProxy&) = delete;

  std::string conninfo(const std::string& database) const;
  // Cuts at the next COMMIT of an ingest session, once.
  void AtNextCommit(Cut cut);
  bool AwaitCut(absl::Time deadline);
  // While true nothing the server says is passed on.
  void Stall(bool stall) { stalled_ = stall; }

 private:
  DatabaseProxy(std::string server, std::string folder, int listener);
  struct Session;
  void Accept();
  void Serve(int client);
  // False: the connection is to be cut.
  bool FromClient(Session& session);
  bool FromServer(Session& session);

  const std::string server_;  // the path of PostgreSQL's socket
  const std::string folder_;
  const int listener_;
  std::atomic<bool> stalled_{false}, stopping_{false};
  absl::Mutex mutex_;
  Cut cut_ ABSL_GUARDED_BY(mutex_) = Cut::kNothing;
  bool was_cut_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> sessions_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace tremorcast
