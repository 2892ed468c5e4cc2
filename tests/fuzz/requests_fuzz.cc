// Requests of every method of every service the server has, made field by field from the bytes of
// an input, to the real services over fakes. Each input has a server of its own, so that what it
// finds does not hang on the inputs before it. Whatever is asked, the answer is one of a sound
// service, and what it says can be read by any client.
//
// An input is a series of calls. Two bytes: the method (MethodAt). One byte, by bits: 0 and 1 how
// many messages a stream sends beyond the first, 7 cuts the last byte off the first. Then the
// messages, as Filler reads them.

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/client_context.h>

#include "core/base/plain_text.h"
#include "core/observation/feature_schema.h"
#include "grpc/health/v1/health.pb.h"
#include "server/rpc/grpc_server.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/request_filler.h"
#include "tests/support/any_call.h"
#include "tests/support/server_over_fakes.h"
#include "tremorcast/v1/error_details.pb.h"
#include "tremorcast/v1/ingest_service.pb.h"

namespace tremorcast {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::Reflection;

constexpr int kMostCalls = 6;
// Nothing that a sound service does over fakes takes so long.
constexpr absl::Duration kPatience = absl::Seconds(20);
// What a client takes by default: of a message, and of a status, whose trailers must stay below 8
// KiB altogether.
constexpr size_t kMostAnswerBytes = size_t{4} << 20;
constexpr size_t kMostStatusBytes = 6 << 10;

// Each method has a place between 0 and 65535 by its name, which it keeps when others come; what
// lies between two is of the higher one.
const MethodDescriptor& MethodAt(uint16_t place) {
  static const auto* const places = [] {
    std::vector<const MethodDescriptor*> methods = EveryMethod();
    const auto* health = grpc::health::v1::HealthCheckRequest::descriptor()->file()->service(0);
    for (int i = 0; i < health->method_count(); ++i) methods.push_back(health->method(i));
    auto* made = new std::map<uint16_t, const MethodDescriptor*>;
    std::set<std::string> services;
    for (const MethodDescriptor* method : methods) {
      services.insert(method->service()->full_name());
      uint32_t hash = 2166136261;  // FNV-1a
      for (const char c : method->name()) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
      made->emplace(static_cast<uint16_t>(hash ^ (hash >> 16)), method);
    }
    FUZZ_CHECK(made->size() == methods.size());
    const std::vector<std::string>& all = rpc::ServiceNames();
    FUZZ_CHECK(services == std::set<std::string>(all.begin(), all.end()));
    return made;
  }();
  const auto at = places->lower_bound(place);
  return at != places->end() ? *at->second : *places->begin()->second;
}

// A call and what came of it.
struct Call {
  const MethodDescriptor& method;
  std::vector<std::unique_ptr<Message>> requests;
  AnyAnswers answers;
};

[[noreturn]] void Fault(const Call& call, const std::string& what) {
  std::fprintf(stderr, "%s\n", call.method.full_name().c_str());
  for (const auto& request : call.requests) {
    std::fprintf(stderr, "asked {%s}\n", request->ShortDebugString().substr(0, 4000).c_str());
  }
  std::fprintf(stderr, "%zu messages, then %d \"%s\"\n%s\n", call.answers.messages.size(),
               call.answers.status.error_code(), call.answers.status.error_message().c_str(), what.c_str());
  std::abort();
}

// A number or text of an answer that a client cannot read, or must not be shown; "" when there is
// none.
std::string FaultOfField(const Message& message, const FieldDescriptor& field, int i) {
  const Reflection& reflection = *message.GetReflection();
  const bool listed = field.is_repeated();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) return "";
      return PlainTextFault(listed ? reflection.GetRepeatedStringReference(message, &field, i, &scratch)
                                   : reflection.GetStringReference(message, &field, &scratch));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return std::isfinite(listed ? reflection.GetRepeatedDouble(message, &field, i)
                                  : reflection.GetDouble(message, &field))
                 ? ""
                 : "is not finite";
    case FieldDescriptor::CPPTYPE_FLOAT:
      // A slot without a row is NaN in a window, as it says.
      return field.full_name() == "tremorcast.v1.FeatureSeries.values" ||
                     std::isfinite(listed ? reflection.GetRepeatedFloat(message, &field, i)
                                          : reflection.GetFloat(message, &field))
                 ? ""
                 : "is not finite";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number =
          listed ? reflection.GetRepeatedEnumValue(message, &field, i) : reflection.GetEnumValue(message, &field);
      return field.enum_type()->FindValueByNumber(number) != nullptr ? "" : "is no value of its type";
    }
    default:
      return "";
  }
}

void CheckMessage(const Call& call, const Message& message, const std::string& path) {
  if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
    // Of the years that a Timestamp may hold.
    if (time->seconds() < -62135596800 || time->seconds() > 253402300799 || time->nanos() < 0 ||
        time->nanos() > 999'999'999) {
      Fault(call, path + " is no time");
    }
    return;
  }
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const int count = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const std::string here =
          absl::StrCat(path, ".", field->name(), field->is_repeated() ? absl::StrCat("[", i, "]") : "");
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        CheckMessage(call,
                     field->is_repeated() ? message.GetReflection()->GetRepeatedMessage(message, field, i)
                                          : message.GetReflection()->GetMessage(message, field),
                     here);
      } else if (const std::string fault = FaultOfField(message, *field, i); !fault.empty()) {
        Fault(call, here + " " + fault);
      }
    }
  }
}

