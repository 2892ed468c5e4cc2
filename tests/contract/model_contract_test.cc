#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "tests/contract/backend.h"

namespace tremorcast {
namespace {

absl::Time Hour(int n) { return absl::FromUnixSeconds(1'700'000'000 + 3'600 * n); }
const RegionId kNetwork(kNetworkScope);

std::string Bytes(const std::string& name) { return name + std::string("\0\xff\x01 weights", 11); }

ModelRecord SomeModel(const std::string& version, int hour) {
  ModelRecord record;
  record.model.version = ModelVersion(version);
  record.created_at = Hour(hour);
  record.model.weights_sha256 = Sha256Hex(Bytes(version));
  record.manifest_json = "{\"a\": [1, 2.5]}";
  record.feature_schema_hash = "schema";
  record.data_hash = "data";
  record.model.git_revision = "git";
  record.model.training_period = {Hour(-1000), Hour(-10)};
  record.training_run = "run-1";
  record.demonstrated_skill = true;
  record.verdict = "gain +0.2";
  record.scores_json = "{}";
  record.simulated = true;
  record.question = version == "m-day" ? StationQuestion{3, 1} : StationQuestion();
  return record;
}

Promotion SomePromotion(const std::string& version, const RegionId& scope, int hour) {
  Promotion promotion;
  promotion.scope = scope;
  promotion.version = ModelVersion(version);
  promotion.kind = version.empty() ? PromotionKind::kWithdraw : PromotionKind::kPromote;
  promotion.reason = "demonstration";
  promotion.actor = "tester";
  promotion.promoted_at = Hour(hour);
  return promotion;
}

class ModelContractTest : public ContractTest {
 protected:
  ModelRegistry& models() { return backend_->models(); }
  void Publish(const std::string& version, int hour, const std::vector<Promotion>& promotions = {}) {
    const absl::Status published = models().Publish(SomeModel(version, hour), Bytes(version), promotions, std::nullopt);
    EXPECT_TRUE(published.ok()) << published;
  }
  std::string Champion(const RegionId& scope, absl::Time as_of = absl::InfiniteFuture()) {
    const auto champions = models().Champions(as_of);
    EXPECT_TRUE(champions.ok()) << champions.status();
    const auto at = champions->find(scope);
    return at == champions->end() ? "none" : at->second.version.value();
  }
};

TEST_P(ModelContractTest, AModelOfAnotherQuestionIsChampionOfThatAlone) {
  Publish("m-day", 1);
  EXPECT_EQ(models().Get(ModelVersion("m-day"))->question, (StationQuestion{3, 1}));
  EXPECT_EQ(models().Promote(SomePromotion("m-day", kNetwork, 2)).status().code(), absl::StatusCode::kInvalidArgument);
  const RegionId scope = ScopeOf({3, 1});
  ASSERT_TRUE(models().Promote(SomePromotion("m-day", scope, 2)).ok());
  EXPECT_EQ(Champion(scope), "m-day");
  EXPECT_EQ(Champion(kNetwork), "none");
  Publish("m1", 3);
  EXPECT_EQ(models().Promote(SomePromotion("m1", scope, 4)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(ModelContractTest, GivesRecordAndBytesBack) {
  Publish("m1", 1);
  Publish("m2", 2);
  const auto list = models().List();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].model.version, ModelVersion("m2")) << "newest first";
  const ModelRecord &read = (*list)[1], expected = SomeModel("m1", 1);
  EXPECT_EQ(read.created_at, expected.created_at);
  EXPECT_EQ(read.model, expected.model);
  EXPECT_EQ(read.artifact_bytes, static_cast<int64_t>(Bytes("m1").size()));
  EXPECT_EQ(read.manifest_json, expected.manifest_json);
  EXPECT_EQ(read.feature_schema_hash, "schema");
  EXPECT_EQ(read.data_hash, "data");
  EXPECT_EQ(read.training_run, "run-1");
  EXPECT_TRUE(read.demonstrated_skill);
  EXPECT_EQ(read.verdict, expected.verdict);
  EXPECT_EQ(read.scores_json, "{}");
  EXPECT_TRUE(read.simulated);
  EXPECT_EQ(models().Get(ModelVersion("m1"))->model.weights_sha256, expected.model.weights_sha256);
  EXPECT_EQ(*models().Artifact(ModelVersion("m1")), Bytes("m1"));
  EXPECT_EQ(models().Get(ModelVersion("m9")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(models().Artifact(ModelVersion("m9")).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ModelContractTest, PublishesTheSameModelOnce) {
  Publish("m1", 1, {SomePromotion("m1", kNetwork, 1)});
  Publish("m1", 1, {SomePromotion("m1", kNetwork, 1)});
  EXPECT_EQ(models().List()->size(), 1u);
  EXPECT_EQ(models().Ledger(std::nullopt)->size(), 1u) << "a repeated publication promotes nothing again";
  ModelRecord other = SomeModel("m1", 1);
  other.model.weights_sha256 = Sha256Hex("other bytes");
  EXPECT_EQ(models().Publish(other, "other bytes", {}, std::nullopt).code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(ModelContractTest, RefusesBytesThatAreNotTheStatedOnes) {
  EXPECT_EQ(models().Publish(SomeModel("m1", 1), "truncated", {}, std::nullopt).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(models().List()->empty());
}

TEST_P(ModelContractTest, PublishesModelPromotionsAndRunTogetherOrNotAtAll) {
  TrainingRun run;
  run.id = "run-1";
  run.state = TrainingState::kPromoted;
  run.started_at = run.updated_at = Hour(0);
  const std::vector<Promotion> bad = {SomePromotion("m1", kNetwork, 1),
                                      SomePromotion("missing", RegionId("area-1"), 1)};
  EXPECT_EQ(models().Publish(SomeModel("m1", 1), Bytes("m1"), bad, run).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(models().List()->empty());
  EXPECT_TRUE(models().Ledger(std::nullopt)->empty());
  EXPECT_FALSE(backend_->training_runs().Get("run-1")->has_value());

  ASSERT_TRUE(models().Publish(SomeModel("m1", 1), Bytes("m1"), {SomePromotion("m1", kNetwork, 1)}, run).ok());
  EXPECT_EQ(Champion(kNetwork), "m1");
  EXPECT_EQ((*backend_->training_runs().Get("run-1"))->state, TrainingState::kPromoted);
}

TEST_P(ModelContractTest, KeepsALedgerAndAnswersWhoWasChampionWhen) {
  Publish("m1", 1);
  Publish("m2", 2);
  const auto first = models().Promote(SomePromotion("m1", kNetwork, 3));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->previous, ModelVersion());
  ASSERT_TRUE(models().Promote(SomePromotion("m1", RegionId("area-1"), 4)).ok());
  const auto second = models().Promote(SomePromotion("m2", kNetwork, 5));
  EXPECT_EQ(second->previous, ModelVersion("m1"));
  EXPECT_GT(second->sequence, first->sequence);

  EXPECT_EQ(Champion(kNetwork), "m2");
  EXPECT_EQ(Champion(kNetwork, Hour(4)), "m1");
  EXPECT_EQ(Champion(kNetwork, Hour(2)), "none");
  EXPECT_EQ(Champion(RegionId("area-1")), "m1");

  const auto ledger = models().Ledger(kNetwork);
  ASSERT_EQ(ledger->size(), 2u);
  EXPECT_EQ((*ledger)[0].version, ModelVersion("m2")) << "newest first";
  EXPECT_EQ((*ledger)[0].reason, "demonstration");
  EXPECT_EQ((*ledger)[0].actor, "tester");
  EXPECT_EQ((*ledger)[0].promoted_at, Hour(5));
  EXPECT_EQ(models().Ledger(std::nullopt)->size(), 3u);
}

TEST_P(ModelContractTest, RefusesToPromoteWhatIsNotPublished) {
  EXPECT_EQ(models().Promote(SomePromotion("m9", kNetwork, 1)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(models().Ledger(std::nullopt)->empty());
}

TEST_P(ModelContractTest, RollsBackStepByStepAndNeverSwings) {
  for (int i = 1; i <= 3; ++i) {
    const std::string version = "m" + std::to_string(i);
    Publish(version, i, {SomePromotion(version, kNetwork, i)});
  }
  const auto first = models().Rollback(kNetwork, "worse", "tester", Hour(10));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->version, ModelVersion("m2"));
  EXPECT_EQ(first->previous, ModelVersion("m3"));
  EXPECT_EQ(first->kind, PromotionKind::kRollback);
  EXPECT_EQ(first->reason, "worse");
  EXPECT_EQ(models().Rollback(kNetwork, "worse", "tester", Hour(11))->version, ModelVersion("m1"));
  EXPECT_EQ(models().Rollback(kNetwork, "worse", "tester", Hour(12)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Champion(kNetwork), "m1");
  EXPECT_EQ(models().Ledger(kNetwork)->size(), 5u);
}

TEST_P(ModelContractTest, RollsBackToTheChampionBeforeARepeatedPromotion) {
  Publish("m1", 1, {SomePromotion("m1", kNetwork, 1)});
  Publish("m2", 2, {SomePromotion("m2", kNetwork, 2), SomePromotion("m2", kNetwork, 3)});
  EXPECT_EQ(models().Rollback(kNetwork, "", "tester", Hour(4))->version, ModelVersion("m1"));
}

TEST_P(ModelContractTest, HasNoChampionAfterAWithdrawalUntilARollback) {
  Publish("m1", 1, {SomePromotion("m1", kNetwork, 1)});
  const auto withdrawn = models().Promote(SomePromotion("", kNetwork, 2));
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(withdrawn->previous, ModelVersion("m1"));
  EXPECT_EQ(Champion(kNetwork), "none");
  EXPECT_EQ(Champion(kNetwork, Hour(1)), "m1");
  EXPECT_EQ(models().Rollback(kNetwork, "", "tester", Hour(3))->version, ModelVersion("m1"));
  EXPECT_EQ(Champion(kNetwork), "m1");
}

TEST_P(ModelContractTest, RefusesARollbackWithoutAnEarlierChampion) {
  EXPECT_EQ(models().Rollback(kNetwork, "", "tester", Hour(1)).status().code(), absl::StatusCode::kFailedPrecondition);
  Publish("m1", 1, {SomePromotion("m1", kNetwork, 1)});
  EXPECT_EQ(models().Rollback(kNetwork, "", "tester", Hour(2)).status().code(), absl::StatusCode::kFailedPrecondition);
}

INSTANTIATE_TEST_SUITE_P(Stores, ModelContractTest, BothBackends(), BackendName);

class TrainingRunContractTest : public ContractTest {};

TEST_P(TrainingRunContractTest, InsertsThenUpdatesById) {
  auto& runs = backend_->training_runs();
  TrainingRun run;
  run.id = "run-1";
  run.started_at = Hour(1);
  run.updated_at = Hour(1);
  run.stage = "stage 1";
  run.seed = std::numeric_limits<uint64_t>::max();
  ASSERT_TRUE(runs.Put(run).ok());
  run.state = TrainingState::kFailed;
  run.finished_at = Hour(3);
  run.progress = 0.1 + 0.2;
  run.data_hash = "d";
  run.plan_json = "{\"epochs\": 3}";
  run.plan_hash = "p";
  run.scores_json = "{\"gain\": 0.1}";
  run.verdict = "kept";
  run.candidate = ModelVersion("m1");
  run.error = "disk full: \"/x\"";
  run.simulated = true;
  ASSERT_TRUE(runs.Put(run).ok());
  const auto read = runs.Get("run-1");
  ASSERT_TRUE(read.ok() && read->has_value()) << read.status();
  EXPECT_EQ((*read)->state, TrainingState::kFailed);
  EXPECT_EQ((*read)->started_at, Hour(1));
  EXPECT_EQ((*read)->finished_at, Hour(3));
  EXPECT_EQ((*read)->stage, "stage 1");
  EXPECT_EQ((*read)->progress, run.progress);
  EXPECT_EQ((*read)->seed, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ((*read)->data_hash, "d");
  EXPECT_EQ((*read)->plan_json, run.plan_json);
  EXPECT_EQ((*read)->plan_hash, "p");
  EXPECT_EQ((*read)->scores_json, run.scores_json);
  EXPECT_EQ((*read)->verdict, "kept");
  EXPECT_EQ((*read)->candidate, ModelVersion("m1"));
  EXPECT_EQ((*read)->error, run.error);
  EXPECT_TRUE((*read)->simulated);
  EXPECT_EQ(runs.List(10)->size(), 1u);
}

TEST_P(TrainingRunContractTest, ListsNewestFirstUpToALimit) {
  auto& runs = backend_->training_runs();
  for (int i : {2, 3, 1}) {
    TrainingRun run;
    run.id = "run-" + std::to_string(i);
    run.started_at = run.updated_at = Hour(i);
    ASSERT_TRUE(runs.Put(run).ok());
  }
  const auto list = runs.List(2);
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].id, "run-3");
  EXPECT_EQ((*list)[1].id, "run-2");
  EXPECT_FALSE(runs.Get("run-9")->has_value());
  EXPECT_EQ(runs.Put(TrainingRun{}).code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Stores, TrainingRunContractTest, BothBackends(), BackendName);

}  // namespace
}  // namespace tremorcast
