#include "tests/unit/server/pipeline/service_fixture.h"

#include <algorithm>
#include <limits>

#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "tests/support/complete_until.h"

namespace tremorcast {
namespace {

// Differs from row to row, so that no sensor looks stale or dead.
float Value(int station_hash, int channel, int64_t slot, int salt) {
  return static_cast<float>(1 + (station_hash * 31 + channel * 17 + slot * 7 + salt * 1009) % 997) / 100.0f;
}

ObservationBatch MakeBatch(const std::string& station, const std::string& id, absl::Time week, int from, int to,
                           int salt) {
  ObservationBatch batch;
  batch.station = StationId(station);
  batch.batch_id = id;
  batch.source = "test";
  batch.content_hash = Sha256(absl::StrCat(id, from, to, salt));
  const int hash = static_cast<int>(static_cast<unsigned char>(Sha256(station)[0]));
  for (int i = from; i < to; ++i) {
    const Slot slot{SlotContaining(week).index + i};
    for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
      batch.rows.push_back({slot, signal, static_cast<uint32_t>(batch.values.size())});
      batch.checked.emplace_back();
      for (int c = 0; c < FeatureCount(signal); ++c) {
        batch.values.push_back(Value(hash, FirstChannel(signal) + c, slot.index, salt));
      }
    }
  }
  return batch;
}

}  // namespace

ServiceFixture::ServiceFixture()
    : issue_(*ParseTime("2026-11-15")), input_week_(issue_ - kWeekLength), clock_(issue_ + absl::Minutes(30)) {
  TREMORCAST_CHECK(WeekGrid::Service().IsStart(issue_));
  for (const char* station : {"s1", "s2", "s3", "s4"}) AddStation(station);
  AddRegion(kLab, {"s1", "s2", "s3", "s4"});
  for (int week = 1; week <= 156; ++week) {
    AddEvent(issue_ - week * kWeekLength + absl::Hours(week % 100), week % 9 == 0 ? 4.2 : week % 4 == 0 ? 3.6 : 2.0);
  }
  TREMORCAST_CHECK(SetCompleteUntil(events_, "cenc", issue_).ok());
}

void ServiceFixture::AddStation(const std::string& id, bool simulated) {
  Station station;
  station.id = StationId(id);
  station.title = id;
  station.location = {30, 102};
  station.simulated = simulated;
  TREMORCAST_CHECK(network_store_.UpsertStation(station).ok());
}

void ServiceFixture::AddRegion(const RegionId& id, const std::vector<std::string>& stations, bool simulated) {
  Region region;
  region.id = id;
  region.title = id.value();
  region.polygon = BoxPolygon(29, 31, 101, 103);
  for (const std::string& station : stations) region.stations.emplace_back(station);
  region.simulated = simulated;
  TREMORCAST_CHECK(network_store_.UpsertRegion(region).ok());
}

void ServiceFixture::Fill(const std::string& station, absl::Time week, int from, int to, int salt) {
  ObservationBatch batch = MakeBatch(station, absl::StrCat("batch-", ++batches_), week, from, to, salt);
  batch.delivery = Delivery::kBackfill;
  batch.received_at = std::min(clock_.Now(), week + kWeekLength);
  TREMORCAST_CHECK(observations_.Ingest({&batch}, absl::InfiniteFuture())[0].ok());
}

void ServiceFixture::FillLate(const std::string& station, absl::Time week, int slot) {
  ObservationBatch batch = MakeBatch(station, absl::StrCat("batch-", ++batches_), week, slot, slot + 1, 0);
  batch.received_at = clock_.Now();
  TREMORCAST_CHECK(observations_.Ingest({&batch}, absl::InfiniteFuture())[0].ok());
}

void ServiceFixture::AddEvent(absl::Time time, double magnitude, const std::string& source) {
  SeismicEvent event;
  event.source = source;
  event.source_event_id = absl::StrCat(absl::ToUnixSeconds(time));
  event.origin_time = time;
  event.epicenter = {30, 102};
  event.magnitude = magnitude;
  event.magnitude_type = "ML";
  TREMORCAST_CHECK(events_.Import({event}, time + absl::Hours(1)).ok());
}

