#include "tests/support/server_over_fakes.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/ladder/etas_artifact.h"
#include "core/skill/records.h"
#include "server/pipeline/bounded_executor.h"
#include "server/pipeline/drawn_issues.h"
#include "server/pipeline/forecast_archive.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/ingest_pipeline.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/pipeline/self_check.h"
#include "server/pipeline/watch_hub.h"
#include "server/rpc/calls/call_runner.h"
#include "server/rpc/grpc_server.h"
#include "server/rpc/ingest/batch_intake.h"
#include "server/rpc/ingest/ingest_service.h"
#include "server/rpc/services/admin_service.h"
#include "server/rpc/services/catalog_service.h"
#include "server/rpc/services/forecast_service.h"
#include "server/rpc/services/model_service.h"
#include "server/rpc/services/network_service.h"
#include "server/rpc/wire/resource_names.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_forecast_store.h"
#include "tests/fakes/fake_model_registry.h"
#include "tests/fakes/fake_observations.h"
#include "tests/fakes/fake_predictor.h"
#include "tests/support/complete_until.h"

namespace tremorcast {
namespace {

// Every row that is asked for is there, and holds zeros until it is corrected.
class ZeroRows final : public MaintenanceStore {
 public:
  absl::StatusOr<std::vector<ExpiredWeek>> ExpiredWeeks(absl::Time) override { return std::vector<ExpiredWeek>(); }
  absl::StatusOr<int64_t> DropWeek(absl::Time, absl::Time) override {
    return absl::FailedPreconditionError("no week is expired");
  }
  absl::StatusOr<Correction> Correct(const CorrectionRequest& request) override {
    Correction made;
    made.station = request.station;
    made.signal = request.signal;
    made.slot = request.slot;
    made.corrected_at = request.corrected_at;
    made.actor = request.actor;
    made.reason = request.reason;
    made.new_values.resize(static_cast<size_t>(FeatureCount(request.signal)));
    absl::MutexLock lock(&mutex_);
    for (const Correction& before : corrections_) {
      if (before.station == made.station && before.signal == made.signal && before.slot == made.slot) {
        made.new_values = before.new_values;
      }
    }
    made.old_values = made.new_values;
    bool changed = false;
    for (const auto& [index, value] : request.values) {
      float& stored = made.new_values.at(static_cast<size_t>(index));
      changed = changed || std::bit_cast<uint32_t>(stored) != std::bit_cast<uint32_t>(value);
      stored = value;
    }
    if (!changed) return absl::FailedPreconditionError("the row has these values already");
    made.sequence = static_cast<int64_t>(corrections_.size()) + 1;
    corrections_.push_back(made);
    return made;
  }
  absl::StatusOr<std::vector<Correction>> Corrections(const std::optional<StationId>& station, int64_t before_sequence,
                                                      int limit) override {
    absl::MutexLock lock(&mutex_);
    std::vector<Correction> found;
    for (auto it = corrections_.rbegin(); it != corrections_.rend() && static_cast<int>(found.size()) < limit; ++it) {
      if (it->sequence < before_sequence && (!station.has_value() || it->station == *station)) found.push_back(*it);
    }
    return found;
  }
  absl::StatusOr<StoreState> State(absl::Time now) override {
    StoreState state;
    state.database_time = absl::Now();
    state.partitions_until = now + 5 * kWeekLength;
    state.leader_present = true;
    return state;
  }

 private:
  absl::Mutex mutex_;
  std::vector<Correction> corrections_ ABSL_GUARDED_BY(mutex_);  // [sequence - 1]
};

// Of the catalogue rung, for the region's box: it draws few catalogues, so that a map of them takes
// milliseconds.
const EtasArtifact& SmallEtas() {
  static const auto& small = *new EtasArtifact([] {
    EtasArtifact etas;
    Region box;
    box.id = RegionId("catalogue");
    box.polygon = BoxPolygon(29, 31, 102, 104);
    etas.model.region = *MakeEtasRegion(box);
    etas.sources_from = kSmallWorldWeek - 104 * kWeekLength;
    etas.training_period = {kSmallWorldWeek - 78 * kWeekLength, kSmallWorldWeek - 4 * kWeekLength};
    etas.catalogues = 20;
    etas.pool_weight = 0.8;
    etas.twin.network = {0.7, 0.2, 0.05, 0.03, 0.02};
    etas.demonstrated_skill = true;
    etas.verdict = "a test model";
    etas.golden.catalogues = 20;
    etas.golden = *AnswerGolden(etas.model, etas.classes, etas.golden);
    return etas;
  }());
  return small;
}

ModelHost::Options ToModelOptions() {
  ModelHost::Options options;
  options.read_etas = [](const std::string&) { return SmallEtas(); };
  return options;
}

rpc::GrpcServer::Options ToGrpcOptions() {
  rpc::GrpcServer::Options options;
  options.listen = {"127.0.0.1", 0};
  return options;
}

rpc::ForecastService::Options ToForecastOptions() {
  rpc::ForecastService::Options options;
  options.heartbeat = absl::Milliseconds(1);  // a watcher of nothing waits for one
  return options;
}

}  // namespace

// Members stand as in Server::Graph.
struct ServerOverFakes::Graph {
  Graph() {
    AddWorld();
    TREMORCAST_CHECK(directory.Refresh().ok());
  }

