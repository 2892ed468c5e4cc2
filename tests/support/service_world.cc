#include "tests/support/service_world.h"

#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/observation/feature_schema.h"
#include "core/skill/records.h"

namespace tremorcast {

SimulatorConfig SmallWorld(int weeks) {
  SimulatorConfig config;
  config.seed = 7;
  config.regions = 2;
  config.stations_per_region = 2;
  config.weeks = weeks;
  config.gap_rate = config.outage_rate = config.dead_rate = config.stale_rate = config.missing_slot_rate = 0;
  return config;
}

ModelVersion Publish(Store& store, const std::string& artifact, absl::Time created_at) {
  ModelRecord record;
  record.created_at = created_at;
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.model.version = MakeModelVersion(record.created_at, record.model.weights_sha256);
  record.artifact_bytes = static_cast<int64_t>(artifact.size());
  record.manifest_json = "{}";
  record.feature_schema_hash = FeatureSchemaHash();
  record.data_hash = record.model.git_revision = "test";
  record.model.training_period = {absl::FromUnixSeconds(1'483'200'000), absl::FromUnixSeconds(1'490'000'000)};
  record.verdict = "a test model";
  record.scores_json = "{}";
  record.simulated = true;
  const absl::Status published = store.models().Publish(record, artifact, {}, std::nullopt);
  TREMORCAST_CHECK(published.ok());
  return record.model.version;
}

v1::ObservationBatch MakeRows(const StationId& station, Slot first, int slots, const std::string& id) {
  v1::ObservationBatch batch;
  batch.set_station(absl::StrCat("stations/", station.value()));
  batch.set_batch_id(id);
  batch.set_source("e2e");
  batch.set_position(id);
  batch.set_delivery(v1::DELIVERY_BACKFILL);
  for (int i = 0; i < slots; ++i) {
    const Slot slot = {first.index + i};
    for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
      v1::ObservationRow* row = batch.add_rows();
      row->mutable_slot_time()->set_seconds(absl::ToUnixSeconds(slot.start()));
      row->set_signal(signal == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND);
      for (int c = 0; c < FeatureCount(signal); ++c)
        row->add_values(static_cast<float>(slot.index % 977) * 0.5f + static_cast<float>(c));
    }
  }
  return batch;
}

}  // namespace tremorcast
