#include "server/rpc/wire/convert_window.h"

#include <absl/strings/escaping.h>

#include "core/observation/feature_schema.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/resource_names.h"

namespace tremorcast::rpc {

void FillWindow(const StationWindow& window, v1::StationWindow* proto) {
  proto->set_station(StationName(window.key.station));
  SetTimestamp(window.key.start, proto->mutable_start_time());
  proto->set_revision(window.key.revision);
  proto->set_content_hash(absl::BytesToHexString(window.content_hash));
  proto->set_slot_count(window.slots);
  for (int c = 0; c < kFeatures; ++c) {
    v1::FeatureSeries* series = proto->add_features();
    series->set_feature(std::string(FeatureNames()[static_cast<size_t>(c)]));
    const absl::Span<const float> values = window.channel(c);
    series->mutable_values()->Add(values.begin(), values.end());
  }
}

}  // namespace tremorcast::rpc
