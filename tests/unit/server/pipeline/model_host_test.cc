#include "server/pipeline/model_host.h"

#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include <absl/strings/match.h>

#include "core/base/digest.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

using ModelHostTest = ServiceFixture;

TEST_F(ModelHostTest, ServesNothingBeforeThereIsAChampion) {
  EXPECT_EQ(models_.For(kLab), nullptr);
  EXPECT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(models_.For(kLab), nullptr);
}

TEST_F(ModelHostTest, ARegionsOwnModelComesBeforeTheNetworks) {
  const ModelVersion network = Serve(kNetwork, 1);
  EXPECT_EQ(models_.For(kLab)->record.model.version, network);
  const ModelVersion own = Serve(kLab, 2);
  EXPECT_EQ(models_.For(kLab)->record.model.version, own);
  EXPECT_EQ(models_.For(RegionId("elsewhere"))->record.model.version, network);
  Promote(kLab, ModelVersion());  // withdrawn
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(models_.For(kLab)->record.model.version, network);
}

TEST_F(ModelHostTest, ScopesWithOneVersionShareOnePredictorAndOneLoad) {
  const ModelVersion version = Publish(1);
  for (const RegionId& scope : {kNetwork, kLab, RegionId("area2")}) Promote(scope, version);
  int loads = 0;
  loader_.faults().SetHook([&] { ++loads; });
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(models_.For(kLab)->predictor.get(), models_.For(RegionId("other"))->predictor.get());
}

TEST_F(ModelHostTest, RefusesWhatIsBrokenKeepsTheIncumbentAndSaysSo) {
  const std::string foreign = ForeignSchemaArtifact();
  const ModelVersion incumbent = Serve(kNetwork, 1);
  const auto publish_bytes = [&](const std::string& bytes, int seconds) {
    ModelRecord record;
    record.model.weights_sha256 = Sha256Hex(bytes);
    record.created_at = issue_ + absl::Seconds(seconds);
    record.model.version = MakeModelVersion(record.created_at, record.model.weights_sha256);
    EXPECT_TRUE(registry_.Publish(record, bytes, {}, std::nullopt).ok());
    return record.model.version;
  };
  const ModelVersion truncated = Publish(2);
  registry_.CorruptArtifact(truncated, FakeArtifact(2).substr(0, 40));
  const ModelVersion flipped = Publish(3);
  std::string bytes = FakeArtifact(3);
  bytes[bytes.size() / 2] ^= 1;
  registry_.CorruptArtifact(flipped, bytes);
  const std::vector<std::pair<ModelVersion, std::string>> broken = {{truncated, "data_loss"},
                                                                    {flipped, "data_loss"},
                                                                    {publish_bytes(foreign, 4), "foreign"},
                                                                    {publish_bytes(NanArtifact(), 5), "invalid"}};
  for (const auto& [version, result] : broken) {
    const double before = metrics_.models.load_attempts[result].Value();
    Promote(kNetwork, version);
    ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
    EXPECT_EQ(models_.For(kLab)->record.model.version, incumbent) << result;
    EXPECT_EQ(metrics_.models.load_attempts[result].Value(), before + 1) << result;
    EXPECT_EQ(Metric("tremorcast_model_stuck", {kNetworkScope}), 1);
    EXPECT_EQ(models_.Status()[0].wanted, version);
    EXPECT_NE(models_.Status()[0].problem, "");
    const auto said = lines_.With("event=swap region=_network model=" + version.value());
    ASSERT_EQ(said.size(), 1u);
    EXPECT_TRUE(absl::StrContains(said[0], "keeps its model")) << said[0];
  }
  EXPECT_EQ(metrics_.models.swaps["kept_incumbent"].Value(), 4);
  // A better champion takes over at once, whatever the pause after the failures.
  const ModelVersion good = Serve(kNetwork, 6);
  EXPECT_EQ(models_.For(kLab)->record.model.version, good);
  EXPECT_EQ(Metric("tremorcast_model_stuck", {kNetworkScope}), 0);
  EXPECT_EQ(lines_.With("event=swap region=_network model=" + good.value()).size(), 1u);
}

