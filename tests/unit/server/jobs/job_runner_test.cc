#include "server/jobs/job_runner.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FakeJob : public Job {
 public:
  FakeJob(std::string name, bool leader_only, absl::Duration period)
      : name_(std::move(name)), leader_only_(leader_only), period_(period) {}
  absl::string_view name() const override { return name_; }
  bool leader_only() const override { return leader_only_; }
  absl::Duration period() const override { return period_; }
  absl::Status Tick(absl::Time, const std::function<bool()>& may_continue) override {
    ++ticks;
    return body ? body(may_continue) : absl::OkStatus();
  }

  std::atomic<int> ticks{0};
  std::function<absl::Status(const std::function<bool()>&)> body;

 private:
  const std::string name_;
  const bool leader_only_;
  const absl::Duration period_;
};

class FakeLeadership : public Leadership {
 public:
  absl::StatusOr<bool> TryAcquire() override {
    ++asked;
    if (away) return absl::UnavailableError("away");
    held = !taken;
    return held.load();
  }
  bool StillHeld() override { return held; }
  void Resign() override {
    ++resigned;
    held = false;
  }
  std::atomic<bool> taken{false}, held{false}, away{false};
  std::atomic<int> asked{0}, resigned{0};
};

class JobRunnerTest : public ::testing::Test {
 protected:
  std::unique_ptr<JobRunner> Make(std::vector<Job*> jobs) {
    return std::make_unique<JobRunner>(options_, std::move(jobs), leadership_, clock_, metrics_, *log_);
  }
  JobRunner::Options options_;
  FakeLeadership leadership_;
  FakeClock clock_;
  prometheus::Registry registry_;
  JobMetrics metrics_{registry_};
  LogLines lines_;
  std::unique_ptr<Log> log_ = lines_.NewLog();
  FakeJob led_{"led", true, absl::Seconds(10)};
  FakeJob own_{"own", false, absl::Seconds(30)};
};

