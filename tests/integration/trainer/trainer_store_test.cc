// The trainer over a real PostgreSQL: rows ingested, weeks sealed, a network trained, published and
// loaded again; and the program itself, killed, stopped, and started twice.

#include <algorithm>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "command_line/arguments.h"
#include "core/base/digest.h"
#include "files/system_clock.h"
#include "model/checkpoint/random.h"
#include "model/serving/torch_predictor.h"
#include "storage/leadership.h"
#include "storage/postgres/pg_connection.h"
#include "storage/store.h"
#include "tests/integration/trainer/trainer_program.h"
#include "tests/support/complete_until.h"
#include "tests/support/noise_skill.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "trainer/command/flags.h"
#include "trainer/evaluate/placebos.h"
#include "trainer/run/training_job.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kWeeks = 9;

class TrainerStoreTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    SimulatorConfig config;
    config.seed = 3;
    config.regions = 2;
    config.stations_per_region = 2;
    config.weeks = kWeeks;
    config.event_rate = 0.5;
    simulator_ = std::make_unique<Simulator>(Simulator::Create(config).value());
  }
  static void TearDownTestSuite() { simulator_.reset(); }

  void SetUp() override {
    const auto conninfo = TempCluster::Shared().CreateDatabase();
    ASSERT_TRUE(conninfo.ok()) << conninfo.status();
    conninfo_ = *conninfo;
    StoreOptions options;
    options.conninfo = conninfo_;
    auto store = OpenStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  void LoadNetwork() {
    const absl::Status loaded = LoadSimulatedNetwork(
        *simulator_, {store_->observations(), store_->windows(), store_->network(), store_->events()});
    ASSERT_TRUE(loaded.ok()) << loaded;
  }

  TrainingJobOptions QuickJob() const {
    TrainingJobOptions options;
    options.config.data.slots = 24;
    options.config.training.max_epochs = 2;
    options.config.training.heads = 2;
    options.config.training.threads = 1;
    options.config.bootstrap.replicates = 200;
    options.git_revision = "abc";
    return options;
  }

  absl::StatusOr<TrainingOutcome> Train(const TrainingJobOptions& options) {
    const TorchPredictorLoader loader{TorchPredictorOptions{}};
    const SystemClock clock;
    TrainingJob job({store_->windows(), store_->network(), store_->events(), store_->models(), store_->training_runs()},
                    loader, clock, CheckPlacebos, options);
    return job.Run(nullptr, nullptr);
  }

  std::vector<std::string> ProgramFlags(std::vector<std::string> more) const {
    std::vector<std::string> flags = {"--database", conninfo_, "--slots", "24", "--threads", "1", "--json"};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }

  static std::unique_ptr<Simulator> simulator_;
  std::string conninfo_;
  std::unique_ptr<Store> store_;
  TempFolder folder_;
};

std::unique_ptr<Simulator> TrainerStoreTest::simulator_;

TEST_F(TrainerStoreTest, TrainsOnSealedWeeksPublishesAndServesWhatItPublished) {
  LoadNetwork();
  const auto outcome = Train(QuickJob());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->state, TrainingState::kKept);
  EXPECT_THAT(outcome->verdict, StartsWith("no demonstrated skill"));

  const auto record = store_->models().Get(outcome->version);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->model.weights_sha256, outcome->weights_sha256);
  EXPECT_TRUE(record->simulated);
  const auto artifact = store_->models().Artifact(outcome->version);
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  EXPECT_EQ(Sha256Hex(*artifact), outcome->weights_sha256);
  EXPECT_EQ(static_cast<int64_t>(artifact->size()), record->artifact_bytes);
  const auto run = store_->training_runs().Get(outcome->run_id);
  ASSERT_TRUE(run.ok() && run->has_value());
  EXPECT_EQ((*run)->state, TrainingState::kKept);
  EXPECT_EQ((*run)->plan_hash, Sha256Hex((*run)->plan_json));
  EXPECT_EQ((*run)->data_hash, outcome->data_hash);
  EXPECT_EQ((*run)->candidate, outcome->version);

  // The serving code loads it and answers for a sealed week, twice the same.
  const TorchPredictorLoader loader{TorchPredictorOptions{}};
  const auto predictor = loader.Load(outcome->version, *artifact, record->model.weights_sha256);
  ASSERT_TRUE(predictor.ok()) << predictor.status();
  const auto windows = store_->windows().ListAsOfIssue(
      {simulator_->Week(kWeeks - 1).begin, simulator_->Week(kWeeks - 1).end}, absl::Minutes(30));
  ASSERT_TRUE(windows.ok()) << windows.status();
  ASSERT_FALSE(windows->empty());
  const auto window = store_->windows().Read(windows->front().key);
  ASSERT_TRUE(window.ok()) << window.status();
  const StationWindow masked = MaskDeadSensors(**window, CoveragePolicy());
  RegionInput input;
  input.region = simulator_->regions()[0].id;
  input.windows = {&masked};
  const auto first = (*predictor)->Predict({&input, 1});
  ASSERT_TRUE(first.ok()) << first.status();
  double sum = 0;
  for (const double p : first->front().probabilities) sum += p;
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_EQ((*predictor)->Predict({&input, 1})->front().probabilities, first->front().probabilities);
}