TEST_F(ModelHostTest, TriesAFailedLoadAgainWithGrowingPausesAndRecovers) {
  const ModelVersion incumbent = Serve(kNetwork, 1);
  const ModelVersion next = Publish(2);
  Promote(kNetwork, next);
  std::atomic<int> loads{0};
  loader_.faults().SetHook([&] { ++loads; });
  loader_.faults().FailNext(absl::InternalError("out of memory"), 2);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(loads, 1);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(loads, 1) << "the pause has not passed";
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(loads, 2);
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(loads, 2) << "the second pause is longer";
  EXPECT_EQ(models_.For(kLab)->record.model.version, incumbent);
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(loads, 3);
  EXPECT_EQ(models_.For(kLab)->record.model.version, next);
  EXPECT_EQ(models_.Status()[0].problem, "");
}

TEST_F(ModelHostTest, TellsHowLongAndHowOftenAChampionHasFailed) {
  Serve(kNetwork, 1);
  EXPECT_EQ(Metric("tremorcast_model_failed_attempts", {kNetworkScope}), 0);
  EXPECT_TRUE(std::isnan(Metric("tremorcast_model_stuck_since_timestamp_seconds", {kNetworkScope})));
  const double since = UnixSeconds(clock_.Now());
  Promote(kNetwork, Publish(2));
  loader_.faults().FailNext(absl::InternalError("out of memory"), 4);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
    EXPECT_EQ(Metric("tremorcast_model_failed_attempts", {kNetworkScope}), attempt);
    EXPECT_EQ(Metric("tremorcast_model_stuck_since_timestamp_seconds", {kNetworkScope}), since);
    clock_.Advance(absl::Minutes(10));
  }
  // Another champion that fails too: its first attempt, but the region has been stuck since long
  // ago.
  Promote(kNetwork, Publish(3));
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(Metric("tremorcast_model_failed_attempts", {kNetworkScope}), 1);
  EXPECT_EQ(Metric("tremorcast_model_stuck_since_timestamp_seconds", {kNetworkScope}), since);
  clock_.Advance(absl::Minutes(10));
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(Metric("tremorcast_model_stuck", {kNetworkScope}), 0);
  EXPECT_EQ(Metric("tremorcast_model_failed_attempts", {kNetworkScope}), 0);
  EXPECT_TRUE(std::isnan(Metric("tremorcast_model_stuck_since_timestamp_seconds", {kNetworkScope})));
}

TEST_F(ModelHostTest, IsNotStuckOnceTheLedgerGoesBackToWhatServes) {
  const ModelVersion incumbent = Serve(kNetwork, 1);
  Promote(kNetwork, Publish(2));
  loader_.faults().FailNext(absl::InternalError("out of memory"));
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(Metric("tremorcast_model_stuck", {kNetworkScope}), 1);
  Promote(kNetwork, incumbent);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(Metric("tremorcast_model_stuck", {kNetworkScope}), 0);
  EXPECT_EQ(Metric("tremorcast_model_failed_attempts", {kNetworkScope}), 0);
  EXPECT_EQ(models_.Status()[0].wanted, incumbent);
  EXPECT_EQ(models_.Status()[0].problem, "");
}

TEST_F(ModelHostTest, ARegistryThatIsAwayChangesNothing) {
  const ModelVersion serving = Serve(kNetwork, 1);
  registry_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(models_.ReconcileWithRegistry()));
  EXPECT_EQ(models_.For(kLab)->record.model.version, serving);
  // Away between the list of champions and the artifact: counted as a failed fetch, tried again.
  Promote(kNetwork, Publish(2));
  const auto champions = registry_.Champions(absl::InfiniteFuture());
  registry_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(models_.Reconcile(*champions)));
  EXPECT_EQ(metrics_.models.load_attempts["fetch_failed"].Value(), 1);
  EXPECT_EQ(models_.For(kLab)->record.model.version, serving);
}

TEST_F(ModelHostTest, ShowsOnlyTheServingVersionInTheMetrics) {
  const ModelVersion first = Serve(kNetwork, 1);
  const ModelVersion second = Serve(kNetwork, 2);
  EXPECT_EQ(metrics_.models.info.size(), 1u);
  EXPECT_EQ(Metric("tremorcast_model_info", {kNetworkScope, second.value()}), 1);
  EXPECT_TRUE(std::isnan(Metric("tremorcast_model_info", {kNetworkScope, first.value()})));
  EXPECT_GT(Metric("tremorcast_model_trained_timestamp_seconds", {kNetworkScope}), 0);
}

TEST_F(ModelHostTest, FreesTheReplacedModelOnceItsLastRequestIsOver) {
  Serve(kNetwork, 1);
  std::shared_ptr<const ServedModel> request = models_.For(kLab);
  const std::weak_ptr<const ServedModel> old = request;
  Serve(kNetwork, 2);
  models_.WaitForFreed();
  EXPECT_FALSE(old.expired()) << "a request still computes with it";
  request.reset();
  models_.WaitForFreed();
  EXPECT_TRUE(old.expired());
}

