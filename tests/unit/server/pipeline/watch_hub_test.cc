#include "server/pipeline/watch_hub.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

class WatchHubTest : public ::testing::Test {
 protected:
  WatchHubTest() { MakeHub(); }

  void MakeHub() { hub_ = std::make_unique<WatchHub>(options_, store_, clock_, metrics_, *log_); }
  void Append(const std::string& region, int week, ForecastPurpose purpose = ForecastPurpose::kOperational) {
    Forecast f;
    f.region = RegionId(region);
    f.purpose = purpose;
    f.valid_from = absl::FromUnixSeconds(1'600'000'200) + week * kWeekLength;
    f.id = MakeForecastId(f.valid_from, purpose, 1);
    f.input_hash = "x";
    ASSERT_TRUE(store_.Append(f).ok());
  }
  std::unique_ptr<WatchHub::Watch> Subscribe(std::optional<int64_t> resume, WatchFilter filter = {}) {
    return hub_->Subscribe(std::move(filter), resume, [this] { ++wakes_; });
  }
  static std::vector<int64_t> Take(WatchHub::Watch& watch) {
    std::vector<int64_t> sequences;
    while (const auto forecast = watch.TryNext()) sequences.push_back(forecast->sequence);
    return sequences;
  }
  static std::vector<int64_t> Range(int64_t first, int64_t last) {
    std::vector<int64_t> range;
    for (int64_t i = first; i <= last; ++i) range.push_back(i);
    return range;
  }

  FakeClock clock_;
  FakeForecastStore store_;
  prometheus::Registry registry_;
  WatchMetrics metrics_{registry_};
  std::unique_ptr<Log> log_ = Log::Silent();
  WatchHub::Options options_;
  std::atomic<int> wakes_{0};
  std::unique_ptr<WatchHub> hub_;
};

TEST_F(WatchHubTest, SendsOnlyWhatComesFromNowOnWithoutACursor) {
  Append("lab", 0);
  auto watch = Subscribe(std::nullopt);
  EXPECT_FALSE(watch->position().has_value());
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(watch->TryNext(), nullptr);
  EXPECT_EQ(watch->position(), 1);
  Append("lab", 1);
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(Take(*watch), Range(2, 2));
  EXPECT_EQ(watch->position(), 2);
}

TEST_F(WatchHubTest, ResumesAfterACursorAndMissesNothing) {
  for (int week = 0; week < 10; ++week) Append("lab", week);
  auto watch = Subscribe(4);
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(watch->position(), 4);  // queued, not yet taken
  EXPECT_EQ(Take(*watch), Range(5, 10));
}

TEST_F(WatchHubTest, FiltersRegionsAndPurposesAndStillAdvancesItsPosition) {
  WatchFilter filter;
  filter.regions = {RegionId("lab")};
  auto watch = Subscribe(0, filter);
  Append("lab", 0);
  Append("other", 0);
  Append("lab", 0, ForecastPurpose::kTest);
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(Take(*watch), Range(1, 1));
  EXPECT_EQ(watch->position(), 3);
}

TEST_F(WatchHubTest, ABacklogLargerThanTheQueueArrivesWholeAsItIsRead) {
  options_.queue = 4;
  options_.page = 3;
  MakeHub();
  for (int week = 0; week < 25; ++week) Append("lab", week);
  auto watch = Subscribe(0);
  auto second = Subscribe(20);
  std::vector<int64_t> got, got_second;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(hub_->PollOnce().ok());
    clock_.Advance(absl::Seconds(30));  // reads now and then: not stalled
    for (const int64_t sequence : Take(*watch)) got.push_back(sequence);
    for (const int64_t sequence : Take(*second)) got_second.push_back(sequence);
  }
  EXPECT_EQ(got, Range(1, 25));
  EXPECT_EQ(got_second, Range(21, 25));
  EXPECT_FALSE(watch->ended().has_value());
}

TEST_F(WatchHubTest, ASlowReaderIsEndedAndMayResumeWithoutALoss) {
  options_.queue = 2;
  MakeHub();
  auto slow = Subscribe(0);
  auto quick = Subscribe(0);
  for (int week = 0; week < 6; ++week) Append("lab", week);
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(slow->TryNext()->sequence, 1);
  EXPECT_EQ(Take(*quick), Range(1, 2));
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(Take(*quick), Range(3, 4));
  EXPECT_FALSE(slow->ended().has_value());
  clock_.Advance(options_.max_stall);
  ASSERT_TRUE(hub_->PollOnce().ok());
  ASSERT_TRUE(slow->ended().has_value());
  EXPECT_EQ(slow->ended()->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(slow->position(), 1);
  EXPECT_FALSE(quick->ended().has_value());
  EXPECT_EQ(Take(*quick), Range(5, 6));
  EXPECT_EQ(metrics_.dropped.Value(), 1);
  auto resumed = Subscribe(slow->position());
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(Take(*resumed), Range(2, 3));
}

TEST_F(WatchHubTest, AStoreThatIsAwayCostsATurnAndNoForecast) {
  auto watch = Subscribe(0);
  Append("lab", 0);
  store_.faults().FailNext(absl::UnavailableError("away"), 2);
  EXPECT_TRUE(absl::IsUnavailable(hub_->PollOnce()));
  EXPECT_TRUE(absl::IsUnavailable(hub_->PollOnce()));
  ASSERT_TRUE(hub_->PollOnce().ok());
  EXPECT_EQ(Take(*watch), Range(1, 1));
}

TEST_F(WatchHubTest, StopEndsWatchesAfterWhatIsQueued) {
  auto watch = Subscribe(0);
  Append("lab", 0);
  ASSERT_TRUE(hub_->PollOnce().ok());
  hub_->Stop();
  EXPECT_FALSE(watch->ended().has_value()) << "one forecast is still queued";
  EXPECT_EQ(Take(*watch), Range(1, 1));
  ASSERT_TRUE(watch->ended().has_value());
  EXPECT_EQ(watch->ended()->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Subscribe(0)->ended()->code(), absl::StatusCode::kUnavailable);
}

TEST_F(WatchHubTest, ThePollingThreadDeliversAfterAPoke) {
  options_.poll = absl::Hours(1);
  MakeHub();
  Gate arrived;
  auto watch = hub_->Subscribe({}, 0, [&] { arrived.Open(); });
  hub_->Start();
  Append("lab", 0);
  hub_->Poke();
  arrived.Wait();
  EXPECT_EQ(Take(*watch), Range(1, 1));
  watch.reset();
  hub_->Stop();
  EXPECT_EQ(metrics_.watchers.Value(), 0);
}

TEST_F(WatchHubTest, WatchesMayComeAndGoWhileTheHubRuns) {
  options_.poll = absl::Microseconds(1);
  MakeHub();
  hub_->Start();
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        // Declared before the watch, so that a call of `wake` after the watch's end would be seen
        // by a sanitizer.
        auto wakes = std::make_unique<std::atomic<int>>(0);
        auto watch = hub_->Subscribe({}, 0, [&counter = *wakes] { ++counter; });
        while (watch->TryNext() == nullptr) std::this_thread::yield();
      }
    });
  }
  for (int week = 0; week < 50; ++week) Append("lab", week);
  for (std::thread& client : clients) client.join();
  hub_->Stop();
  EXPECT_EQ(metrics_.watchers.Value(), 0);
}

}  // namespace
}  // namespace tremorcast
