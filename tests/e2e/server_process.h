#pragma once

// The real tremorcast-server as a process of its own, on ports that the system chose. Killed (kill
// -9) by the destructor, and by the kernel should the test die first. One thread at a time; the
// const functions from any.

#include <memory>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>

#include "server/rpc/listen_address.h"

namespace tremorcast {

class ServerProcess {
 public:
  // Returns once it serves. `flags` come after the database and the addresses. `listen`: for a
  // server that takes the place of another. `reader`: kStops leaves its log unread, in a pipe of the
  // smallest size, from the moment it serves. Internal, with what the server said, when it ends
  // instead.
  enum class LogReader { kReads, kStops };
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const std::string& conninfo,
                                                              const std::vector<std::string>& flags,
                                                              const std::string& listen = "127.0.0.1:0",
                                                              LogReader reader = LogReader::kReads);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::shared_ptr<grpc::Channel> NewChannel() const;
  const std::string& address() const { return address_; }  // gRPC
  pid_t pid() const { return child_; }                     // to be stopped, continued or killed
  const rpc::ListenAddress& http() const { return http_; }

  void Terminate();  // SIGTERM
  // The exit code; DeadlineExceeded when it still runs after `patience`, Aborted when a signal
  // ended it.
  absl::StatusOr<int> AwaitExit(absl::Duration patience);
  // Everything it logged, once it has ended; of one whose reader stopped, what is in the pipe.
  const std::string& log();

 private:
  ServerProcess() = default;
  absl::Status AwaitServing(LogReader reader);
  void ReadOn();

  pid_t child_ = -1;
  int log_fd_ = -1;  // the read end of its standard error
  std::string address_;
  rpc::ListenAddress http_;
  std::string log_;    // the drain's until it is joined
  std::thread drain_;  // reads the log to its end, so that the server never waits for a reader
};

}  // namespace tremorcast
