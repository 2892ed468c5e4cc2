// Promotions (TREMORCAST_SWAPS of them, else twenty) while forecasts are asked for and rows come
// in: no call fails, every answer comes whole from one model, none from a model that was replaced
// before the call began, no row is lost, replaced models are freed, and the process does not grow
// with their number.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "model/serving/torch_predictor.h"
#include "tests/e2e/client_threads.h"
#include "tests/support/running_server.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

constexpr int kWarmUp = 5;
constexpr int64_t kUnavoidableGrowth = int64_t{8} << 20;
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr char kNetwork[] = "regions/_network";

// The real loader; counts the predictors that are alive.
class CountingLoader final : public PredictorLoader {
 public:
  absl::StatusOr<std::shared_ptr<const Predictor>> Load(const ModelVersion& version, const std::string& artifact,
                                                        const std::string& expected_sha256) const override {
    auto loaded = inner_.Load(version, artifact, expected_sha256);
    if (!loaded.ok()) return loaded;
    return std::make_shared<Counted>(*std::move(loaded), *this);
  }
  bool AwaitAlive(int count) const {
    absl::MutexLock lock(&mutex_);
    const auto there = [&] {
      mutex_.AssertReaderHeld();
      return alive_ == count;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience);
  }

 private:
  class Counted final : public Predictor {
   public:
    Counted(std::shared_ptr<const Predictor> inner, const CountingLoader& counter)
        : inner_(std::move(inner)), counter_(counter) {
      absl::MutexLock lock(&counter_.mutex_);
      ++counter_.alive_;
    }
    ~Counted() override {
      absl::MutexLock lock(&counter_.mutex_);
      --counter_.alive_;
    }
    const PredictorInfo& info() const override { return inner_->info(); }
    absl::StatusOr<std::vector<RegionPrediction>> Predict(absl::Span<const RegionInput> regions) const override {
      return inner_->Predict(regions);
    }

   private:
    const std::shared_ptr<const Predictor> inner_;
    const CountingLoader& counter_;
  };

  const TorchPredictorLoader inner_{TorchPredictorOptions{.device = "cpu"}};
  mutable absl::Mutex mutex_;
  mutable int alive_ ABSL_GUARDED_BY(mutex_) = 0;
};

int Promotions() {
  int promotions = 20;
  const char* given = std::getenv("TREMORCAST_SWAPS");
  EXPECT_TRUE(given == nullptr || absl::SimpleAtoi(given, &promotions)) << "TREMORCAST_SWAPS=" << given;
  return promotions;
}

