#include "server/telemetry/metrics.h"

#include <limits>
#include <utility>

#include <prometheus/labels.h>

namespace tremorcast {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::Registry;
using Buckets = Histogram::BucketBoundaries;

const Buckets& SecondsBuckets() {
  static const Buckets buckets = {.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60};
  return buckets;
}

Gauge& OneGauge(Registry& registry, const std::string& name, const std::string& help) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add({});
}
Counter& OneCounter(Registry& registry, const std::string& name, const std::string& help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}
Histogram& OneHistogram(Registry& registry, const std::string& name, const std::string& help,
                        const Buckets& buckets = SecondsBuckets(), const Labels& labels = {}) {
  return BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, buckets);
}
Histogram& InferencePhase(Registry& registry, const std::string& phase) {
  return OneHistogram(registry, "tremorcast_inference_seconds", "Time of one forecast's inference, by phase.",
                      SecondsBuckets(), {{"phase", phase}});
}

const char* const kGrpcCodes[17] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

}  // namespace

double UnixSeconds(absl::Time t) { return absl::ToDoubleSeconds(t - absl::UnixEpoch()); }

GaugeSet::GaugeSet(Registry& registry, const std::string& name, const std::string& help,
                   std::vector<std::string> label_names)
    : label_names_(std::move(label_names)), family_(BuildGauge().Name(name).Help(help).Register(registry)) {}

Gauge& GaugeSet::At(const std::vector<std::string>& label_values) {
  const auto known = gauges_.find(label_values);
  if (known != gauges_.end()) return *known->second;
  Labels labels;
  for (size_t i = 0; i < label_names_.size() && i < label_values.size(); ++i) {
    labels.emplace(label_names_[i], label_values[i]);
  }
  return *gauges_.emplace(label_values, &family_.Add(labels)).first->second;
}

void GaugeSet::Set(const std::vector<std::string>& label_values, double value) {
  absl::MutexLock lock(&mutex_);
  At(label_values).Set(value);
}

void GaugeSet::SetMax(const std::vector<std::string>& label_values, double value) {
  absl::MutexLock lock(&mutex_);
  Gauge& gauge = At(label_values);
  if (value > gauge.Value()) gauge.Set(value);
}

void GaugeSet::Remove(const std::vector<std::string>& label_values) {
  absl::MutexLock lock(&mutex_);
  const auto known = gauges_.find(label_values);
  if (known == gauges_.end()) return;
  family_.Remove(known->second);
  gauges_.erase(known);
}

void GaugeSet::RemoveWithFirstLabel(const std::string& first) {
  absl::MutexLock lock(&mutex_);
  for (auto at = gauges_.begin(); at != gauges_.end();) {
    if (at->first.empty() || at->first.front() != first) {
      ++at;
      continue;
    }
    family_.Remove(at->second);
    at = gauges_.erase(at);
  }
}

void GaugeSet::Clear() {
  absl::MutexLock lock(&mutex_);
  for (const auto& [labels, gauge] : gauges_) family_.Remove(gauge);
  gauges_.clear();
}

size_t GaugeSet::size() const {
  absl::MutexLock lock(&mutex_);
  return gauges_.size();
}

CounterSet::CounterSet(Registry& registry, const std::string& name, const std::string& help, const std::string& label,
                       const std::vector<std::string>& values) {
  Family<Counter>& family = BuildCounter().Name(name).Help(help).Register(registry);
  for (const std::string& value : values) last_ = counters_[value] = &family.Add({{label, value}});
}

Counter& CounterSet::operator[](absl::string_view value) const {
  const auto at = counters_.find(std::string(value));
  return at == counters_.end() ? *last_ : *at->second;
}

GrpcMetrics::GrpcMetrics(Registry& registry)
    : started_(BuildCounter().Name("grpc_server_started_total").Help("RPCs started.").Register(registry)),
      handled_(BuildCounter()
                   .Name("grpc_server_handled_total")
                   .Help("RPCs ended, regardless of success or failure.")
                   .Register(registry)),
      handling_seconds_(BuildHistogram()
                            .Name("grpc_server_handling_seconds")
                            .Help("Time from the start of an RPC to its end.")
                            .Register(registry)),
      msg_received_(
          BuildCounter().Name("grpc_server_msg_received_total").Help("Messages received.").Register(registry)),
      msg_sent_(BuildCounter().Name("grpc_server_msg_sent_total").Help("Messages sent.").Register(registry)) {}

