#pragma once

// Every series this server exports, as structs of handles made once at start from the registry
// passed in. Names are the dashboard's and the alerts' contract; add here, nowhere else.
//
// Ownership: one owner per series. Fixed series are plain references into the registry, valid for
// its life. Series that come and go (per station, region or model version) live in a GaugeSet,
// which alone adds and removes them, because Family::Remove leaves handles cached elsewhere
// dangling. The registry must outlive all of this. Thread safety: handles are atomic; a GaugeSet
// takes a short lock. Nothing blocks on I/O.

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace tremorcast {

double UnixSeconds(absl::Time t);

// Gauges under one name whose label values appear and go. `label_names` is fixed, values are given
// in that order.
class GaugeSet {
 public:
  GaugeSet(prometheus::Registry& registry, const std::string& name, const std::string& help,
           std::vector<std::string> label_names);

  void Set(const std::vector<std::string>& label_values, double value);
  // Raises only: a late row must not move a newest-seen time back.
  void SetMax(const std::vector<std::string>& label_values, double value);
  void Remove(const std::vector<std::string>& label_values);
  // Removes each series whose first label is `first` (all series of one region).
  void RemoveWithFirstLabel(const std::string& first);
  void Clear();
  size_t size() const;

 private:
  prometheus::Gauge& At(const std::vector<std::string>& label_values) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::vector<std::string> label_names_;
  prometheus::Family<prometheus::Gauge>& family_;
  mutable absl::Mutex mutex_;
  std::map<std::vector<std::string>, prometheus::Gauge*> gauges_ ABSL_GUARDED_BY(mutex_);
};

// Counters under one name and one label of a closed list of values, all present from the start (a
// rate needs its zero).
class CounterSet {
 public:
  CounterSet(prometheus::Registry& registry, const std::string& name, const std::string& help, const std::string& label,
             const std::vector<std::string>& values);
  // A value outside the list counts under the list's last one.
  prometheus::Counter& operator[](absl::string_view value) const;

 private:
  std::map<std::string, prometheus::Counter*, std::less<>> counters_;
  prometheus::Counter* last_ = nullptr;
};

// One RPC. grpc_server_* as the gRPC ecosystem names them.
struct GrpcMethodMetrics {
  prometheus::Counter* started;
  std::array<prometheus::Counter*, 17> handled;  // by numeric grpc::StatusCode
  prometheus::Histogram* handling_seconds;
  prometheus::Counter* msg_received;
  prometheus::Counter* msg_sent;
};
class GrpcMetrics {
 public:
  explicit GrpcMetrics(prometheus::Registry& registry);
  // At start, once per method. `type`: unary | client_stream | server_stream | bidi_stream. The
  // reference stays valid.
  const GrpcMethodMetrics& AddMethod(const std::string& service, const std::string& method, const std::string& type);

 private:
  prometheus::Family<prometheus::Counter>& started_;
  prometheus::Family<prometheus::Counter>& handled_;
  prometheus::Family<prometheus::Histogram>& handling_seconds_;
  prometheus::Family<prometheus::Counter>& msg_received_;
  prometheus::Family<prometheus::Counter>& msg_sent_;
  std::vector<std::unique_ptr<GrpcMethodMetrics>> methods_;
};

// Who was turned away, and whether the access list on disk is the one in force.
struct AccessMetrics {
  explicit AccessMetrics(prometheus::Registry& registry);
  CounterSet refused;  // {reason}: credential, role, station, streams, rate
  prometheus::Gauge& list_valid;
  GaugeSet credential_expiry;      // {principal,credential}: of those that expire
  CounterSet connections_refused;  // {reason}: limit, client, descriptors, flood
};

struct IngestMetrics {
  explicit IngestMetrics(prometheus::Registry& registry);
  CounterSet rows;  // {verdict}: accepted, duplicate, conflict, late, rejected
  prometheus::Histogram& commit_seconds;
  prometheus::Histogram& rows_per_commit;
  prometheus::Gauge& queue_bytes;
  prometheus::Gauge& queue_capacity_bytes;
  prometheus::Counter& backpressure;
  prometheus::Counter& group_retries;  // batches sent again one by one after their group failed
  CounterSet batches_failed;           // {reason}: unavailable, deadline, precondition, invalid, other
  prometheus::Histogram& lateness_seconds;
  GaugeSet station_last_observation;  // {station}
};

struct WindowMetrics {
  explicit WindowMetrics(prometheus::Registry& registry);
  GaugeSet completeness;  // {region}
  prometheus::Gauge& dirty;
  prometheus::Histogram& seal_seconds;
};

struct InferenceMetrics {
  explicit InferenceMetrics(prometheus::Registry& registry);
  prometheus::Histogram& queue_seconds;  // {phase}
  prometheus::Histogram& input_seconds;
  prometheus::Histogram& compute_seconds;
  prometheus::Histogram& output_seconds;
  prometheus::Counter& windows;
  CounterSet failures;  // {reason}: store, model, input, overloaded, other
};

struct ModelMetrics {
  explicit ModelMetrics(prometheus::Registry& registry);
  GaugeSet info;             // {region,version,git_revision,data_hash} = 1
  CounterSet load_attempts;  // {result}: ok, fetch_failed, data_loss, foreign, invalid, other
  prometheus::Histogram& load_seconds;
  CounterSet swaps;            // {result}: swapped, withdrawn, kept_incumbent
  GaugeSet trained_timestamp;  // {region}: end of the training period
  GaugeSet stuck;              // {region} = 1 while the champion of the registry is not the one that serves
  GaugeSet stuck_since;        // {region}: since when; absent while it serves
  GaugeSet failed_attempts;    // {region}: loads of the present champion that failed in a row
  GaugeSet shadow_divergence;  // {region}
};

struct ForecastMetrics {
  explicit ForecastMetrics(prometheus::Registry& registry);
  GaugeSet probability;        // {region,class}: P(M >= edge) under class "3.5", "4.0", ...
  GaugeSet issued_timestamp;   // {region}
  GaugeSet information_gain;   // {region,against}
  GaugeSet feature_drift_psi;  // {signal}
  prometheus::Gauge& regions_degraded;
};

// What the verified weeks say of champions and challengers; exported by the leader. {region} is a
// scope: a region with a champion of its own, or _network.
struct SkillMetrics {
  explicit SkillMetrics(prometheus::Registry& registry);
  GaugeSet champion_gain;          // {region}: of the champion over climatology, since it came into service
  GaugeSet champion_log_evidence;  // {region}
  GaugeSet shadow_gain;            // {region,against}: of the challenger; against climatology or champion
  GaugeSet shadow_log_evidence;    // {region,against}
  GaugeSet shadow_verified_weeks;  // {region}: of the trial so far
  GaugeSet promotions;             // {region,kind,actor}: the ledger's entries; actor: auto or other
  GaugeSet action_pending;         // {region,action} = 1 while the policy would act and may not; keep = 0
};

struct TrainingMetrics {
  explicit TrainingMetrics(prometheus::Registry& registry);
  prometheus::Gauge& last_success_timestamp;  // promoted or kept
  GaugeSet runs;                              // {result}: a count out of the table, so it may be set, not only raised
  GaugeSet candidate_score;                   // {region,metric}
};

struct JobMetrics {
  explicit JobMetrics(prometheus::Registry& registry);
  prometheus::Gauge& leader;                           // 1 on the replica that leads
  GaugeSet last_success_timestamp;                     // {job}
  prometheus::Family<prometheus::Counter>& runs;       // {job,result}; handles are cached by the runner
  prometheus::Family<prometheus::Histogram>& seconds;  // {job}
};

// What operators do to stored rows, and what the server finds when it looks at itself.
struct MaintenanceMetrics {
  explicit MaintenanceMetrics(prometheus::Registry& registry);
  GaugeSet expired_weeks;  // {state}: droppable, kept; weeks of rows older than the retention
  prometheus::Counter& dropped_weeks;
  prometheus::Counter& dropped_rows;
  prometheus::Counter& corrections;
  GaugeSet check_status;  // {check}: 0 ok, 1 warning, 2 failure; on every replica
  GaugeSet readiness;     // {state}: ready, degraded, not_ready; 1 for the present one
};

struct ExecutorMetrics {
  ExecutorMetrics(prometheus::Registry& registry, const std::string& executor);
  prometheus::Gauge& queued;
  prometheus::Counter& refused;
  prometheus::Histogram& wait_seconds;
};

struct WatchMetrics {
  explicit WatchMetrics(prometheus::Registry& registry);
  prometheus::Gauge& watchers;
  prometheus::Counter& sent;
  prometheus::Counter& dropped;
};

// tremorcast_build_info{version,revision,runtime} = 1.
void ExportBuildInfo(prometheus::Registry& registry, const std::string& version, const std::string& revision,
                     const std::string& runtime);

// What main makes once and hands out.
struct ServerMetrics {
  explicit ServerMetrics(prometheus::Registry& registry);
  GrpcMetrics grpc;
  AccessMetrics access;
  IngestMetrics ingest;
  WindowMetrics windows;
  InferenceMetrics inference;
  ModelMetrics models;
  ForecastMetrics forecasts;
  SkillMetrics skill;
  TrainingMetrics training;
  JobMetrics jobs;
  MaintenanceMetrics maintenance;
  ExecutorMetrics database_executor;
  ExecutorMetrics inference_executor;
  WatchMetrics watch;
};

}  // namespace tremorcast
