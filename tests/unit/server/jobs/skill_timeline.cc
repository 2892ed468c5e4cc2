#include "tests/unit/server/jobs/skill_timeline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "tests/fakes/fake_predictor.h"
#include "tests/support/complete_until.h"

namespace tremorcast {
namespace {

constexpr double kEventRate = 0.3;
constexpr int kHistoryWeeks = 156;
const RegionId kLand("land");

bool Always() { return true; }

class ScriptedPredictor : public Predictor {
 public:
  ScriptedPredictor(PredictorInfo info, std::function<double(absl::Time)> event_probability)
      : info_(std::move(info)), event_probability_(std::move(event_probability)) {}
  const PredictorInfo& info() const override { return info_; }
  absl::StatusOr<std::vector<RegionPrediction>> Predict(absl::Span<const RegionInput> regions) const override {
    std::vector<RegionPrediction> result;
    for (const RegionInput& region : regions) {
      const double p = event_probability_(region.windows.front()->key.start + kWeekLength);
      RegionPrediction prediction;
      prediction.probabilities = {1 - p, .97 * p, .01 * p, .01 * p, .01 * p};
      prediction.heads = {prediction.probabilities};
      result.push_back(prediction);
    }
    return result;
  }

 private:
  const PredictorInfo info_;
  const std::function<double(absl::Time)> event_probability_;
};

}  // namespace

Script Skilled(double strength) {
  return [strength](int, bool event) {
    return 1 / (1 + (1 - kEventRate) / kEventRate * std::exp(event ? -strength : strength));
  };
}

SkillTimeline::SkillTimeline(SkillJob::Options options, uint64_t seed)
    : first_(*ParseTime("2023-01-01")), generator_(seed), policy_(options.policy) {
  TREMORCAST_CHECK(WeekGrid::Service().IsStart(first_));
  Station station;
  station.id = StationId("s1");
  station.location = {30, 102};
  TREMORCAST_CHECK(network_store_.UpsertStation(station).ok());
  Region region;
  region.id = kLand;
  region.polygon = BoxPolygon(29, 31, 101, 103);
  region.stations = {station.id};
  TREMORCAST_CHECK(network_store_.UpsertRegion(region).ok());
  clock_.Set(first_ - absl::Hours(1));
  TREMORCAST_CHECK(network_.Refresh().ok());
  std::vector<SeismicEvent> history;
  for (int week = -kHistoryWeeks; week < 0; ++week) {
    SeismicEvent event;
    event.source = "cenc";
    event.source_event_id = absl::StrCat("h", week);
    event.origin_time = Start(week) + absl::Hours(30);
    event.epicenter = {30, 102};
    event.magnitude = week % 10 > -3 ? 3.7 : 2.0;
    history.push_back(event);
  }
  TREMORCAST_CHECK(events_.Import(history, clock_.Now()).ok());
  TREMORCAST_CHECK(SetCompleteUntil(events_, "cenc", first_).ok());
  Forecaster::Options forecasting;
  forecaster_ = std::make_unique<Forecaster>(forecasting, network_, observations_, events_, forecasts_, models_, clock_,
                                             metrics_.inference, *log_);
  issue_ = std::make_unique<IssueJob>(IssueJob::Options(), *forecaster_, network_, observations_, events_, forecasts_,
                                      models_, clock_, *log_);
  ShadowJob::Options shadowing;
  shadowing.policy = policy_;
  shadow_ = std::make_unique<ShadowJob>(shadowing, *forecaster_, network_, forecasts_, events_, registry_, models_,
                                        metrics_.models, *log_);
  verify_ = std::make_unique<VerifyJob>(VerifyJob::Options(), forecasts_, events_, *log_);
  skill_ = std::make_unique<SkillJob>(options, network_, forecasts_, registry_, metrics_.skill, *log_);
  skill_->OnActed([this] { TREMORCAST_CHECK(models_.ReconcileWithRegistry().ok()); });
}

ModelVersion SkillTimeline::Publish(const std::string& name, Script script, bool serve) {
  const std::string artifact = absl::StrCat("script\n", name);
  scripts_[name] = std::move(script);
  ModelRecord record;
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.model.version = ModelVersion(name);
  record.created_at = clock_.Now();
  record.demonstrated_skill = true;
  TREMORCAST_CHECK(registry_.Publish(record, artifact, {}, std::nullopt).ok());
  if (serve) Promote(record.model.version);
  clock_.Advance(absl::Seconds(1));
  return record.model.version;
}

void SkillTimeline::Promote(const ModelVersion& version) {
  Promotion promotion;
  promotion.scope = RegionId(kNetworkScope);
  promotion.version = version;
  promotion.reason = "test";
  promotion.actor = "a person";
  promotion.promoted_at = clock_.Now();
  TREMORCAST_CHECK(registry_.Promote(promotion).ok());
  TREMORCAST_CHECK(models_.ReconcileWithRegistry().ok());
}

absl::StatusOr<std::shared_ptr<const Predictor>> SkillTimeline::Load(const ModelVersion& version,
                                                                     const std::string& artifact,
                                                                     const std::string& expected_sha256) const {
  const std::vector<std::string> lines = absl::StrSplit(artifact, '\n');
  const Script script = scripts_.at(lines.at(1));
  return std::make_shared<const ScriptedPredictor>(FakePredictorInfo(version, expected_sha256, 1),
                                                   [this, script](absl::Time start) {
                                                     const int week = static_cast<int>((start - first_) / kWeekLength);
                                                     return script(week, events_of_week_.at(static_cast<size_t>(week)));
                                                   });
}

bool SkillTimeline::EventIn(int week) {
  while (static_cast<int>(events_of_week_.size()) <= week) {
    events_of_week_.push_back(static_cast<double>(generator_() >> 11) * 0x1p-53 < kEventRate);
  }
  return events_of_week_[static_cast<size_t>(week)];
}

// Rows of both signals for the whole week.
void SkillTimeline::Fill(absl::Time week) {
  ObservationBatch batch;
  batch.station = StationId("s1");
  batch.batch_id = FormatUtc(week);
  batch.source = "test";
  batch.content_hash = Sha256(batch.batch_id);
  batch.delivery = Delivery::kBackfill;
  batch.received_at = clock_.Now();
  for (int i = 0; i < kSlotsPerWeek; ++i) {
    const Slot slot{SlotContaining(week).index + i};
    for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
      batch.rows.push_back({slot, signal, static_cast<uint32_t>(batch.values.size())});
      batch.checked.emplace_back();
      for (int c = 0; c < FeatureCount(signal); ++c) batch.values.push_back(static_cast<float>(1 + (i * 7 + c) % 97));
    }
  }
  TREMORCAST_CHECK(observations_.Ingest({&batch}, absl::InfiniteFuture())[0].ok());
}

