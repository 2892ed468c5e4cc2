#pragma once

// A call as anybody could make it: any method, any bytes, by the descriptors alone.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <absl/types/span.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

namespace tremorcast {

// Every method of tremorcast's own services.
std::vector<const google::protobuf::MethodDescriptor*> EveryMethod();
std::string PathOf(const google::protobuf::MethodDescriptor& method);
std::unique_ptr<google::protobuf::Message> NewRequest(const google::protobuf::MethodDescriptor& method);

// Whether a sound service answers so, whatever a client may have sent.
bool IsAnswer(grpc::StatusCode code);

// What came of a call that may have several messages in each direction.
struct AnyAnswers {
  std::vector<std::string> messages;
  bool cancelled = false;  // by us, when we had enough
  grpc::Status status;
};
// Sends `messages`, each as it is, and then reads until the call ends; after `most` messages it is
// cancelled instead. Blocks until the context's deadline at most.
AnyAnswers CallAny(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                   absl::Span<const std::string> messages, size_t most, grpc::ClientContext* context);

// What came of a call: at most one message is read, and `one_will_do` cancels the call behind it.
struct AnyAnswer {
  bool answered = false;
  std::string bytes;
  grpc::Status status;
};
// Sends `bytes` as the only message to the method at this path. Blocks until the context's deadline at
// most.
AnyAnswer CallAny(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, const std::string& bytes,
                  bool one_will_do, grpc::ClientContext* context);

// Sends `bytes` as the only message and reads at most one answer, which goes to `answer` when it is
// not null. The call's status; of a stream that answered, OK, or what a StreamObservationsResponse
// says of the batch. Blocks for two minutes at most.
grpc::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel,
                           const google::protobuf::MethodDescriptor& method, const std::string& bytes,
                           std::string* answer = nullptr);

}  // namespace tremorcast
