#pragma once

// A reflection client without generated code, as grpcurl is one: it knows the protocol's descriptor
// alone.

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>

namespace tremorcast {

inline constexpr char kReflectionPath[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// Full names of the services the server says it has, sorted. Empty, with a failed expectation, when
// it does not answer.
std::vector<std::string> ListServices(const std::shared_ptr<grpc::Channel>& channel, const std::string& token);

}  // namespace tremorcast