void SkillTimeline::IssueAt(absl::Time now) {
  clock_.Set(now);
  TREMORCAST_CHECK(models_.ReconcileWithRegistry().ok());
  TREMORCAST_CHECK(issue_->Tick(now, Always).ok());
  TREMORCAST_CHECK(shadow_->Tick(now, Always).ok());
}

void SkillTimeline::OneWeek() {
  const absl::Time start = Start(week_);
  clock_.Set(std::max(clock_.Now(), start));
  Fill(start - kWeekLength);
  const bool event = EventIn(week_);
  IssueAt(start + absl::Minutes(31));
  IssueAt(start + absl::Minutes(331));  // the last call, where no model serves
  // The week before has settled.
  const absl::Time settled = start + absl::Hours(49);
  clock_.Set(settled);
  TREMORCAST_CHECK(SetCompleteUntil(events_, "cenc", settled).ok());
  TREMORCAST_CHECK(verify_->Tick(settled, Always).ok());
  TREMORCAST_CHECK(skill_->Tick(settled, Always).ok());
  if (event) {
    SeismicEvent quake;
    quake.source = "cenc";
    quake.source_event_id = absl::StrCat(week_);
    quake.origin_time = start + absl::Hours(60);
    quake.epicenter = {30, 102};
    quake.magnitude = 3.7;
    clock_.Set(start + absl::Hours(61));
    TREMORCAST_CHECK(events_.Import({quake}, clock_.Now()).ok());
  }
  ++week_;
}

void SkillTimeline::Run(int weeks) {
  for (int i = 0; i < weeks; ++i) OneWeek();
}

int SkillTimeline::RunUntilLedgerHas(size_t entries, int weeks) {
  int passed = 0;
  for (; passed < weeks && Ledger().size() < entries; ++passed) OneWeek();
  return passed;
}

std::vector<Promotion> SkillTimeline::Ledger() {
  std::vector<Promotion> ledger = *registry_.Ledger(std::nullopt);
  std::reverse(ledger.begin(), ledger.end());
  return ledger;
}

Forecast SkillTimeline::Newest() {
  ForecastQuery query;
  query.newest_first = true;
  query.limit = 1;
  return forecasts_.List(query)->front();
}

Contenders SkillTimeline::ContendersNow() {
  return ReadSkillView(network_.Snapshot()->regions(), forecasts_, registry_, policy_)->scopes.front().contenders;
}

double SkillTimeline::Metric(const std::string& name, const std::vector<std::string>& labels) const {
  for (const prometheus::MetricFamily& family : series_.Collect()) {
    if (family.name != name) continue;
    for (const prometheus::ClientMetric& metric : family.metric) {
      std::vector<std::string> values;
      for (const auto& label : metric.label) values.push_back(label.value);
      if (std::all_of(labels.begin(), labels.end(), [&](const std::string& wanted) {
            return std::find(values.begin(), values.end(), wanted) != values.end();
          })) {
        return metric.gauge.value;
      }
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace tremorcast
