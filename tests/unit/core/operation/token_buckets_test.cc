#include "core/operation/token_buckets.h"

#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'600'000'000);

TEST(TokenBucketsTest, GivesSoManyAtOnceAndThenSoManyASecond) {
  TokenBuckets buckets({3, 2});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", kStart), absl::ZeroDuration());
  EXPECT_EQ(buckets.Take("a", kStart), absl::Milliseconds(500));
  EXPECT_EQ(buckets.Take("b", kStart), absl::ZeroDuration()) << "somebody else";
  EXPECT_EQ(buckets.Take("a", kStart + absl::Milliseconds(200)), absl::Milliseconds(300)) << "asking costs nothing";
  EXPECT_EQ(buckets.Take("a", kStart + absl::Milliseconds(500)), absl::ZeroDuration());
  EXPECT_GT(buckets.Take("a", kStart + absl::Milliseconds(500)), absl::ZeroDuration());
  // A long rest gives a full bucket and no more.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", kStart + absl::Hours(1)), absl::ZeroDuration());
  EXPECT_GT(buckets.Take("a", kStart + absl::Hours(1)), absl::ZeroDuration());
  EXPECT_GT(buckets.Take("a", kStart), absl::ZeroDuration()) << "a clock that was set back gives none";
}

TEST(TokenBucketsTest, KeepsAsManyAsItMayAndLetsTheRestShare) {
  TokenBuckets buckets({2, 1, 1500});
  for (int i = 0; i < 100'000; ++i) buckets.Take("stranger " + std::to_string(i), kStart);
  EXPECT_EQ(buckets.size(), 1500u);
  EXPECT_EQ(buckets.Take("stranger 7", kStart), absl::ZeroDuration()) << "those who were there have their own";
  EXPECT_GT(buckets.Take("newcomer", kStart), absl::ZeroDuration()) << "the others' bucket is empty";
  // Full ones are forgotten, and there is room again.
  const absl::Time later = kStart + absl::Minutes(1);
  EXPECT_EQ(buckets.Take("newcomer", later), absl::ZeroDuration());
  EXPECT_LT(buckets.size(), 10u);
}

TEST(TokenBucketsTest, ForgetsFullOnesWithoutABound) {
  TokenBuckets buckets({2, 1});
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i < 1000; ++i) {
      buckets.Take(std::to_string(second * 1000 + i), kStart + absl::Seconds(second));
    }
  }
  EXPECT_LE(buckets.size(), 4000u) << "those of the last seconds";
}

}  // namespace
}  // namespace tremorcast