ModelVersion ServiceFixture::Publish(int seed, double pool_weight, bool skill, bool simulated, bool over_catalogue_rung,
                                     const StationQuestion& question) {
  const std::string artifact = FakeArtifact(seed, pool_weight, skill, over_catalogue_rung, question);
  ModelRecord record;
  record.question = question;
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.created_at = issue_ + absl::Seconds(seed);
  record.model.version = MakeModelVersion(record.created_at, record.model.weights_sha256);
  record.model.git_revision = "g";
  record.data_hash = "d";
  record.demonstrated_skill = skill;
  record.verdict = "gain 0.2";
  record.simulated = simulated;
  TREMORCAST_CHECK(registry_.Publish(record, artifact, {}, std::nullopt).ok());
  return record.model.version;
}

void ServiceFixture::Promote(const RegionId& scope, const ModelVersion& version) {
  Promotion promotion;
  promotion.scope = scope;
  promotion.version = version;
  promotion.kind = version.empty() ? PromotionKind::kWithdraw : PromotionKind::kPromote;
  promotion.reason = "test";
  promotion.actor = "test";
  promotion.promoted_at = clock_.Now();
  TREMORCAST_CHECK(registry_.Promote(promotion).ok());
}

ModelVersion ServiceFixture::Serve(const RegionId& scope, int seed, double pool_weight, bool skill) {
  const ModelVersion version = Publish(seed, pool_weight, skill);
  Promote(scope, version);
  TREMORCAST_CHECK(models_.ReconcileWithRegistry().ok());
  return version;
}

ModelVersion ServiceFixture::ServeEtas(double pool_weight, bool skill, bool simulated) {
  EtasArtifact etas;
  Region box;
  box.id = RegionId("catalogue");
  box.polygon = BoxPolygon(29, 31, 101, 103);
  etas.model.region = *MakeEtasRegion(box);
  etas.sources_from = issue_ - 156 * kWeekLength;
  etas.training_period = {issue_ - 104 * kWeekLength, issue_ - 4 * kWeekLength};
  etas.catalogues = 500;
  etas.pool_weight = pool_weight;
  etas.twin.network = {0.7, 0.2, 0.05, 0.03, 0.02};
  etas.demonstrated_skill = skill;
  etas.verdict = "gain 0.1";
  etas.simulated = simulated;
  etas.golden = *AnswerGolden(etas.model, etas.classes, etas.golden);
  const std::string artifact = *WriteEtasArtifact(etas);
  ModelRecord record;
  record.rung = Rung::kCatalogue;
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.model.training_period = etas.training_period;
  record.created_at = issue_ - absl::Hours(1);
  record.model.version = MakeModelVersion(record.created_at, record.model.weights_sha256);
  record.demonstrated_skill = skill;
  record.verdict = etas.verdict;
  record.simulated = simulated;
  TREMORCAST_CHECK(registry_.Publish(record, artifact, {}, std::nullopt).ok());
  Promote(RegionId(kCatalogueScope), record.model.version);
  TREMORCAST_CHECK(models_.ReconcileWithRegistry().ok());
  TREMORCAST_CHECK(models_.Catalogue() != nullptr);
  return record.model.version;
}

ForecastRequest ServiceFixture::RequestFor(const RegionId& region, absl::Time valid_from) const {
  ForecastRequest request;
  request.region = region;
  request.valid_from = valid_from;
  return request;
}

Forecast ServiceFixture::ComputeOrDie(const ForecastRequest& request) {
  absl::StatusOr<Forecast> forecast = forecaster_.Compute(request);
  EXPECT_TRUE(forecast.ok()) << forecast.status();
  TREMORCAST_CHECK(forecast.ok());
  return *std::move(forecast);
}

double ServiceFixture::Metric(const std::string& name, const std::vector<std::string>& labels) const {
  for (const prometheus::MetricFamily& family : series_.Collect()) {
    if (family.name != name) continue;
    for (const prometheus::ClientMetric& metric : family.metric) {
      size_t found = 0;
      for (const std::string& wanted : labels) {
        for (const auto& label : metric.label) found += label.value == wanted ? 1 : 0;
      }
      if (found != labels.size()) continue;
      if (family.type == prometheus::MetricType::Counter) return metric.counter.value;
      if (family.type == prometheus::MetricType::Histogram) return static_cast<double>(metric.histogram.sample_count);
      return metric.gauge.value;
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

void Gate::Open() {
  absl::MutexLock lock(&mutex_);
  open_ = true;
}

void Gate::Wait() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&open_));
}

}  // namespace tremorcast
