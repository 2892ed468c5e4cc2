#pragma once

// The one place where an absl::Status becomes a gRPC status with google.rpc details.
//
// Details travel inside absl::Status as payloads keyed by their type URL
// (type.googleapis.com/google.rpc.ErrorInfo, ...), so that any layer of the services may add one
// and nobody in between has to know. ToGrpcStatus adds an ErrorInfo where there is none, and a
// RetryInfo to RESOURCE_EXHAUSTED and UNAVAILABLE: without it, clients of the OpenTelemetry kind
// drop data.
//
// Thread safety: pure functions. Nothing blocks.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "tremorcast/v1/error_details.pb.h"

namespace tremorcast::rpc {

inline constexpr absl::Duration kDefaultRetryDelay = absl::Seconds(1);
inline constexpr int kMaxFieldViolations = 100;

struct FieldViolation {
  std::string field;
  std::string description;
};

// InvalidArgument with a BadRequest; the message repeats the first violation. Needs at least one.
absl::Status InvalidFields(std::vector<FieldViolation> violations);
absl::Status InvalidField(absl::string_view field, absl::string_view description);

// The same status with an ErrorInfo of this reason ("BATCH_ID_REUSED"). An OK status stays as it
// is.
absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const std::map<std::string, std::string>& metadata = {});
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);
// Nothing when the status carries no RetryInfo.
std::optional<absl::Duration> RetryDelay(const absl::Status& status);

// google.rpc.Status with all details, as in the trailer grpc-status-details-bin or a BatchFailure.
v1::Status ToStatusProto(const absl::Status& status);
grpc::Status ToGrpcStatus(const absl::Status& status);
// ToGrpcStatus for the end of a call: also sets the trailer grpc-retry-pushback-ms where a retry
// delay applies.
grpc::Status FinishStatus(const absl::Status& status, grpc::ServerContextBase* context);

}  // namespace tremorcast::rpc