const GrpcMethodMetrics& GrpcMetrics::AddMethod(const std::string& service, const std::string& method,
                                                const std::string& type) {
  const Labels labels = {{"grpc_service", service}, {"grpc_method", method}, {"grpc_type", type}};
  auto metrics = std::make_unique<GrpcMethodMetrics>();
  metrics->started = &started_.Add(labels);
  for (size_t code = 0; code < metrics->handled.size(); ++code) {
    Labels with_code = labels;
    with_code["grpc_code"] = kGrpcCodes[code];
    metrics->handled[code] = &handled_.Add(with_code);
  }
  metrics->handling_seconds = &handling_seconds_.Add(labels, SecondsBuckets());
  metrics->msg_received = &msg_received_.Add(labels);
  metrics->msg_sent = &msg_sent_.Add(labels);
  methods_.push_back(std::move(metrics));
  return *methods_.back();
}

AccessMetrics::AccessMetrics(Registry& registry)
    : refused(registry, "tremorcast_access_refused_total", "Calls, batches and streams refused for who sent them.",
              "reason", {"credential", "role", "station", "streams", "rate"}),
      list_valid(OneGauge(registry, "tremorcast_access_list_valid",
                          "1 while the access list in force is what its file says (or none is used).")),
      credential_expiry(
          registry, "tremorcast_access_credential_expiry_timestamp_seconds",
          "When a credential of the access list is no longer valid; infinity, of nobody, beside those that expire.",
          {"principal", "credential"}),
      connections_refused(registry, "tremorcast_connections_refused_total",
                          "Connections of callers that were not taken or were cut.", "reason",
                          {"limit", "client", "flood", "descriptors"}) {
  list_valid.Set(1);
  credential_expiry.Set({"", ""}, std::numeric_limits<double>::infinity());
}

IngestMetrics::IngestMetrics(Registry& registry)
    : rows(registry, "tremorcast_ingest_rows_total", "Rows answered, by verdict.", "verdict",
           {"accepted", "duplicate", "conflict", "late", "rejected"}),
      commit_seconds(OneHistogram(registry, "tremorcast_ingest_commit_seconds", "Time to store one group of batches.")),
      rows_per_commit(OneHistogram(registry, "tremorcast_ingest_rows_per_commit", "Rows of one group of batches.",
                                   {1, 10, 100, 1000, 2500, 5000, 10000, 20000, 50000})),
      queue_bytes(OneGauge(registry, "tremorcast_ingest_queue_bytes", "Bytes admitted and not yet committed.")),
      queue_capacity_bytes(
          OneGauge(registry, "tremorcast_ingest_queue_capacity_bytes", "Bytes that may be admitted at once.")),
      backpressure(OneCounter(registry, "tremorcast_ingest_backpressure_total", "Batches refused, queue full.")),
      group_retries(OneCounter(registry, "tremorcast_ingest_group_retries_total",
                               "Batches stored one by one because their group failed as a whole.")),
      batches_failed(registry, "tremorcast_ingest_batches_failed_total", "Batches that were not stored, by reason.",
                     "reason", {"unavailable", "deadline", "precondition", "invalid", "other"}),
      lateness_seconds(OneHistogram(registry, "tremorcast_ingest_lateness_seconds",
                                    "End of the newest slot of a live batch to its arrival.",
                                    {1, 5, 15, 60, 300, 600, 1800, 3600, 21600, 86400, 604800})),
      station_last_observation(registry, "tremorcast_station_last_observation_timestamp_seconds",
                               "Start of the newest stored slot of a station.", {"station"}) {}

WindowMetrics::WindowMetrics(Registry& registry)
    : completeness(registry, "tremorcast_window_completeness_ratio",
                   "Share of slots with a row in the windows of the last sealed week, mean over enrolled stations.",
                   {"region"}),
      dirty(OneGauge(registry, "tremorcast_window_dirty", "Sealed station-weeks that got rows since.")),
      seal_seconds(OneHistogram(registry, "tremorcast_window_seal_seconds", "Time to seal one station-week.")) {}