// Notes on which thread a model is destroyed.
class Mortal : public Predictor {
 public:
  Mortal(PredictorInfo info, std::thread::id& died_on) : info_(std::move(info)), died_on_(died_on) {}
  ~Mortal() override { died_on_ = std::this_thread::get_id(); }
  const PredictorInfo& info() const override { return info_; }
  absl::StatusOr<std::vector<RegionPrediction>> Predict(absl::Span<const RegionInput>) const override {
    return absl::UnimplementedError("");
  }

 private:
  PredictorInfo info_;
  std::thread::id& died_on_;
};
class MortalLoader : public PredictorLoader {
 public:
  absl::StatusOr<std::shared_ptr<const Predictor>> Load(const ModelVersion& version, const std::string&,
                                                        const std::string& sha256) const override {
    return std::make_shared<const Mortal>(FakePredictorInfo(version, sha256), died_on);
  }
  mutable std::thread::id died_on;
};

TEST_F(ModelHostTest, NoRequestAndNoSwapPaysForTheDestruction) {
  MortalLoader loader;
  prometheus::Registry series;
  ModelMetrics metrics(series);
  ModelHost host({}, registry_, loader, clock_, metrics, *log_);
  Promote(kNetwork, Publish(1));
  ASSERT_TRUE(host.ReconcileWithRegistry().ok());
  std::shared_ptr<const ServedModel> request = host.For(kLab);
  Promote(kNetwork, Publish(2));
  ASSERT_TRUE(host.ReconcileWithRegistry().ok());
  EXPECT_EQ(loader.died_on, std::thread::id());
  request.reset();
  host.WaitForFreed();
  EXPECT_NE(loader.died_on, std::thread::id());
  EXPECT_NE(loader.died_on, std::this_thread::get_id());
}

TEST_F(ModelHostTest, TwentySwapsUnderConcurrentReadersGiveEveryRequestOneWholeModel) {
  Serve(kNetwork, 1);
  std::atomic<bool> stop{false};
  std::atomic<int64_t> requests{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const std::shared_ptr<const ServedModel> model = models_.For(kLab);
        // Record and predictor must be of one version at every moment.
        if (model == nullptr || model->record.model.version != model->predictor->info().model.version) ++failures;
        ++requests;
        std::this_thread::yield();
      }
    });
  }
  for (int seed = 2; seed <= 21; ++seed) {
    const ModelVersion version = Serve(kNetwork, seed);
    EXPECT_EQ(models_.For(kLab)->record.model.version, version);
    const int64_t seen = requests;
    while (requests < seen + 10) std::this_thread::yield();  // readers do run between two swaps
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(metrics_.models.swaps["swapped"].Value(), 21);
  models_.WaitForFreed();
}

TEST_F(ModelHostTest, ALoadInProgressDelaysNoRequest) {
  const ModelVersion incumbent = Serve(kNetwork, 1);
  Promote(kNetwork, Publish(2));
  Gate entered, release;
  loader_.faults().SetHook([&] {
    entered.Open();
    release.Wait();
  });
  std::thread reconcile([&] { EXPECT_TRUE(models_.ReconcileWithRegistry().ok()); });
  entered.Wait();
  EXPECT_EQ(models_.For(kLab)->record.model.version, incumbent);  // would hang if it waited
  EXPECT_EQ(models_.Status().size(), 1u);
  release.Open();
  reconcile.join();
  EXPECT_NE(models_.For(kLab)->record.model.version, incumbent);
}

TEST_F(ModelHostTest, LoadsAnyVersionBesideAndReusesTheServingOne) {
  const ModelVersion serving = Serve(kNetwork, 1);
  EXPECT_EQ(models_.Load(serving)->get(), models_.For(kLab).get());
  const ModelVersion other = Publish(2);
  int loads = 0;
  loader_.faults().SetHook([&] { ++loads; });
  EXPECT_EQ((*models_.Load(other))->record.model.version, other);
  EXPECT_EQ((*models_.Load(other))->record.model.version, other);
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(models_.For(kLab)->record.model.version, serving);
  EXPECT_TRUE(absl::IsNotFound(models_.Load(ModelVersion("never-published")).status()));
}

}  // namespace
}  // namespace tremorcast
