#include "server/telemetry/log_repeats.h"

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1607184000);

TEST(LogRepeatsTest, ShowsTheFirstOfAKindAndCountsTheRestOfItsWindow) {
  LogRepeats repeats;
  int shown = 0;
  for (int i = 0; i < 1000; ++i) shown += repeats.Offer(2, absl::StrCat("call ", i, " failed"), kStart);
  EXPECT_EQ(shown, LogRepeats::kShown);
  EXPECT_TRUE(repeats.Offer(2, "something else", kStart));
  EXPECT_TRUE(repeats.TakeDue(kStart + LogRepeats::kWindow / 2).empty());
  const auto due = repeats.TakeDue(kStart + LogRepeats::kWindow);
  ASSERT_EQ(due.size(), 1U) << "nothing was left out of the other kind";
  EXPECT_EQ(due[0].count, 1000 - LogRepeats::kShown);
  EXPECT_EQ(due[0].example, "call 999 failed");
  EXPECT_TRUE(repeats.Offer(2, "call 1000 failed", kStart + LogRepeats::kWindow)) << "a new window";
}

TEST(LogRepeatsTest, IsBoundedWhenEveryLineIsOfItsOwnKind) {
  LogRepeats repeats;
  int shown = 0;
  std::string words;
  for (int i = 0; i < 2000; ++i) shown += repeats.Offer(3, absl::StrCat(words += 'a', "b"), kStart);
  for (int i = 0; i < 2000; ++i) {
    std::string name;
    for (int rest = i; rest > 0; rest /= 26) name += static_cast<char>('a' + rest % 26);
    shown += repeats.Offer(3, name, kStart);
  }
  EXPECT_LE(shown, static_cast<int>(LogRepeats::kKinds + 10 * LogRepeats::kShown));
  int64_t left_out = 0;
  for (const auto& summary : repeats.TakeDue(absl::InfiniteFuture())) left_out += summary.count;
  EXPECT_EQ(left_out + shown, 4000) << "every line is written or counted";
}

}  // namespace
}  // namespace tremorcast