InferenceMetrics::InferenceMetrics(Registry& registry)
    : queue_seconds(InferencePhase(registry, "queue")),
      input_seconds(InferencePhase(registry, "input")),
      compute_seconds(InferencePhase(registry, "compute")),
      output_seconds(InferencePhase(registry, "output")),
      windows(OneCounter(registry, "tremorcast_inference_windows_total", "Station windows given to a model.")),
      failures(registry, "tremorcast_inference_failures_total", "Forecasts that could not be computed.", "reason",
               {"store", "model", "input", "overloaded", "other"}) {}

ModelMetrics::ModelMetrics(Registry& registry)
    : info(registry, "tremorcast_model_info", "1 for the model that serves a region (_network: all without their own).",
           {"region", "version", "git_revision", "data_hash"}),
      load_attempts(registry, "tremorcast_model_load_attempts_total", "Loads of checkpoints, by result.", "result",
                    {"ok", "fetch_failed", "data_loss", "foreign", "invalid", "other"}),
      load_seconds(OneHistogram(registry, "tremorcast_model_load_seconds", "Time from artifact bytes to a ready model.",
                                {.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120})),
      swaps(registry, "tremorcast_model_swaps_total", "Changes of a region's model, by result.", "result",
            {"swapped", "withdrawn", "kept_incumbent"}),
      trained_timestamp(registry, "tremorcast_model_trained_timestamp_seconds",
                        "End of the training period of the model that serves a region.", {"region"}),
      stuck(registry, "tremorcast_model_stuck", "1 while a region does not serve its champion.", {"region"}),
      stuck_since(registry, "tremorcast_model_stuck_since_timestamp_seconds",
                  "When a region's champion could first not be loaded; absent while it serves.", {"region"}),
      failed_attempts(registry, "tremorcast_model_failed_attempts",
                      "Loads of a region's champion that failed, one after the other.", {"region"}),
      shadow_divergence(registry, "tremorcast_shadow_divergence",
                        "Largest difference of P(M >= edge) between challenger and champion.", {"region"}) {}

ForecastMetrics::ForecastMetrics(Registry& registry)
    : probability(registry, "tremorcast_forecast_probability",
                  "P(largest magnitude >= class edge) of the newest forecast.", {"region", "class"}),
      issued_timestamp(registry, "tremorcast_forecast_issued_timestamp_seconds", "When the newest forecast was issued.",
                       {"region"}),
      information_gain(registry, "tremorcast_forecast_information_gain_nats",
                       "Mean information gain per week of the scored forecasts.", {"region", "against"}),
      feature_drift_psi(registry, "tremorcast_feature_drift_psi",
                        "Worst population stability index of a signal's features against the training period.",
                        {"signal"}),
      regions_degraded(OneGauge(registry, "tremorcast_regions_degraded",
                                "Regions whose newest forecast lacks data (degraded or insufficient).")) {}

SkillMetrics::SkillMetrics(Registry& registry)
    : champion_gain(registry, "tremorcast_champion_information_gain_nats",
                    "Mean gain per region-week over climatology of a scope's champion since it came into service.",
                    {"region"}),
      champion_log_evidence(
          registry, "tremorcast_champion_log_evidence",
          "E-process of a scope's champion over climatology; it counts from ln 20 on, times the number of scopes.",
          {"region"}),
      shadow_gain(registry, "tremorcast_shadow_information_gain_nats",
                  "Mean gain per region-week of the challenger on trial.", {"region", "against"}),
      shadow_log_evidence(registry, "tremorcast_shadow_log_evidence", "E-process of the challenger on trial.",
                          {"region", "against"}),
      shadow_verified_weeks(registry, "tremorcast_shadow_verified_weeks", "Verified weeks of the challenger on trial.",
                            {"region"}),
      // Counted out of the ledger, so that every leader shows the same: _total because it only
      // grows.
      promotions(registry, "tremorcast_model_promotions_total", "Entries of the promotions ledger.",
                 {"region", "kind", "actor"}),
      action_pending(registry, "tremorcast_skill_action_pending",
                     "1 while verified weeks ask for an action that --auto-promote would take; 0 for keep.",
                     {"region", "action"}) {}