// Of this process, after the allocator gave back what it only keeps.
int64_t ResidentBytes() {
  malloc_trim(0);
  int64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// What must be equal in every answer of one model for one region and week: all but when it was
// given.
std::string Substance(v1::Forecast forecast) {
  forecast.clear_issue_time();
  return forecast.SerializeAsString();
}

class SwapUnderLoadTest : public testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
    const Simulator simulator = *Simulator::Create(SmallWorld(2));
    const absl::Status loaded = LoadSimulatedNetwork(
        simulator, {store_->observations(), store_->windows(), store_->network(), store_->events()});
    ASSERT_TRUE(loaded.ok()) << loaded;
    issue_time_ = simulator.Week(1).end;
    for (const Station& station : simulator.stations()) stations_.push_back(station.id);
    for (const Region& region : simulator.regions()) regions_.push_back(absl::StrCat("regions/", region.id.value()));
    for (const uint64_t seed : {1, 2, 3})
      models_.push_back(absl::StrCat("models/", Publish(*store_, TinyArtifact(seed)).value()));
    auto server = RunningServer::Start(conninfo_, {}, {nullptr, &loader_, nullptr});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    forecasts_ = v1::ForecastService::NewStub(server_->NewChannel());
    model_service_ = v1::ModelService::NewStub(server_->NewChannel());
  }

  v1::ComputeForecastRequest ComputeRequest(const std::string& region) const {
    v1::ComputeForecastRequest request;
    request.set_region(region);
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(issue_time_));
    request.set_validate_only(true);
    return request;
  }

  // Promotes for the whole network and waits until the server says that it serves the model.
  testing::AssertionResult Promote(const std::string& model) {
    v1::PromoteModelRequest request;
    request.set_name(model);
    request.set_reason("test");
    v1::PromoteModelResponse promoted;
    const grpc::Status status = Call(*model_service_, &v1::ModelService::Stub::PromoteModel, request, &promoted);
    if (!status.ok()) return testing::AssertionFailure() << status.error_message();
    const absl::Time deadline = absl::Now() + kPatience;
    v1::GetModelRequest get;
    get.set_name(model);
    while (absl::Now() < deadline) {
      v1::GetModelResponse response;
      const grpc::Status got = Call(*model_service_, &v1::ModelService::Stub::GetModel, get, &response);
      if (!got.ok()) return testing::AssertionFailure() << got.error_message();
      for (const std::string& scope : response.model().serving_scopes()) {
        if (scope == kNetwork) return testing::AssertionSuccess();
      }
    }
    return testing::AssertionFailure() << model << " was promoted but is not served";
  }

  // What each model answers for each region when nothing else goes on.
  using References = std::map<std::pair<std::string, std::string>, std::string>;
  void AskEachModelAlone(References& references) {
    for (const std::string& model : models_) {
      ASSERT_TRUE(Promote(model));
      for (const std::string& region : regions_) {
        v1::ComputeForecastResponse response;
        const grpc::Status status =
            Call(*forecasts_, &v1::ForecastService::Stub::ComputeForecast, ComputeRequest(region), &response);
        ASSERT_TRUE(status.ok()) << status.error_message();
        ASSERT_TRUE(response.forecast().model_use().used()) << response.forecast().ShortDebugString();
        ASSERT_EQ(response.forecast().model_use().model(), model);
        for (const auto& [other, substance] : references) ASSERT_NE(substance, Substance(response.forecast()));
        references[{model, region}] = Substance(response.forecast());
      }
    }
  }
  void ArchiveAForecast(std::string& name) {
    v1::ComputeForecastRequest archive = ComputeRequest(regions_[0]);
    archive.set_validate_only(false);
    v1::ComputeForecastResponse archived;
    ASSERT_TRUE(Call(*forecasts_, &v1::ForecastService::Stub::ComputeForecast, archive, &archived).ok());
    name = archived.forecast().name();
  }
  void ExpectServes(const std::string& model) {
    v1::ComputeForecastResponse last;
    ASSERT_TRUE(
        Call(*forecasts_, &v1::ForecastService::Stub::ComputeForecast, ComputeRequest(regions_[1]), &last).ok());
    EXPECT_EQ(last.forecast().model_use().model(), model);
  }
  // `order`: what served before the first promotion, then each promotion.
  void ExpectLedgerIs(const std::vector<std::string>& order) {
    const int promotions = static_cast<int>(order.size()) - 1;
    v1::ListPromotionsRequest list;
    list.set_page_size(promotions + static_cast<int>(models_.size()));
    v1::ListPromotionsResponse ledger;
    ASSERT_TRUE(Call(*model_service_, &v1::ModelService::Stub::ListPromotions, list, &ledger).ok());
    ASSERT_EQ(ledger.promotions_size(), promotions + static_cast<int>(models_.size()));
    for (int i = 0; i < promotions; ++i)
      EXPECT_EQ(ledger.promotions(i).model(), order[static_cast<size_t>(promotions - i)]);
  }
  int64_t StoredRows() {
    int64_t rows = 0;
    for (const StationId& station : stations_) {
      for (const Signal signal : {Signal::kMagn, Signal::kSound})
        rows += store_->observations().CountRows(station, signal).value();
    }
    return rows;
  }
  void ExpectNoModelStayedInMemory(int64_t growth, int swaps) {
    // A swap that leaves anything behind leaves at least a model's weights or the bytes that it
    // came in, which are as many: half of that each is beyond doubt. Below the floor a growth is
    // the allocator's and the clients'.
    const int64_t artifact_bytes =
        store_->models().Get(ModelVersion(models_[0].substr(sizeof("models/") - 1)))->artifact_bytes;
    const int64_t bound = std::max<int64_t>(kUnavoidableGrowth, artifact_bytes * swaps / 2);
    EXPECT_LT(growth, bound) << "in " << swaps << " swaps of " << artifact_bytes << " bytes";
    std::cout << "resident memory grew by " << growth << " bytes in " << swaps << " swaps of " << artifact_bytes
              << " bytes; bound " << bound << std::endl;
  }

  std::string conninfo_;
  std::unique_ptr<Store> store_;
  absl::Time issue_time_;
  std::vector<StationId> stations_;
  std::vector<std::string> regions_, models_;
  CountingLoader loader_;
  std::unique_ptr<RunningServer> server_;
  std::unique_ptr<v1::ForecastService::Stub> forecasts_;
  std::unique_ptr<v1::ModelService::Stub> model_service_;
};

