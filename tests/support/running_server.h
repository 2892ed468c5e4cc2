#pragma once

// A real server inside a test program: Server over a database of a TempCluster, on loopback ports
// that the system chose, silent unless TREMORCAST_TEST_LOG is set. Thread safety: as Server;
// channels may be made from any thread.

#include <functional>
#include <memory>
#include <string>

#include <absl/status/statusor.h>
#include <grpcpp/channel.h>

#include "server/server.h"
#include "server/telemetry/log.h"

namespace tremorcast {

class RunningServer {
 public:
  // `adjust` may change the options before the start; `given.log` and `given.loader` are taken as
  // given when set; else models run on LibTorch.
  static absl::StatusOr<std::unique_ptr<RunningServer>> Start(const std::string& conninfo,
                                                              const std::function<void(ServerOptions&)>& adjust = {},
                                                              Server::Given given = {});

  Server& server() { return *server_; }
  // A connection of its own: what another client process would have.
  std::shared_ptr<grpc::Channel> NewChannel() const;

 private:
  RunningServer() = default;
  std::unique_ptr<Log> log_;
  std::unique_ptr<PredictorLoader> loader_;
  std::unique_ptr<Server> server_;
};

}  // namespace tremorcast