  void Start() {
    // The catalogue's model takes as long to load as all the rest: it waits until a call wants it.
    auto champions = model_registry.Champions(absl::InfiniteFuture());
    TREMORCAST_CHECK(champions.ok());
    champions->erase(RegionId(kCatalogueScope));
    TREMORCAST_CHECK(models.Reconcile(*champions).ok());
    AddForecast();
    hub.Start();
    TREMORCAST_CHECK(grpc.Start({&ingest_service, &catalog_service, &network_service, &forecast_service, &model_service,
                                 &admin_service})
                         .ok());
    grpc.health().Set("", true);
    for (const std::string& service : rpc::ServiceNames()) grpc.health().Set(service, true);
  }

  bool Stop() {
    if (std::exchange(stopped, true)) return true;
    const bool ended = grpc.EndStreams(absl::Now() + absl::Minutes(1));
    grpc.Shutdown(absl::Now() + absl::Minutes(1));
    pipeline.Drain();
    hub.Stop();
    database.Stop();
    inference.Stop();
    return ended;
  }

  void AddWorld();
  // Publishes and promotes; the model's name.
  std::string Serve(const std::string& artifact, const char* scope);
  void AddForecast();

  const FakeClock clock{kSmallWorldWeek + absl::Hours(1)};
  const std::unique_ptr<Log> log = Log::Silent();
  const std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  ServerMetrics metrics{*registry};
  FakeNetworkStore network;
  FakeObservations observations;
  FakeEventStore events;
  FakeForecastStore forecasts;
  FakeTrainingRunStore runs;
  FakeModelRegistry model_registry{&runs};
  ZeroRows maintenance;
  const FakePredictorLoader loader;
  NetworkDirectory directory{network, clock};
  ModelHost models{ToModelOptions(), model_registry, loader, clock, metrics.models, *log};
  BoundedExecutor database{{"database", 2, 256}, metrics.database_executor};
  BoundedExecutor inference{{"inference", 1, 32, &metrics.inference.queue_seconds}, metrics.inference_executor};
  IngestPipeline pipeline{{}, observations, metrics.ingest, *log};
  Forecaster forecaster{Forecaster::Options(), directory, observations, events, forecasts, models, clock,
                        metrics.inference,     *log};
  DrawnIssues drawn{forecaster};
  WatchHub hub{WatchHub::Options(), forecasts, clock, metrics.watch, *log};
  const SelfCheck self_check{SelfCheck::Options(),
                             {maintenance, observations, events, forecasts, model_registry, runs, directory, clock,
                              [] { return Readiness(); }, [this] { return grpc.access().CredentialsLeft(); }}};
  const AccessLog access_log{*log, 1};
  rpc::GrpcServer grpc{ToGrpcOptions(), metrics.grpc, metrics.access, *log, access_log};
  const rpc::CallRunner calls{database, grpc.access().Charger()};
  rpc::BatchIntake intake{directory,    database, clock, ObservationLimits(), rpc::BatchIntake::WriterLimits(),
                          grpc.access()};
  rpc::IngestService ingest_service{observations,   pipeline, intake,       grpc.access(),
                                    grpc.streams(), calls,    &observations};
  rpc::CatalogService catalog_service{events, directory, clock, grpc.access(), calls, [] {}};
  rpc::NetworkService network_service{network, directory, calls, [] {}};
  rpc::ForecastService forecast_service{ToForecastOptions(),
                                        {forecasts, observations, forecaster, drawn, models, directory, hub,
                                         grpc.streams(), grpc.access(), clock, database, inference},
                                        [this] { hub.Poke(); }};
  rpc::ModelService model_service{model_registry, forecasts, SkillPolicy(),
                                  models,         directory, clock,
                                  grpc.access(),  calls,     [this] { models.ReconcileWithRegistry().IgnoreError(); }};
  rpc::AdminService admin_service{maintenance, self_check,          clock, grpc.access(),
                                  calls,       metrics.maintenance, *log,  [] {}};
  std::string model_name, forecast_name;
  bool stopped = false;
};

void ServerOverFakes::Graph::AddWorld() {
  for (const char* id : {"s1", "s2"}) {
    Station station;
    station.id = StationId(id);
    station.title = id;
    station.location = {30, 103};
    station.magn_updating = station.sound_updating = true;
    TREMORCAST_CHECK(network.UpsertStation(station).ok());
  }
  Region region;
  region.id = RegionId("area-1");
  region.title = "Area 1";
  region.polygon = BoxPolygon(29, 31, 102, 104);
  region.stations = {StationId("s1"), StationId("s2")};
  TREMORCAST_CHECK(network.UpsertRegion(region).ok());

  std::vector<SeismicEvent> catalogue;
  for (int i = 1; i <= 40; ++i) {
    SeismicEvent& event = catalogue.emplace_back();
    event.source = "cenc";
    event.source_event_id = absl::StrCat(i);
    event.origin_time = kSmallWorldWeek - i * absl::Hours(24 * 18);
    event.epicenter = {30, 103};
    event.magnitude = i % 10 == 0 ? 4.2 : 3.6;
    event.magnitude_type = "ML";
  }
  TREMORCAST_CHECK(events.Import(catalogue, kSmallWorldWeek - absl::Hours(24)).ok());
  TREMORCAST_CHECK(SetCompleteUntil(events, "cenc", kSmallWorldWeek).ok());

  const absl::Time week = kSmallWorldWeek - kWeekLength;
  ObservationBatch batch;
  batch.station = StationId("s1");
  batch.batch_id = batch.position = "b1";
  batch.source = "test";
  batch.content_hash = Sha256("b1");
  batch.received_at = kSmallWorldWeek;
  for (int i = 0; i < 4; ++i) {
    for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
      batch.rows.push_back({{SlotContaining(week).index + i}, signal, static_cast<uint32_t>(batch.values.size())});
      batch.checked.emplace_back();
      batch.values.resize(batch.values.size() + static_cast<size_t>(FeatureCount(signal)), static_cast<float>(i + 1));
    }
  }
  TREMORCAST_CHECK(observations.Ingest({&batch}, absl::InfiniteFuture())[0].ok());
  TREMORCAST_CHECK(observations.Seal(batch.station, week, kSmallWorldWeek).ok());