// The clients, each with a connection of its own.
class Load : public ClientThreads {
 public:
  // `order`: the promotions to come, by model name; the entry at `confirmed` serves when the load
  // starts.
  Load(const RunningServer& server, std::vector<std::string> order,
       std::map<std::pair<std::string, std::string>, std::string> references)
      : server_(server), order_(std::move(order)), references_(std::move(references)) {}
  ~Load() { Stop(); }

  void Compute(const v1::ComputeForecastRequest& request) {
    Start("compute", [this, request] { RunCompute(request); });
  }
  void Get(const std::string& name) {
    Start("get", [this, name] { RunGet(name); });
  }
  void IngestUnary(const StationId& station, Slot first) {
    Start("unary", [this, station, first] { RunUnary(station, first); });
  }
  void IngestStream(const StationId& station, Slot first) {
    Start("stream", [this, station, first] { RunStream(station, first); });
  }

  void Asking(int promotion) { asked_ = promotion; }
  void Confirmed(int promotion) { confirmed_ = promotion; }
  std::map<std::string, int64_t> answers_by_model() {
    absl::MutexLock lock(&mutex_);
    return by_model_;
  }
  int64_t rows_stored() const { return rows_stored_; }

 private:
  void RunCompute(const v1::ComputeForecastRequest& request) {
    const auto stub = v1::ForecastService::NewStub(server_.NewChannel());
    while (!stopping()) {
      const int serving = confirmed_;
      v1::ComputeForecastResponse response;
      const grpc::Status status =
          tremorcast::Call(*stub, &v1::ForecastService::Stub::ComputeForecast, request, &response);
      const int asked = asked_;
      if (!status.ok()) {
        Fault(absl::StrCat("ComputeForecast: ", status.error_message()));
        continue;
      }
      const std::string& model = response.forecast().model_use().model();
      const auto reference = references_.find({model, request.region()});
      if (reference == references_.end() || reference->second != Substance(response.forecast()))
        Fault(
            absl::StrCat("an answer that no model gives alone: ", response.forecast().model_use().ShortDebugString()));
      bool allowed = false;
      for (int i = serving; i <= asked; ++i) allowed = allowed || order_[static_cast<size_t>(i)] == model;
      if (!allowed) Fault(absl::StrCat("answered by ", model, " which was replaced before the call"));
      Answered("compute");
      absl::MutexLock lock(&mutex_);
      ++by_model_[model];
    }
  }
  void RunGet(const std::string& name) {
    const auto stub = v1::ForecastService::NewStub(server_.NewChannel());
    v1::GetForecastRequest request;
    request.set_name(name);
    std::optional<std::string> first;
    while (!stopping()) {
      v1::GetForecastResponse response;
      const grpc::Status status = tremorcast::Call(*stub, &v1::ForecastService::Stub::GetForecast, request, &response);
      if (!status.ok()) {
        Fault(absl::StrCat("GetForecast: ", status.error_message()));
        continue;
      }
      const std::string bytes = response.SerializeAsString();
      if (!first) first = bytes;
      if (*first != bytes) Fault("an archived forecast changed");
      Answered("get");
    }
  }
  void Count(const v1::BatchVerdict& verdict, int rows) {
    const int64_t stored = verdict.accepted_count() + verdict.late_count();
    rows_stored_ += stored;
    if (stored != rows) Fault(absl::StrCat("rows not stored: ", verdict.ShortDebugString()));
  }
  void RunUnary(const StationId& station, Slot first) {
    const auto stub = v1::IngestService::NewStub(server_.NewChannel());
    for (int i = 0; !stopping(); ++i) {
      v1::IngestObservationsRequest request;
      *request.mutable_batch() = MakeRows(station, {first.index + int64_t{kSlots} * i}, kSlots, absl::StrCat("u", i));
      v1::IngestObservationsResponse response;
      const grpc::Status status =
          tremorcast::Call(*stub, &v1::IngestService::Stub::IngestObservations, request, &response);
      if (!status.ok()) Fault(absl::StrCat("IngestObservations: ", status.error_message()));
      Count(response.verdict(), request.batch().rows_size());
      Answered("unary");
    }
  }
  void RunStream(const StationId& station, Slot first) {
    const auto stub = v1::IngestService::NewStub(server_.NewChannel());
    grpc::ClientContext context;
    const auto stream = stub->StreamObservations(&context);
    bool alive = true;
    for (int i = 0; alive && !stopping(); ++i) {
      v1::StreamObservationsRequest request;
      *request.mutable_batch() = MakeRows(station, {first.index + int64_t{kSlots} * i}, kSlots, absl::StrCat("s", i));
      v1::StreamObservationsResponse response;
      alive = stream->Write(request) && stream->Read(&response);
      if (alive) Count(response.verdict(), request.batch().rows_size());
      if (alive) Answered("stream");
    }
    stream->WritesDone();
    v1::StreamObservationsResponse rest;
    while (stream->Read(&rest)) Fault(absl::StrCat("an answer nobody asked for: ", rest.ShortDebugString()));
    const grpc::Status status = stream->Finish();
    if (!alive || !status.ok()) Fault(absl::StrCat("StreamObservations: ", status.error_message()));
  }