TEST_F(TrainerStoreTest, SameSnapshotGivesTheSameWeightsAndALaterRevisionAnotherSnapshot) {
  LoadNetwork();
  TrainingJobOptions options = QuickJob();
  const auto first = Train(options);
  ASSERT_TRUE(first.ok()) << first.status();
  options.force = true;
  const auto again = Train(options);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->data_hash, first->data_hash);
  EXPECT_EQ(again->weights_sha256, first->weights_sha256);
  EXPECT_EQ(store_->models().List()->size(), 1u);

  SeismicEvent event;
  event.source = "simulated";
  event.source_event_id = "late-entry";
  event.origin_time = simulator_->Week(3).begin + absl::Hours(30);
  event.epicenter = simulator_->regions()[0].polygon[0];
  event.magnitude = 6.1;
  ASSERT_TRUE(store_->events().Import({&event, 1}, absl::Now()).ok());
  options.force = false;
  const auto other = Train(options);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_NE(other->data_hash, first->data_hash);
  EXPECT_EQ(store_->models().List()->size(), 2u);
}

TEST_F(TrainerStoreTest, KilledAtEveryStageItGoesOnAndPublishesOnceWithTheBytesOfAnUnkilledOne) {
  LoadNetwork();
  const std::string out = folder_ / "out", err = folder_ / "err", state = folder_ / "state";
  const auto flags = ProgramFlags({"--state-dir", state, "--heads", "2", "--epochs", "6", "--patience", "6"});
  const absl::Time give_up = absl::Now() + absl::Minutes(8);
  // Held by somebody else, so that no run publishes before it is killed; it can be read meanwhile.
  const auto hand = *PgConnection::Open(conninfo_, "test", give_up);
  ASSERT_TRUE(hand->Exec("BEGIN; LOCK TABLE model_versions IN SHARE MODE", give_up).ok());
  const auto watch = *PgConnection::Open(conninfo_, "test", give_up);
  const auto sessions = [&](const std::string& which) {
    const auto found = watch->Exec(
        absl::StrCat("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND ", which), give_up);
    return found.ok() ? found->size() : 0;
  };
  const std::vector<std::string> stages = {
      "reading windows:",      "stage 1: 1/", "stage 1: 4/", "stage 2, head 1 of 2:",
      "stage 2, head 2 of 2:", "scoring:",    "publishing"};
  for (size_t at = 0; at < stages.size(); ++at) {
    const std::string& stage = stages[at];
    // The lock of the one before, whose end the server has yet to notice.
    while (sessions("application_name = 'tremorcast leader'") > 0) absl::SleepFor(absl::Milliseconds(1));
    Program killed(flags, out, err);
    // There or past it: a run that was killed late leaves less for the next.
    const auto reached = [&] {
      const std::string log = ReadFile(err);
      return std::any_of(stages.begin() + static_cast<ptrdiff_t>(at), stages.end(),
                         [&](const std::string& one) { return absl::StrContains(log, one); }) ||
             sessions("application_name LIKE 'tremorcast%' AND wait_event = 'relation'") > 0;
    };
    while (!reached() && killed.Running() && absl::Now() < give_up) absl::SleepFor(absl::Milliseconds(1));
    ASSERT_TRUE(reached()) << stage << ": " << ReadFile(err);
    killed.Signal(SIGKILL);
    ASSERT_TRUE(WIFSIGNALED(killed.Wait())) << stage << ": ended before it could be killed: " << ReadFile(out);
    EXPECT_TRUE(store_->models().List()->empty()) << stage;
    EXPECT_EQ(store_->training_runs().List(1)->front().state, TrainingState::kRunning) << stage;
    // What was done is not done again: of stage 1 the last run that trained it says so.
    if (stage == "stage 2, head 1 of 2:") {
      EXPECT_THAT(ReadFile(err), ::testing::Not(HasSubstr("stage 1: 1/6"))) << "the first epoch was trained again";
    }
  }
  ASSERT_TRUE(hand->Exec("ROLLBACK", give_up).ok());

  Program resumed(flags, out, err);
  ASSERT_EQ(ExitStatus(resumed.Wait()), kExitKept) << ReadFile(err);
  const auto after_kills = nlohmann::json::parse(ReadFile(out));
  EXPECT_THAT(ReadFile(err), ::testing::Not(HasSubstr("epochs"))) << "something was trained again";
  ASSERT_EQ(store_->models().List()->size(), 1u);
  EXPECT_EQ(Sha256Hex(*store_->models().Artifact(store_->models().List()->front().model.version)),
            after_kills["sha256"].get<std::string>());
  const auto runs = store_->training_runs().List(20);
  ASSERT_TRUE(runs.ok());
  ASSERT_EQ(runs->size(), stages.size() + 1);
  EXPECT_EQ(runs->front().state, TrainingState::kKept);
  for (size_t i = 1; i < runs->size(); ++i) EXPECT_EQ((*runs)[i].state, TrainingState::kInterrupted);

  // Killed after the end it would find its work done.
  Program again(flags, out, err);
  ASSERT_EQ(ExitStatus(again.Wait()), kExitKept) << ReadFile(err);
  EXPECT_THAT(ReadFile(out), HasSubstr("nothing new since run"));

  const auto unkilled_flags = ProgramFlags({"--force", "--heads", "2", "--epochs", "6", "--patience", "6"});
  Program unkilled(unkilled_flags, out, err);
  ASSERT_EQ(ExitStatus(unkilled.Wait()), kExitKept) << ReadFile(err);
  const auto whole = nlohmann::json::parse(ReadFile(out));
  EXPECT_EQ(after_kills["sha256"], whole["sha256"]);
  EXPECT_EQ(after_kills["data_hash"], whole["data_hash"]);
  EXPECT_EQ(store_->models().List()->size(), 1u);
}

