#pragma once

// The gRPC server of server/server.cc with its services over the stores of tests/fakes: for what
// wants thousands of servers that begin alike, or one that needs nothing outside this process. No
// jobs run, the clock stands still, and nobody is asked who they are.
//
// The world it begins with: stations s1 and s2, region area-1 with both, events "cenc" 1 to 40 over
// two years, four slots of rows of s1 in a sealed week, a model of each rung that serves, and a
// forecast of kSmallWorldWeek.
//
// Thread safety: Stop from one thread; channels from any.

#include <memory>
#include <string>

#include <absl/time/time.h>
#include <grpcpp/channel.h>
#include <prometheus/registry.h>

#include "server/rpc/access/auth.h"
#include "server/telemetry/access_log.h"
#include "tests/fakes/fake_clock.h"

namespace tremorcast {

// Sunday 2020-12-06 00:00 UTC+8, the start of a service week; the clock stands an hour after it.
inline const absl::Time kSmallWorldWeek = absl::FromUnixSeconds(1607184000);

class ServerOverFakes {
 public:
  ServerOverFakes();
  ~ServerOverFakes();  // Stop
  ServerOverFakes(const ServerOverFakes&) = delete;
  ServerOverFakes& operator=(const ServerOverFakes&) = delete;

  // A connection of its own: what another client process would have.
  std::shared_ptr<grpc::Channel> NewChannel() const;
  // To the services without a network between; for unary calls. A client that wrote three messages
  // to a stream before it read was seen to wait for ever there (gRPC 1.51), and over NewChannel not.
  std::shared_ptr<grpc::Channel> InProcessChannel();
  const FakeClock& clock() const;
  rpc::AccessControl& access();
  const AccessLog& access_log() const;
  const std::shared_ptr<prometheus::Registry>& registry() const;
  // The one that serves the network, "models/...".
  const std::string& model_name() const;
  // The one that is archived, "regions/area-1/forecasts/...".
  const std::string& forecast_name() const;

  // False: a stream did not end within a minute. Idempotent.
  bool Stop();

 private:
  struct Graph;
  const std::unique_ptr<Graph> graph_;
};

}  // namespace tremorcast