  static constexpr int kSlots = 36;

  const RunningServer& server_;
  const std::vector<std::string> order_;
  const std::map<std::pair<std::string, std::string>, std::string> references_;
  std::atomic<int> confirmed_{0}, asked_{0};
  std::atomic<int64_t> rows_stored_{0};
  absl::Mutex mutex_;
  std::map<std::string, int64_t> by_model_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(SwapUnderLoadTest, PromotionsFailNoCallMixNoModelsLoseNoRowAndLeaveNothingBehind) {
  const int promotions = kWarmUp + Promotions();
  References references;
  ASSERT_NO_FATAL_FAILURE(AskEachModelAlone(references));
  std::string archived;
  ASSERT_NO_FATAL_FAILURE(ArchiveAForecast(archived));

  std::vector<std::string> order = {models_.back()};
  for (int i = 0; i < promotions; ++i) order.push_back(models_[static_cast<size_t>(i) % models_.size()]);
  Load load(*server_, order, references);
  for (const std::string& region : regions_) load.Compute(ComputeRequest(region));
  load.Get(archived);
  load.IngestUnary(stations_[0], SlotContaining(issue_time_));
  load.IngestStream(stations_[3], SlotContaining(issue_time_));
  ASSERT_TRUE(load.AwaitAnswers(1, kPatience));
  int64_t resident_before = 0;
  for (int i = 1; i <= promotions; ++i) {
    load.Asking(i);
    ASSERT_TRUE(Promote(order[static_cast<size_t>(i)]));
    load.Confirmed(i);
    ASSERT_TRUE(load.AwaitAnswers(2, kPatience)) << "after promotion " << i;
    if (i == kWarmUp) resident_before = ResidentBytes();
  }
  const int64_t growth = ResidentBytes() - resident_before;
  load.Stop();

  EXPECT_THAT(load.faults(), testing::IsEmpty());
  for (const std::string& model : models_) EXPECT_GT(load.answers_by_model()[model], 0) << model;
  ExpectServes(order.back());
  ExpectLedgerIs(order);
  constexpr int64_t kLoadedBefore = int64_t{4} * 2 * 2 * kSlotsPerWeek;
  EXPECT_EQ(StoredRows(), kLoadedBefore + load.rows_stored());
  EXPECT_TRUE(loader_.AwaitAlive(1)) << "replaced models are still in memory";
  ExpectNoModelStayedInMemory(growth, promotions - kWarmUp);
}

}  // namespace
}  // namespace tremorcast
