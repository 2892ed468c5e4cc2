#include "server/rpc/wire/status.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <absl/strings/cord.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "core/base/plain_text.h"

namespace tremorcast::rpc {
namespace {

constexpr char kTypePrefix[] = "type.googleapis.com/google.rpc.";
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kDomain[] = "tremorcast";
constexpr char kPushbackTrailer[] = "grpc-retry-pushback-ms";

v1::ErrorInfo MakeErrorInfo(absl::string_view reason, const std::map<std::string, std::string>& metadata) {
  v1::ErrorInfo info;
  info.set_reason(reason.data(), reason.size());
  info.set_domain(kDomain);
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  return info;
}

bool IsRetryable(absl::StatusCode code) {
  return code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kUnavailable;
}

// gRPC refuses to send trailers above its peer's metadata limit (8 KiB by default) and then the
// whole status is lost.
constexpr size_t kMaxMessageBytes = 512;
constexpr size_t kMaxDescriptionBytes = 500;

// As much as fits of a sentence of ours, which may quote what a client sent: plain, and not cut
// within a letter, for details that are no UTF-8 cannot be parsed.
std::string Readable(absl::string_view text, size_t most) {
  std::string plain = PlainText(text.substr(0, most));
  if (plain.size() > most) {
    while (most > 0 && (plain[most] & 0xC0) == 0x80) --most;
    plain.resize(most);
  }
  return plain;
}

}  // namespace

absl::Status InvalidFields(std::vector<FieldViolation> violations) {
  v1::BadRequest bad_request;
  // All details together must fit the 8 KiB that gRPC peers accept as metadata by default; the cap
  // by count alone would not do.
  constexpr size_t kMaxBytes = 3500;
  size_t listed = 0;
  for (; listed < violations.size() && listed < static_cast<size_t>(kMaxFieldViolations); ++listed) {
    auto* violation = bad_request.add_field_violations();
    violation->set_field(violations[listed].field);
    violation->set_description(Readable(violations[listed].description, kMaxDescriptionBytes));
    if (listed > 0 && bad_request.ByteSizeLong() > kMaxBytes) {
      bad_request.mutable_field_violations()->RemoveLast();
      break;
    }
  }
  std::string message =
      violations.empty() ? "invalid request" : absl::StrCat(violations[0].field, ": ", violations[0].description);
  if (violations.size() > 1) absl::StrAppend(&message, " (and ", violations.size() - 1, " more)");
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kBadRequestUrl, absl::Cord(bad_request.SerializeAsString()));
  return WithReason(std::move(status), "INVALID_FIELD",
                    {{"violations", absl::StrCat(violations.size())}, {"violations_listed", absl::StrCat(listed)}});
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const std::map<std::string, std::string>& metadata) {
  if (!status.ok()) status.SetPayload(kErrorInfoUrl, absl::Cord(MakeErrorInfo(reason, metadata).SerializeAsString()));
  return status;
}

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  if (status.ok()) return status;
  v1::RetryInfo info;
  delay = std::clamp(delay, absl::ZeroDuration(), absl::Hours(1));
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(delay));
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(delay - absl::Seconds(absl::ToInt64Seconds(delay)))));
  status.SetPayload(kRetryInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

std::optional<absl::Duration> RetryDelay(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRetryInfoUrl);
  v1::RetryInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return absl::Seconds(info.retry_delay().seconds()) + absl::Nanoseconds(info.retry_delay().nanos());
}

v1::Status ToStatusProto(const absl::Status& status) {
  v1::Status proto;
  proto.set_code(static_cast<int32_t>(status.code()));
  proto.set_message(Readable(status.message(), kMaxMessageBytes));
  if (status.ok()) return proto;
  absl::Status complete = status;
  if (!complete.GetPayload(kErrorInfoUrl).has_value()) {
    complete = WithReason(std::move(complete), absl::StatusCodeToString(status.code()));
  }
  if (IsRetryable(status.code()) && !RetryDelay(complete).has_value()) {
    complete = WithRetryDelay(std::move(complete), kDefaultRetryDelay);
  }
  // ErrorInfo first, whatever the order of the payloads: readers look there first.
  std::map<std::string, std::string> details;
  complete.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    if (absl::StartsWith(url, kTypePrefix)) details[std::string(url)] = std::string(payload);
  });
  const auto add = [&](const std::string& url, const std::string& value) {
    google::protobuf::Any* any = proto.add_details();
    any->set_type_url(url);
    any->set_value(value);
  };
  add(kErrorInfoUrl, details[kErrorInfoUrl]);
  for (const auto& [url, value] : details) {
    if (url != kErrorInfoUrl) add(url, value);
  }
  return proto;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const v1::Status proto = ToStatusProto(status);
  return grpc::Status(static_cast<grpc::StatusCode>(proto.code()), proto.message(), proto.SerializeAsString());
}

grpc::Status FinishStatus(const absl::Status& status, grpc::ServerContextBase* context) {
  if (IsRetryable(status.code())) {
    const absl::Duration delay = RetryDelay(status).value_or(kDefaultRetryDelay);
    context->AddTrailingMetadata(kPushbackTrailer, absl::StrCat(absl::ToInt64Milliseconds(delay)));
  }
  return ToGrpcStatus(status);
}

}  // namespace tremorcast::rpc
