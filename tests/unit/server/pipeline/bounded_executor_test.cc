#include "server/pipeline/bounded_executor.h"

#include <atomic>

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

class BoundedExecutorTest : public ::testing::Test {
 protected:
  prometheus::Registry registry_;
  ExecutorMetrics metrics_{registry_, "test"};
};

TEST_F(BoundedExecutorTest, RefusesWhenTheQueueIsFullAndRunsWhatItAccepted) {
  std::atomic<int> ran{0};
  Gate busy;
  Gate started;
  BoundedExecutor executor({"test", 1, 2}, metrics_);
  ASSERT_TRUE(executor
                  .Submit([&] {
                    started.Open();
                    busy.Wait();
                    ++ran;
                  })
                  .ok());
  started.Wait();  // the one thread is taken, so the next two wait
  ASSERT_TRUE(executor.Submit([&] { ++ran; }).ok());
  ASSERT_TRUE(executor.Submit([&] { ++ran; }).ok());
  EXPECT_EQ(executor.Submit([&] { ++ran; }).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(metrics_.refused.Value(), 1);
  EXPECT_EQ(metrics_.queued.Value(), 2);
  EXPECT_GT(executor.RetryAfter(), absl::ZeroDuration());
  busy.Open();
  executor.Stop();
  EXPECT_EQ(ran, 3);
}

TEST_F(BoundedExecutorTest, StopRunsAcceptedTasksAndRefusesLaterOnes) {
  std::atomic<int> ran{0};
  BoundedExecutor executor({"test", 2, 100}, metrics_);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(executor.Submit([&] { ++ran; }).ok());
  executor.Stop();
  executor.Stop();
  EXPECT_EQ(ran, 50);
  EXPECT_EQ(executor.Submit([] {}).code(), absl::StatusCode::kUnavailable);
}

TEST_F(BoundedExecutorTest, AlsoFillsTheHistogramItWasGiven) {
  auto& histogram =
      prometheus::BuildHistogram().Name("h").Register(registry_).Add({}, prometheus::Histogram::BucketBoundaries{1});
  BoundedExecutor executor({"test", 1, 10, &histogram}, metrics_);
  ASSERT_TRUE(executor.Submit([] {}).ok());
  executor.Stop();
  EXPECT_EQ(histogram.Collect().histogram.sample_count, 1u);
}

}  // namespace
}  // namespace tremorcast