  model_name = Serve(FakeArtifact(1), kNetworkScope);
  Serve("etas", kCatalogueScope);
}

std::string ServerOverFakes::Graph::Serve(const std::string& artifact, const char* scope) {
  ModelRecord record;
  record.rung = RungOfScope(RegionId(scope));
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.model.training_period = SmallEtas().training_period;
  record.created_at = kSmallWorldWeek - kWeekLength;
  record.model.version = MakeModelVersion(record.created_at, record.model.weights_sha256);
  record.model.git_revision = record.data_hash = "test";
  record.artifact_bytes = static_cast<int64_t>(artifact.size());
  record.manifest_json = record.scores_json = "{}";
  record.demonstrated_skill = true;
  record.verdict = "a test model";
  TREMORCAST_CHECK(model_registry.Publish(record, artifact, {}, std::nullopt).ok());
  Promotion promotion;
  promotion.scope = RegionId(scope);
  promotion.version = record.model.version;
  promotion.kind = PromotionKind::kPromote;
  promotion.reason = promotion.actor = "test";
  promotion.promoted_at = kSmallWorldWeek;
  TREMORCAST_CHECK(model_registry.Promote(promotion).ok());
  return rpc::ModelName(record.model.version);
}

// Computed once, in a world that is nobody's.
void ServerOverFakes::Graph::AddForecast() {
  static const auto& computed = *new Forecast([] {
    Graph world;
    TREMORCAST_CHECK(world.models.ReconcileWithRegistry().ok());
    ForecastRequest request;
    request.region = RegionId("area-1");
    request.valid_from = kSmallWorldWeek;
    request.purpose = ForecastPurpose::kOperational;
    auto forecast = world.forecaster.Compute(request);
    TREMORCAST_CHECK(forecast.ok());
    return *std::move(forecast);
  }());
  const auto archived = ArchiveForecast(forecasts, computed, RevisionReason::kFirstIssue, true);
  TREMORCAST_CHECK(archived.ok());
  forecast_name = rpc::ForecastNameOf(archived->forecast.region, archived->forecast.id);
}

ServerOverFakes::ServerOverFakes() : graph_(std::make_unique<Graph>()) { graph_->Start(); }
ServerOverFakes::~ServerOverFakes() { Stop(); }
std::shared_ptr<grpc::Channel> ServerOverFakes::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(graph_->grpc.address().ToString(), grpc::InsecureChannelCredentials(), arguments);
}
std::shared_ptr<grpc::Channel> ServerOverFakes::InProcessChannel() { return graph_->grpc.InProcessChannel(); }
const FakeClock& ServerOverFakes::clock() const { return graph_->clock; }
rpc::AccessControl& ServerOverFakes::access() { return graph_->grpc.access(); }
const AccessLog& ServerOverFakes::access_log() const { return graph_->access_log; }
const std::shared_ptr<prometheus::Registry>& ServerOverFakes::registry() const { return graph_->registry; }
const std::string& ServerOverFakes::model_name() const { return graph_->model_name; }
const std::string& ServerOverFakes::forecast_name() const { return graph_->forecast_name; }
bool ServerOverFakes::Stop() { return graph_->Stop(); }

}  // namespace tremorcast
