#pragma once

// A service over the in-memory stores whose weeks pass as fast as a loop turns: one region with one
// station, a catalogue, the jobs that issue, shadow, verify and judge, and models whose answers are
// written down beforehand. Every week goes through the real jobs and the real pipeline.

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <prometheus/registry.h>

#include "core/catalogue/labels.h"
#include "server/jobs/issue_job.h"
#include "server/jobs/shadow_job.h"
#include "server/jobs/skill_job.h"
#include "server/jobs/verify_job.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_forecast_store.h"
#include "tests/fakes/fake_model_registry.h"
#include "tests/fakes/fake_observations.h"

namespace tremorcast {

// What a model says of the event of week `week` (0 is the first simulated one): P(M >= 3.5), given
// whether it comes.
using Script = std::function<double(int week, bool event)>;

// Right with a likelihood ratio that gains about `nats` a week; negative: as wrong.
Script Skilled(double strength);

class SkillTimeline : public PredictorLoader {
 public:
  explicit SkillTimeline(SkillJob::Options options, uint64_t seed = 1);

  // Published now; promoted by a person if `serve`.
  ModelVersion Publish(const std::string& name, Script script, bool serve = false);
  void Promote(const ModelVersion& version);
  // Each week: rows arrive, the forecast is issued, shadows are archived, the week before is
  // verified and judged.
  void Run(int weeks);
  // Until the ledger has `entries`, at most `weeks`; how many passed.
  int RunUntilLedgerHas(size_t entries, int weeks);

  std::vector<Promotion> Ledger();  // oldest first
  Forecast Newest();
  Contenders ContendersNow();
  double Metric(const std::string& name, const std::vector<std::string>& labels) const;

  FakeClock clock_;
  FakeForecastStore forecasts_;
  FakeModelRegistry registry_;
  std::unique_ptr<SkillJob> skill_;
  std::unique_ptr<Forecaster> forecaster_;

  absl::StatusOr<std::shared_ptr<const Predictor>> Load(const ModelVersion& version, const std::string& artifact,
                                                        const std::string& expected_sha256) const override;

 private:
  void OneWeek();
  void Fill(absl::Time week);
  bool EventIn(int week);
  void IssueAt(absl::Time now);
  absl::Time Start(int week) const { return first_ + week * kWeekLength; }

  const absl::Time first_;
  int week_ = 0;
  std::mt19937_64 generator_;
  std::vector<bool> events_of_week_;
  std::map<std::string, Script> scripts_;
  FakeNetworkStore network_store_;
  FakeObservations observations_;
  FakeEventStore events_;
  prometheus::Registry series_;
  ServerMetrics metrics_{series_};
  std::unique_ptr<Log> log_ = Log::Silent();
  SkillPolicy policy_;
  NetworkDirectory network_{network_store_, clock_};
  ModelHost models_{ModelHost::Options(), registry_, *this, clock_, metrics_.models, *log_};
  std::unique_ptr<IssueJob> issue_;
  std::unique_ptr<ShadowJob> shadow_;
  std::unique_ptr<VerifyJob> verify_;
};

}  // namespace tremorcast
