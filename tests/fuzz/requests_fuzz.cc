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

// Longer than any text may be, and cut within a letter wherever it is cut after an even number of
// bytes.
std::string LongText() {
  std::string text = "a";
  while (text.size() < 601) text += "\xc3\xa9";
  return text;
}

// What is added later goes to the end: the kept inputs count on the order.
std::vector<std::string> TextsOf(const ServerOverFakes& server, const std::string& page_token) {
  return {"",
          "stations/s1",
          "stations/s2",
          "stations/none",
          "regions/area-1",
          "regions/-",
          "regions/none",
          "regions/area-1/forecasts/latest",
          server.forecast_name(),
          server.model_name(),
          "models/none",
          page_token,
          "cenc",
          "1",
          "2",
          "test",
          "b1",
          std::string(FeatureNames(Signal::kMagn)[0]),
          std::string(FeatureNames(Signal::kSound)[0]),
          FeatureSchemaHash(),
          "*",
          "title",
          "location",
          "valid_to_time",
          "polygon",
          "tremorcast.v1.IngestService",
          "a reason",
          "two\nlines",
          "red\x1b[31m",
          "\xe2\x80\xae"
          "back",
          "\xff\xfe",
          "\xe2\x82",
          std::string("auto\0", 5),
          "\xf0\x9f\x8c\x8b",
          "regions/_network",
          LongText()};
}

// Fills a message from the front of `input`: a byte names a field by its number (one that is no
// number: by its place), 0 ends the message. A field of a list gets one more element each time; a
// list of numbers several. At the end of the input everything ends.
class Filler {
 public:
  // Both must outlive it.
  Filler(absl::string_view* input, const std::vector<std::string>& texts) : input_(*input), texts_(texts) {}

  void Fill(Message* message) {
    const Descriptor& type = *message->GetDescriptor();
    while (!input_.empty() && type.field_count() > 0) {
      const int number = TakeByte(&input_);
      if (number == 0) return;
      const FieldDescriptor* field = type.FindFieldByNumber(number);
      FillField(message, field != nullptr ? *field : *type.field(number % type.field_count()));
    }
  }