TEST_F(TrainerStoreTest, SecondTrainerIsTurnedAwayWithItsOwnExitStatus) {
  LeaderLock lock({.conninfo = conninfo_, .name = "trainer"});
  ASSERT_TRUE(lock.TryAcquire().value());
  const std::string out = folder_ / "out", err = folder_ / "err";
  Program second(ProgramFlags({}), out, err);
  EXPECT_EQ(ExitStatus(second.Wait()), kExitBusy);
  EXPECT_THAT(ReadFile(err), HasSubstr("another tremorcast-trainer is running"));
}

TEST_F(TrainerStoreTest, ASignalEndsTheProgramAndIsRecorded) {
  LoadNetwork();
  const std::string out = folder_ / "out", err = folder_ / "err";
  Program program(ProgramFlags({"--every", "1w", "--epochs", "60", "--patience", "60", "--heads", "1"}), out, err);
  while (store_->training_runs().List(1).value().empty() && program.Running()) absl::SleepFor(absl::Milliseconds(5));
  program.Signal(SIGTERM);
  EXPECT_EQ(ExitStatus(program.Wait()), 128 + SIGTERM) << ReadFile(err);
  EXPECT_NE(store_->training_runs().List(1)->front().state, TrainingState::kRunning);
}

// Noise, but the windows before an event week lack every fifth seventh of a day: an era's habit, no
// precursor, as in noise_skill_test.
TEST_F(TrainerStoreTest, GapsThatTellOfTheComingWeekAreVetoedByTheirPlacebo) {
  constexpr int kTrain = 52, kCalibration = 20, kTest = 52, kNoisyWeeks = kTrain + 10 + kCalibration + kTest + 3;
  constexpr int kGap = kSlotsPerWeek / 24;
  std::vector<Region> regions = NoiseRegions();
  regions.resize(4);
  std::vector<SeismicEvent> events = DriftingEvents(regions, {"steady", .5, .5, false}, 1);
  const absl::Time complete = NoiseFirstWeek() + (kNoisyWeeks + 1) * kWeekLength;
  events.erase(std::remove_if(events.begin(), events.end(), [&](const auto& e) { return e.origin_time > complete; }),
               events.end());
  for (SeismicEvent& event : events) event.source = "CENC";
  ASSERT_TRUE(store_->events().Import(events, complete).ok());
  ASSERT_TRUE(SetCompleteUntil(store_->events(), "CENC", complete + absl::Hours(72)).ok());
  Random random(1);
  for (Region& region : regions) {
    Station station;
    station.id = StationId(absl::StrCat(region.id.value(), "-0"));
    station.location = region.polygon[0];
    region.stations = {station.id};
    ASSERT_TRUE(store_->network().UpsertStation(station).ok());
    ASSERT_TRUE(store_->network().UpsertRegion(region).ok());
    for (int week = 0; week < kNoisyWeeks; ++week) {
      const absl::Time begin = NoiseFirstWeek() + week * kWeekLength, end = begin + kWeekLength;
      const bool gaps = std::any_of(events.begin(), events.end(), [&](const SeismicEvent& event) {
        return RegionContains(region, event.epicenter) && event.origin_time >= end &&
               event.origin_time < end + kWeekLength;
      });
      ObservationBatch batch;
      batch.station = station.id;
      batch.batch_id = absl::StrCat("week-", week);
      batch.source = "noise";
      batch.delivery = Delivery::kBackfill;
      batch.content_hash = Sha256(absl::StrCat(station.id.value(), " ", week));
      batch.received_at = end;
      for (int slot = 0; slot < kSlotsPerWeek; ++slot) {
        if (gaps && slot / kGap % 5 == 0) continue;
        for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
          batch.checked.emplace_back();
          batch.rows.push_back(
              {SlotContaining(begin + slot * kSlotLength), signal, static_cast<uint32_t>(batch.values.size())});
          for (int i = 0; i < FeatureCount(signal); ++i) batch.values.push_back(static_cast<float>(random.Normal()));
        }
      }
      const ObservationBatch* group[] = {&batch};
      ASSERT_TRUE(store_->observations().Ingest(group, absl::InfiniteFuture())[0].ok());
      ASSERT_TRUE(store_->windows().Seal(station.id, begin, end + absl::Minutes(20)).ok());
    }
  }
  const std::string out = folder_ / "out", err = folder_ / "err";
  Program train(ProgramFlags({"--weeks", absl::StrCat(kTrain, ",10,", kCalibration, ",", kTest), "--heads", "1"}), out,
                err);
  ASSERT_EQ(ExitStatus(train.Wait()), kExitKept) << ReadFile(out) << ReadFile(err);
  EXPECT_THAT(ReadFile(out), HasSubstr("placebo 1 (presence mask only) shows skill"));
  EXPECT_TRUE(store_->models().Champions(absl::InfiniteFuture()).value().empty());
}

TEST_F(TrainerStoreTest, ListsItsRuns) {
  LoadNetwork();
  ASSERT_TRUE(Train(QuickJob()).ok());
  const std::string out = folder_ / "out", err = folder_ / "err";
  Program runs({"runs", "--database", conninfo_}, out, err);
  EXPECT_EQ(ExitStatus(runs.Wait()), 0) << ReadFile(err);
  EXPECT_THAT(ReadFile(out), HasSubstr("kept"));
  EXPECT_THAT(ReadFile(out), HasSubstr("no demonstrated skill"));

  Program wrong({"--databse", conninfo_}, out, err);
  EXPECT_EQ(ExitStatus(wrong.Wait()), kExitUsage);
  EXPECT_THAT(ReadFile(err), HasSubstr("--databse"));
}

}  // namespace
}  // namespace tremorcast
