#pragma once

// A private PostgreSQL for tests: its own cluster in a temporary folder, reached through a Unix
// socket alone, with fsync and synchronous_commit as shipped. Stopped and removed by the
// destructor, and by a guardian process should the test die first.
//
// A test program shares one cluster (Shared) and takes a fresh database per test, copied from a
// migrated template. Runs as root (the server then runs as the user postgres) and as an ordinary
// user. One thread at a time.

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace tremorcast {

class TempCluster {
 public:
  // `settings`: lines for postgresql.conf.
  static absl::StatusOr<std::unique_ptr<TempCluster>> Start(const std::vector<std::string>& settings = {});
  // The program's own, started on first use. Stops the program when there is no PostgreSQL: these
  // tests cannot do without.
  static TempCluster& Shared();

  // A streaming standby of the cluster that `primary` (a connection string) leads to, directly or
  // through a proxy; complete on return. The primary knows it as `name` (synchronous_standby_names).
  static absl::StatusOr<std::unique_ptr<TempCluster>> StartStandby(const std::string& primary, const std::string& name);

  ~TempCluster();
  TempCluster(const TempCluster&) = delete;
  TempCluster& operator=(const TempCluster&) = delete;

  std::string conninfo(const std::string& database) const;
  const std::string& folder() const { return folder_; }
  // A new database; its connection string. With the schema, unless `migrated` is false.
  absl::StatusOr<std::string> CreateDatabase(bool migrated = true);

  // Stops every process at once, as a power cut would, leaving the folder as it is.
  absl::Status Crash();
  // Starts it again; recovery is complete on return.
  absl::Status StartServer();
  // kill -9 of every process.
  void Kill();
  // Makes the standby the primary.
  absl::Status Promote();

 private:
  explicit TempCluster(std::string folder) : folder_(std::move(folder)) {}
  // With its guardian, and nothing in it.
  static absl::StatusOr<std::unique_ptr<TempCluster>> MakeFolder();
  absl::Status Initialise(const std::vector<std::string>& settings);
  absl::Status StartGuardian();
  absl::Status MakeTemplate();

  const std::string folder_;
  std::string bin_;
  int guardian_pipe_ = -1;
  int guardian_ = -1;
  bool has_template_ = false;
  int databases_ = 0;
};

}  // namespace tremorcast
