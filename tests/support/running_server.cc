#include "tests/support/running_server.h"

#include <cstdlib>
#include <utility>

#include <absl/memory/memory.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "model/serving/torch_predictor.h"

namespace tremorcast {

absl::StatusOr<std::unique_ptr<RunningServer>> RunningServer::Start(const std::string& conninfo,
                                                                    const std::function<void(ServerOptions&)>& adjust,
                                                                    Server::Given given) {
  auto running = absl::WrapUnique(new RunningServer());
  if (given.log == nullptr) {
    running->log_ = std::getenv("TREMORCAST_TEST_LOG") != nullptr
                        ? std::make_unique<Log>("server", LogLevel::kInfo, LogFormat::kText)
                        : Log::Silent();
    given.log = running->log_.get();
  }
  ServerOptions options;
  options.conninfo = conninfo;
  options.grpc.listen = {"127.0.0.1", 0};
  options.http = {"127.0.0.1", 0};
  options.model.device = "cpu";
  if (adjust) adjust(options);
  if (given.loader == nullptr) {
    running->loader_ = std::make_unique<TorchPredictorLoader>(options.model);
    given.loader = running->loader_.get();
  }
  auto server = Server::Start(std::move(options), given);
  if (!server.ok()) return server.status();
  running->server_ = *std::move(server);
  return running;
}

std::shared_ptr<grpc::Channel> RunningServer::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(8 << 20);
  return grpc::CreateCustomChannel(server_->grpc_address().ToString(), grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace tremorcast
