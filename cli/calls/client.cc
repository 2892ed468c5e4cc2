#include "cli/calls/client.h"

#include <algorithm>
#include <iterator>
#include <ostream>
#include <utility>

#include <absl/memory/memory.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/plain_text.h"
#include "core/base/status_macros.h"
#include "tremorcast/v1/error_details.pb.h"

namespace tremorcast::cli {
namespace {

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

absl::StatusOr<std::unique_ptr<Client>> Client::Open(const ConnectionOptions& options) {
  ASSIGN_OR_RETURN(auto channel, Connect(options));
  return absl::WrapUnique(new Client(options.server, std::move(channel)));
}

Client::Client(const std::string& address) : Client(address, Connect({address}).value()) {}

void Client::SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

bool Client::AwaitTurn(const grpc::Status& status, const grpc::ClientContext& context, absl::Time deadline) {
  if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) return false;
  const absl::Duration delay = RetryDelay(status, context);
  if (delay <= absl::ZeroDuration() || absl::Now() + delay >= deadline) return false;
  absl::SleepFor(delay);
  return true;
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
  // A message may quote what somebody sent.
  return PlainText(text, /*lines=*/true);
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
    case grpc::StatusCode::UNKNOWN:  // a proxy whose server died gives no status at all, and the service itself never
                                     // says so
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
                  << "? Choose another with --server HOST:PORT or TREMORCAST_SERVER. Give --tls-ca if it speaks TLS.\n";
  }
  return ExitCodeFor(status);
}

}  // namespace tremorcast::cli
