// Small texts from outside: page tokens, resource names, times, addresses. What is accepted is
// written back and means the same. First byte: which.

#include <string>

#include "core/base/time_grid.h"
#include "core/readers/civil_text.h"
#include "server/rpc/listen_address.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/resource_names.h"
#include "tests/fuzz/fuzz.h"
#include "tremorcast/v1/error_details.pb.h"

namespace tremorcast {
namespace {

void PageToken(absl::string_view text) {
  rpc::ParsePageToken("query", text).IgnoreError();
  if (text.empty()) return;
  const std::string token = rpc::MakePageToken("query", text);
  const auto cursor = rpc::ParsePageToken("query", token);
  FUZZ_CHECK(cursor.ok() && *cursor == text);
  FUZZ_CHECK(!rpc::ParsePageToken("other query", token).ok());
}

// What a client is told of a name that is none must reach it.
void DetailsCanBeRead(const absl::Status& status) {
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  v1::BadRequest details;
  FUZZ_CHECK(payload.has_value() && details.ParseFromString(std::string(*payload)));
}

void ResourceName(absl::string_view text) {
  if (const auto id = rpc::ParseStationName("f", text); id.ok()) FUZZ_CHECK(rpc::StationName(*id) == text);
  if (const auto id = rpc::ParseRegionName("f", text); id.ok()) FUZZ_CHECK(rpc::RegionName(*id) == text);
  if (const auto id = rpc::ParseModelName("f", text); id.ok()) FUZZ_CHECK(rpc::ModelName(*id) == text);
  if (const auto name = rpc::ParseForecastName("f", text); name.ok()) {
    FUZZ_CHECK(rpc::ForecastNameOf(name->region, name->forecast) == text);
  }
  if (const auto scope = rpc::ParseScope("f", text); !scope.ok()) DetailsCanBeRead(scope.status());
}

void When(absl::string_view text) {
  if (const auto time = ParseTime(text); time.ok()) {
    // Ten-minute slots, weeks and Timestamps must be able to hold it.
    const auto again = ParseTime(FormatUtc(*time));
    FUZZ_CHECK(again.ok() && *again == *time);
    FUZZ_CHECK(WeekGrid::Service().Containing(*time).Contains(*time));
    FUZZ_CHECK(SlotContaining(*time).start() <= *time && *time < SlotContaining(*time).end());
  }
  if (const auto time = ParseCatalogueTime(text, NetworkTimeZone()); time.has_value()) {
    FUZZ_CHECK(SlotContaining(*time).start() <= *time && *time < SlotContaining(*time).end());
  }
}

void Address(absl::string_view text) {
  const auto address = rpc::ParseListenAddress("--listen", text);
  if (!address.ok()) return;
  const auto again = rpc::ParseListenAddress("--listen", address->ToString());
  FUZZ_CHECK(again.ok() && again->host == address->host && again->port == address->port);
  FUZZ_CHECK(again->loopback() == address->loopback());
}

}  // namespace

void FuzzOne(absl::string_view input) {
  switch (TakeByte(&input)) {
    case 'p':
      return PageToken(input);
    case 'n':
      return ResourceName(input);
    case 'a':
      return Address(input);
    default:
      return When(input);
  }
}

}  // namespace tremorcast
