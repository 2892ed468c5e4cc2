#include "tests/support/any_call.h"

#include <cstdint>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include "tremorcast/v1/admin_service.pb.h"
#include "tremorcast/v1/catalog_service.pb.h"
#include "tremorcast/v1/forecast_service.pb.h"
#include "tremorcast/v1/ingest_service.pb.h"
#include "tremorcast/v1/model_service.pb.h"
#include "tremorcast/v1/network_service.pb.h"

namespace tremorcast {

std::vector<const google::protobuf::MethodDescriptor*> EveryMethod() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const google::protobuf::FileDescriptor* file :
       {v1::CorrectObservationRequest::descriptor()->file(), v1::ImportEventsRequest::descriptor()->file(),
        v1::GetForecastRequest::descriptor()->file(), v1::IngestObservationsRequest::descriptor()->file(),
        v1::ListModelsRequest::descriptor()->file(), v1::GetStationRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

std::unique_ptr<google::protobuf::Message> NewRequest(const google::protobuf::MethodDescriptor& method) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
}

bool IsAnswer(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
      return true;
    default:
      return false;
  }
}

AnyAnswers CallAny(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                   absl::Span<const std::string> messages, size_t most, grpc::ClientContext* context) {
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  // Waits for the one operation that is out.
  const auto done = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = stub.PrepareCall(context, path, &queue);
  call->StartCall(nullptr);
  AnyAnswers answers;
  bool going_on = done();
  for (size_t i = 0; going_on && i < messages.size(); ++i) {
    grpc::Slice slice(messages[i]);
    grpc::WriteOptions options;
    if (i + 1 == messages.size()) options.set_last_message();
    call->Write(grpc::ByteBuffer(&slice, 1), options, nullptr);
    going_on = done();
  }
  // Also when it ended while we wrote: what the service said before is still to be read.
  for (grpc::ByteBuffer buffer; answers.messages.size() < most; buffer.Clear()) {
    call->Read(&buffer, nullptr);
    grpc::Slice whole;
    if (!done() || !buffer.DumpToSingleSlice(&whole).ok()) break;
    answers.messages.emplace_back(reinterpret_cast<const char*>(whole.begin()), whole.size());
  }
  answers.cancelled = answers.messages.size() == most;
  if (answers.cancelled) context->TryCancel();
  call->Finish(&answers.status, nullptr);
  done();
  queue.Shutdown();
  return answers;
}

AnyAnswer CallAny(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, const std::string& bytes,
                  bool one_will_do, grpc::ClientContext* context) {
  AnyAnswers answers = CallAny(channel, path, absl::MakeConstSpan(&bytes, 1), one_will_do ? 1 : SIZE_MAX, context);
  AnyAnswer answer;
  answer.answered = !answers.messages.empty();
  if (answer.answered) answer.bytes = std::move(answers.messages.front());
  answer.status = std::move(answers.status);
  return answer;
}

grpc::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel,
                           const google::protobuf::MethodDescriptor& method, const std::string& bytes,
                           std::string* answer) {
  const bool stream = method.server_streaming();
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(2)));
  AnyAnswer any = CallAny(channel, PathOf(method), bytes, stream, &context);
  if (answer != nullptr) *answer = any.bytes;
  if (!any.answered || !stream) return any.status;
  v1::StreamObservationsResponse response;
  if (method.output_type() == response.GetDescriptor() && response.ParseFromString(any.bytes) &&
      response.has_failure()) {
    const v1::Status& failure = response.failure().status();
    return grpc::Status(static_cast<grpc::StatusCode>(failure.code()), failure.message(), failure.SerializeAsString());
  }
  return grpc::Status::OK;
}

}  // namespace tremorcast
