#pragma once

// Converts between the core's values and the wire, and from the wire to text. Pure and thread safe.

#include <optional>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "bulletin/values.h"
#include "cli/text/console.h"
#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"
#include "core/network/station_network.h"
#include "tremorcast/v1/catalog_service.pb.h"
#include "tremorcast/v1/forecast.pb.h"
#include "tremorcast/v1/network_service.pb.h"

namespace tremorcast::cli {

using bulletin::ToEvent;
using bulletin::ToRegion;
using bulletin::ToTime;
void FillTime(absl::Time time, google::protobuf::Timestamp* proto);
void FillStation(const Station& station, v1::Station* proto);
void FillRegion(const Region& region, v1::Region* proto);
void FillEvent(const SeismicEvent& event, v1::SeismicEvent* proto);
void FillWithdrawal(const EventWithdrawal& withdrawal, v1::EventWithdrawal* proto);
void FillStatement(const Completeness& statement, v1::CompletenessStatement* proto);

// "2020-12-06 00:00" in the network's civil time (UTC+8).
std::string LocalMinute(const google::protobuf::Timestamp& proto);
// "regions/" + id unless the text starts so already.
std::string Named(absl::string_view collection, absl::string_view id);
std::string PurposeText(v1::ForecastPurpose purpose);  // "operational", "hindcast", "test"
// Nothing when the text is no such name.
std::optional<v1::ForecastPurpose> ParsePurpose(absl::string_view text);
std::string StatusText(v1::ForecastStatus status);  // "ok", "degraded", "insufficient data"

// The message as JSON with the field names of the .proto files; zeros and empty lists are written
// out.
std::string ToJson(const google::protobuf::Message& message);
// {"<key>": [message, ...]}
template <typename Messages>
std::string ToJsonList(absl::string_view key, const Messages& messages) {
  std::string out = "{\"" + std::string(key) + "\": [";
  bool first = true;
  for (const auto& message : messages) {
    out += first ? "\n" : ",\n";
    first = false;
    out += ToJson(message);
  }
  return out + (first ? "]}" : "\n]}");
}

}  // namespace tremorcast::cli