 private:
  void FillField(Message* message, const FieldDescriptor& field) {
    const Reflection& reflection = *message->GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message* below =
            field.is_repeated() ? reflection.AddMessage(message, &field) : reflection.MutableMessage(message, &field);
        auto* time = dynamic_cast<google::protobuf::Timestamp*>(below);
        return time != nullptr ? FillTime(time) : Fill(below);
      }
      case FieldDescriptor::CPPTYPE_STRING:
        return field.is_repeated() ? reflection.AddString(message, &field, TakeText())
                                   : reflection.SetString(message, &field, TakeText());
      default:
        break;
    }
    if (!field.is_repeated()) return PutNumber(message, field);
    const int count = TakeByte(&input_);
    if (count < 128) {
      for (int i = 0; i < count % 8; ++i) PutNumber(message, field);
      return;
    }
    // As many as a row has, all alike.
    const absl::string_view before = input_;
    const int row = FeatureCount(count % 2 == 0 ? Signal::kMagn : Signal::kSound);
    for (int i = 0; i < row; ++i) {
      input_ = before;
      PutNumber(message, field);
    }
  }

  void PutNumber(Message* message, const FieldDescriptor& field) {
    const auto put = [&](auto value, auto set, auto add) {
      (message->GetReflection()->*(field.is_repeated() ? add : set))(message, &field, value);
    };
    using R = Reflection;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return put(TakeDouble(), &R::SetDouble, &R::AddDouble);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return put(TakeFloat(), &R::SetFloat, &R::AddFloat);
      case FieldDescriptor::CPPTYPE_INT32:
        return put(static_cast<int32_t>(TakeInteger()), &R::SetInt32, &R::AddInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return put(TakeInteger(), &R::SetInt64, &R::AddInt64);
      case FieldDescriptor::CPPTYPE_BOOL:
        return put((TakeByte(&input_) & 1) != 0, &R::SetBool, &R::AddBool);
      case FieldDescriptor::CPPTYPE_ENUM:
        return put(static_cast<int>(TakeInteger()), &R::SetEnumValue, &R::AddEnumValue);
      default:
        FUZZ_CHECK(false);  // a type that no request had: say how it is filled
    }
  }

  std::string TakeRaw(size_t size) {
    const std::string raw(input_.substr(0, size));
    input_.remove_prefix(raw.size());
    return raw;
  }
  uint64_t TakeBits() {
    uint64_t bits = 0;
    const std::string raw = TakeRaw(sizeof(bits));
    std::memcpy(&bits, raw.data(), raw.size());
    return bits;
  }
  // One we know, our own bytes, both, or a long one.
  std::string TakeText() {
    const uint8_t kind = TakeByte(&input_);
    if (kind < 64) return texts_[kind % texts_.size()];
    if (kind < 128) return TakeRaw(TakeByte(&input_));
    if (kind < 192) return texts_[kind % texts_.size()] + TakeRaw(TakeByte(&input_));
    return std::string(static_cast<size_t>(kind - 191) * 128, 'x');
  }
  int64_t TakeInteger() {
    static constexpr int64_t kExtremes[] = {-1,        INT64_MIN, INT64_MAX, INT32_MIN, INT32_MAX,
                                            1'000'000, 1000,      -2,        10'000,    int64_t{1} << 32};
    const uint8_t kind = TakeByte(&input_);
    if (kind < 128) return kind;
    return kind < 240 ? kExtremes[kind % std::size(kExtremes)] : static_cast<int64_t>(TakeBits());
  }
  double TakeDouble() {
    static constexpr double kExtremes[] = {-1,    0.5,      3.5,       -0.0,     DBL_MIN, DBL_MAX, -DBL_MAX,
                                           1e300, INFINITY, -INFINITY, NAN,      -90,     90.5,    180,
                                           -180,  360,      1e-300,    4.9e-324, 1e18,    29.9999};
    const uint8_t kind = TakeByte(&input_);
    if (kind < 128) return kind;
    return kind < 240 ? kExtremes[kind % std::size(kExtremes)] : std::bit_cast<double>(TakeBits());
  }
  float TakeFloat() {
    static constexpr float kExtremes[] = {-1,       0.5F,     -0.0F,     FLT_MIN, FLT_MAX,
                                          -FLT_MAX, INFINITY, -INFINITY, NAN,     1e-45F};
    const uint8_t kind = TakeByte(&input_);
    if (kind < 128) return kind;
    return kind < 240 ? kExtremes[kind % std::size(kExtremes)]
                      : std::bit_cast<float>(static_cast<uint32_t>(TakeBits()));
  }
  // Times of the small world, slots around it, the ends of the calendar, or any.
  void FillTime(google::protobuf::Timestamp* time) {
    const int64_t week = absl::ToUnixSeconds(kSmallWorldWeek);
    const int64_t known[] = {week,
                             week - 604800,
                             week + 3600,
                             week - 600,
                             week + 1200,
                             week + 604800,
                             week - 18 * 86400,
                             week - 700 * 86400,
                             week + 5,
                             0,
                             -62135596800,
                             -62135596801,
                             253402300799,
                             253402300800,
                             INT64_MIN,
                             INT64_MAX,
                             -1,
                             week - 2 * 604800};
    static constexpr int32_t kNanos[] = {1, 999'999'999, -1, 1'000'000'000, INT32_MAX, INT32_MIN, 1000};
    const uint8_t kind = TakeByte(&input_);
    if (kind >= 128 && kind < 192) return Fill(time);
    time->set_seconds(kind < 64 || kind >= 192 ? known[kind % std::size(known)] : week + (kind - 96) * 600);
    if (kind >= 192) time->set_nanos(kNanos[TakeByte(&input_) % std::size(kNanos)]);
  }

  absl::string_view& input_;
  const std::vector<std::string>& texts_;
};

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

// The answers of a sound service to whatever a client may send.
bool IsAnswer(int code) {
  switch (static_cast<grpc::StatusCode>(code)) {
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

void CheckStatus(const Call& call, const v1::Status& status) {
  if (!IsAnswer(status.code())) Fault(call, absl::StrCat("code ", status.code(), " is not of a sound service"));
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
