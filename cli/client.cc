#include "cli/client.h"

#include <algorithm>
#include <iterator>
#include <ostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

#include "tremorcast/v1/error_details.pb.h"

namespace tremorcast::cli {
namespace {

constexpr int kMaxMessageBytes = 16 << 20;

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A dead peer is noticed within a minute, also while a stream waits for news.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  // The environment's http proxy is for the outside world.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

v1::Status DetailsOf(const grpc::Status& status) {
  v1::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  return details;
}

template <typename Detail>
bool FindDetail(const v1::Status& status, absl::string_view type, Detail* detail) {
  const std::string url = absl::StrCat("type.googleapis.com/google.rpc.", type);
  for (const google::protobuf::Any& any : status.details()) {
    if (any.type_url() == url) return detail->ParseFromString(any.value());
  }
  return false;
}

}  // namespace

Client::Client(std::string address) : address_(std::move(address)), channel_(Connect(address_)) {}

void Client::SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

std::string CodeName(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const int index = static_cast<int>(code);
  return index >= 0 && index < static_cast<int>(std::size(kNames)) ? kNames[index] : absl::StrCat("code ", index);
}

std::string Explain(const grpc::Status& status) {
  std::string text = absl::StrCat(CodeName(status.error_code()), ": ", status.error_message());
  v1::BadRequest bad_request;
  if (FindDetail(DetailsOf(status), "BadRequest", &bad_request) && bad_request.field_violations_size() > 1) {
    for (const auto& violation : bad_request.field_violations()) {
      absl::StrAppend(&text, "\n  ", violation.field(), ": ", violation.description());
    }
  }
  return text;
}

absl::Duration RetryDelay(const grpc::Status& status, const grpc::ClientContext& context) {
  absl::Duration delay = absl::ZeroDuration();
  v1::RetryInfo retry;
  if (FindDetail(DetailsOf(status), "RetryInfo", &retry)) {
    delay = absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
  }
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto pushback = trailers.find("grpc-retry-pushback-ms");
  int64_t milliseconds = 0;
  if (pushback != trailers.end() &&
      absl::SimpleAtoi(absl::string_view(pushback->second.data(), pushback->second.size()), &milliseconds)) {
    delay = std::max(delay, absl::Milliseconds(milliseconds));
  }
  return delay;
}

bool IsRetryable(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::UNKNOWN:  // no status at all: a proxy whose server died; the service itself never says so
      return true;
    default:
      return false;
  }
}

ExitCode ExitCodeFor(const grpc::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  const bool away = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                    status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  return away ? ExitCode::kUnavailable : ExitCode::kFailed;
}

ExitCode Report(Console& console, const Client& client, absl::string_view what, const grpc::Status& status) {
  console.err() << "tremorcast: " << what << ": " << Explain(status) << "\n";
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    console.err() << "  Is tremorcast-server running at " << client.address()
                  << "? Choose another with --server HOST:PORT or TREMORCAST_SERVER.\n";
  }
  return ExitCodeFor(status);
}

}  // namespace tremorcast::cli