TrainingMetrics::TrainingMetrics(Registry& registry)
    : last_success_timestamp(OneGauge(registry, "tremorcast_training_last_success_timestamp_seconds",
                                      "End of the last training run that reached a verdict.")),
      // A gauge set from the table of runs, though it only grows: _total because it counts.
      runs(registry, "tremorcast_training_runs_total", "Training runs, by result.", {"result"}),
      candidate_score(registry, "tremorcast_training_candidate_score", "Scores of the newest candidate at the gate.",
                      {"region", "metric"}) {}

JobMetrics::JobMetrics(Registry& registry)
    : leader(OneGauge(registry, "tremorcast_leader", "1 on the replica that seals, issues and verifies.")),
      last_success_timestamp(registry, "tremorcast_job_last_success_timestamp_seconds", "When a job last succeeded.",
                             {"job"}),
      runs(BuildCounter().Name("tremorcast_job_runs_total").Help("Runs of a job, by result.").Register(registry)),
      seconds(BuildHistogram().Name("tremorcast_job_seconds").Help("Time of one run of a job.").Register(registry)) {}

MaintenanceMetrics::MaintenanceMetrics(Registry& registry)
    : expired_weeks(registry, "tremorcast_retention_expired_weeks",
                    "Weeks of stored rows older than the retention: droppable, or kept for an unsealed or dirty week.",
                    {"state"}),
      dropped_weeks(OneCounter(registry, "tremorcast_retention_dropped_weeks_total", "Weeks whose rows were dropped.")),
      dropped_rows(OneCounter(registry, "tremorcast_retention_dropped_rows_total", "Rows dropped with their week.")),
      corrections(OneCounter(registry, "tremorcast_observation_corrections_total", "Stored rows corrected by hand.")),
      check_status(registry, "tremorcast_check_status", "What the server finds of itself: 0 ok, 1 warning, 2 failure.",
                   {"check"}),
      readiness(registry, "tremorcast_readiness", "1 for the state the server is in: ready, degraded or not_ready.",
                {"state"}) {}

ExecutorMetrics::ExecutorMetrics(Registry& registry, const std::string& executor)
    : queued(BuildGauge()
                 .Name("tremorcast_executor_queued")
                 .Help("Tasks that wait for a thread.")
                 .Register(registry)
                 .Add({{"executor", executor}})),
      refused(BuildCounter()
                  .Name("tremorcast_executor_refused_total")
                  .Help("Tasks refused, queue full.")
                  .Register(registry)
                  .Add({{"executor", executor}})),
      wait_seconds(OneHistogram(registry, "tremorcast_executor_wait_seconds", "Time a task waited for a thread.",
                                SecondsBuckets(), {{"executor", executor}})) {}

WatchMetrics::WatchMetrics(Registry& registry)
    : watchers(OneGauge(registry, "tremorcast_watchers", "Open forecast watches.")),
      sent(OneCounter(registry, "tremorcast_watch_forecasts_total", "Forecasts queued for watchers.")),
      dropped(OneCounter(registry, "tremorcast_watch_dropped_total", "Watchers ended because they read too slowly.")) {}

void ExportBuildInfo(Registry& registry, const std::string& version, const std::string& revision,
                     const std::string& runtime) {
  BuildGauge()
      .Name("tremorcast_build_info")
      .Help("1, labelled with what this server was built from.")
      .Register(registry)
      .Add({{"version", version}, {"revision", revision}, {"runtime", runtime}})
      .Set(1);
}

ServerMetrics::ServerMetrics(Registry& registry)
    : grpc(registry),
      access(registry),
      ingest(registry),
      windows(registry),
      inference(registry),
      models(registry),
      forecasts(registry),
      skill(registry),
      training(registry),
      jobs(registry),
      maintenance(registry),
      database_executor(registry, "database"),
      inference_executor(registry, "inference"),
      watch(registry) {}

}  // namespace tremorcast