void CheckStatus(const Call& call, const v1::Status& status) {
  if (!IsAnswer(static_cast<grpc::StatusCode>(status.code())))
    Fault(call, absl::StrCat("code ", status.code(), " is not of a sound service"));
  if (status.ByteSizeLong() > kMostStatusBytes) Fault(call, "the status is too long for a client to get it");
  v1::Status plain = status;
  plain.clear_details();
  CheckMessage(call, plain, "status");
  for (const auto& detail : status.details()) {
    const std::string name = detail.type_url().substr(detail.type_url().rfind('.') + 1);
    const auto* type = v1::Status::descriptor()->file()->FindMessageTypeByName(name);
    if (type == nullptr) Fault(call, "a detail of an unknown type");
    const std::unique_ptr<Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
    if (!message->ParseFromString(detail.value())) Fault(call, "a detail cannot be read");
    CheckMessage(call, *message, name);
  }
}

// A page holds what was asked for at most: without a wish, what a page may have by default.
void CheckPage(const Call& call, const Message& answer) {
  const Message& request = *call.requests[0];
  const FieldDescriptor* wish = request.GetDescriptor()->FindFieldByName("page_size");
  if (wish == nullptr) return;
  const int wanted = request.GetReflection()->GetInt32(request, wish);
  const int most = wanted > 0 ? std::min(wanted, 10'000) : 1000;
  for (int i = 0; i < answer.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *answer.GetDescriptor()->field(i);
    // What a page says beside its elements is bounded by the sources there are.
    if (!field.is_repeated() || field.name() == "completeness") continue;
    if (answer.GetReflection()->FieldSize(answer, &field) > most) Fault(call, "the page is longer than it may be");
  }
}

// Makes the call at the front of `input`. `page_token` is what the last page gave, and is replaced.
void MakeCall(const ServerOverFakes& server, const std::shared_ptr<grpc::Channel>& channel, absl::string_view* input,
              std::string* page_token) {
  const uint16_t place = static_cast<uint16_t>(TakeByte(input) << 8);
  Call call{MethodAt(static_cast<uint16_t>(place + TakeByte(input))), {}, {}};
  const uint8_t how = TakeByte(input);
  const std::vector<std::string> texts = TextsOf(server, *page_token);
  Filler filler(input, texts);
  std::vector<std::string> bytes;
  for (int i = 0; i <= (call.method.client_streaming() ? how & 3 : 0); ++i) {
    call.requests.push_back(NewRequest(call.method));
    filler.Fill(call.requests.back().get());
    bytes.push_back(call.requests.back()->SerializeAsString());
  }
  if ((how & 0x80) != 0 && !bytes[0].empty()) bytes[0].pop_back();

  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  // Those that only the client ends have said what they say with the first message, or the second
  // (behind the forecast that is archived).
  const bool endless = call.method.server_streaming() && !call.method.client_streaming();
  const size_t most = !endless ? SIZE_MAX : call.method.name() == "WatchForecasts" ? 2 : 1;
  call.answers = CallAny(channel, PathOf(call.method), bytes, most, &context);

  const std::unique_ptr<Message> answer(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(call.method.output_type())->New());
  for (const std::string& message : call.answers.messages) {
    if (message.size() > kMostAnswerBytes) Fault(call, "the answer is longer than clients take");
    if (!answer->ParseFromString(message)) Fault(call, "the answer cannot be read");
    if (const auto* said = dynamic_cast<const v1::StreamObservationsResponse*>(answer.get());
        said != nullptr && said->has_failure()) {
      CheckStatus(call, said->failure().status());
    } else {
      CheckMessage(call, *answer, "answer");
    }
    CheckPage(call, *answer);
  }
  const FieldDescriptor* next = answer->GetDescriptor()->FindFieldByName("next_page_token");
  if (next != nullptr) *page_token = answer->GetReflection()->GetString(*answer, next);
  if (call.answers.cancelled) return;
  const grpc::Status& status = call.answers.status;
  v1::Status details;
  if (!details.ParseFromString(status.error_details())) Fault(call, "the status's details cannot be read");
  // What gRPC itself says of bytes that are no message has none.
  details.set_code(status.error_code());
  details.set_message(status.error_message());
  CheckStatus(call, details);
  if (status.ok() && call.answers.messages.empty() && !call.method.server_streaming()) Fault(call, "OK says nothing");
}

}  // namespace

void FuzzOne(absl::string_view input) {
  static const google::protobuf::LogSilencer silence;  // of a line for each text that is no UTF-8
  ServerOverFakes server;
  {
    const auto channel = server.NewChannel();
    std::string page_token;
    for (int i = 0; i < kMostCalls && !input.empty(); ++i) MakeCall(server, channel, &input, &page_token);
  }
  FUZZ_CHECK(server.Stop());
}

}  // namespace tremorcast