TEST_F(JobRunnerTest, RunsEachJobWhenItsPeriodHasPassed) {
  auto runner = Make({&led_, &own_});
  for (int second = 0; second < 60; ++second) {
    runner->RunDue();
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(led_.ticks, 6);
  EXPECT_EQ(own_.ticks, 2);
}

TEST_F(JobRunnerTest, AClockThatIsSetBackPutsNothingOffForAsLongAsItWasWrong) {
  leadership_.taken = true;
  clock_.Advance(absl::Hours(24 * 7));
  auto runner = Make({&led_, &own_});
  runner->RunDue();
  EXPECT_EQ(own_.ticks, 1);
  clock_.Advance(-absl::Hours(24 * 7));
  leadership_.taken = false;
  runner->RunDue();
  clock_.Advance(options_.max_backoff);
  runner->RunDue();
  EXPECT_EQ(own_.ticks, 2);
  EXPECT_EQ(led_.ticks, 1) << "leadership was not asked for again";
}

TEST_F(JobRunnerTest, OnlyTheLeaderRunsLeaderJobs) {
  leadership_.taken = true;
  auto runner = Make({&led_, &own_});
  runner->RunDue();
  EXPECT_EQ(led_.ticks, 0);
  EXPECT_EQ(own_.ticks, 1);
  EXPECT_FALSE(runner->leading());
  leadership_.taken = false;
  runner->RunDue();
  EXPECT_EQ(led_.ticks, 0) << "asks again only after a pause";
  EXPECT_EQ(leadership_.asked, 1);
  clock_.Advance(options_.leadership_retry);
  runner->RunDue();
  EXPECT_EQ(led_.ticks, 1);
  EXPECT_TRUE(runner->leading());
  EXPECT_EQ(metrics_.leader.Value(), 1);
}

TEST_F(JobRunnerTest, EachChangeOfLeadershipIsOneLine) {
  auto runner = Make({&led_});
  for (int i = 0; i < 5; ++i) runner->RunDue();
  EXPECT_THAT(lines_.With("event=leadership"), ElementsAre(HasSubstr("this replica leads")));
  leadership_.held = false;
  leadership_.taken = true;
  for (int i = 0; i < 5; ++i) runner->RunDue();
  EXPECT_THAT(lines_.With("leader=false"), ElementsAre(HasSubstr("leadership was lost")));
  EXPECT_EQ(lines_.With("event=leadership").size(), 2u);
}

TEST_F(JobRunnerTest, ALostLeadershipStopsTheRunningJobAtItsNextUnitOfWork) {
  int units = 0;
  led_.body = [&](const std::function<bool()>& may_continue) -> absl::Status {
    for (int i = 0; i < 10; ++i) {
      if (!may_continue()) return absl::CancelledError("told to stop");
      ++units;
      if (i == 2) {
        leadership_.held = false;
        leadership_.taken = true;
      }
    }
    return absl::OkStatus();
  };
  auto runner = Make({&led_});
  runner->RunDue();
  EXPECT_EQ(units, 3);
  clock_.Advance(absl::Minutes(1));
  runner->RunDue();
  EXPECT_EQ(led_.ticks, 1);
  EXPECT_FALSE(runner->leading());
  leadership_.taken = false;
  clock_.Advance(absl::Minutes(1));
  runner->RunDue();
  EXPECT_EQ(led_.ticks, 2);
}

TEST_F(JobRunnerTest, AFailingJobPausesLongerEachTimeAndDoesNotStopTheOthers) {
  FakeJob frequent("frequent", true, absl::Seconds(1));
  frequent.body = [](const auto&) { return absl::UnavailableError("away"); };
  auto runner = Make({&frequent, &led_});
  std::vector<int> ran_at;
  for (int second = 0; second < 64; ++second) {
    const int before = frequent.ticks;
    runner->RunDue();
    if (frequent.ticks > before) ran_at.push_back(second);
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(ran_at, (std::vector<int>{0, 2, 6, 14, 30, 62}));
  EXPECT_EQ(lines_.With("job frequent failed").size(), ran_at.size());
  EXPECT_EQ(led_.ticks, 7);
  frequent.body = nullptr;
  clock_.Advance(absl::Minutes(5));
  runner->RunDue();
  const int recovered = frequent.ticks;
  clock_.Advance(absl::Seconds(1));
  runner->RunDue();
  EXPECT_EQ(frequent.ticks, recovered + 1) << "back to its period";
}

TEST_F(JobRunnerTest, APokeMakesAJobDueAtOnceEvenInAPauseAfterAFailure) {
  own_.body = [](const auto&) { return absl::InternalError("no"); };
  auto runner = Make({&own_});
  runner->RunDue();
  runner->RunDue();
  EXPECT_EQ(own_.ticks, 1);
  runner->Poke("own");
  runner->Poke("nobody");
  runner->RunDue();
  EXPECT_EQ(own_.ticks, 2);
}

TEST_F(JobRunnerTest, ADatabaseThatIsAwayCostsLeadershipAndNothingElse) {
  leadership_.away = true;
  auto runner = Make({&led_, &own_});
  runner->RunDue();
  EXPECT_EQ(led_.ticks, 0);
  EXPECT_EQ(own_.ticks, 1);
  leadership_.away = false;
  clock_.Advance(options_.leadership_retry);
  runner->RunDue();
  EXPECT_EQ(led_.ticks, 1);
}

TEST_F(JobRunnerTest, StopEndsTheWaitAndARunningJobAndResigns) {
  options_.tick = absl::Hours(1);  // Stop must not wait for it
  Gate started;
  led_.body = [&](const std::function<bool()>& may_continue) -> absl::Status {
    started.Open();
    while (may_continue()) std::this_thread::yield();
    return absl::CancelledError("told to stop");
  };
  auto runner = Make({&led_});
  runner->Start();
  started.Wait();
  runner->Stop();
  EXPECT_EQ(leadership_.resigned, 1);
  EXPECT_EQ(metrics_.leader.Value(), 0);
  runner->Stop();
  EXPECT_EQ(leadership_.resigned, 1);
}

TEST_F(JobRunnerTest, ALongLeaderJobDelaysNoJobOfTheReplica) {
  options_.tick = absl::Microseconds(1);
  Gate started, release, swapped;
  led_.body = [&](const auto&) {
    started.Open();
    release.Wait();
    return absl::OkStatus();
  };
  own_.body = [&](const auto&) {
    swapped.Open();
    return absl::OkStatus();
  };
  auto runner = Make({&led_, &own_});
  runner->Start();
  started.Wait();
  swapped.Wait();  // would hang behind the other
  release.Open();
  runner->Stop();
}

TEST_F(JobRunnerTest, APokeWakesTheThread) {
  options_.tick = absl::Hours(1);
  Gate twice;
  own_.body = [&](const auto&) {
    if (own_.ticks == 2) twice.Open();
    return absl::OkStatus();
  };
  auto runner = Make({&own_});
  runner->Start();
  while (own_.ticks == 0) std::this_thread::yield();
  runner->Poke("own");
  twice.Wait();
  runner->Stop();
  EXPECT_EQ(own_.ticks, 2);
}

}  // namespace
}  // namespace tremorcast
