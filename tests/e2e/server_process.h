#pragma once

// The real tremorcast-server as a process of its own, on ports that the system chose. Killed (kill -9) by the
// destructor, and by the kernel should the test die first. One thread at a time.

#include <memory>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include <grpcpp/channel.h>

namespace tremorcast {

class ServerProcess {
 public:
  // Returns once it serves. `flags` come after the database and the addresses. Internal, with what the server said,
  // when it ends instead.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const std::string& conninfo,
                                                              const std::vector<std::string>& flags);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::shared_ptr<grpc::Channel> NewChannel() const;

 private:
  ServerProcess() = default;
  absl::Status AwaitServing();

  pid_t child_ = -1;
  int log_fd_ = -1;  // the read end of its standard error
  std::string address_;
  std::thread drain_;  // reads the log to its end, so that the server never waits for a reader
};

}  // namespace tremorcast
