#include "trainer/run/progress.h"

#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tremorcast {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

RunProgress Windows(int64_t done, int64_t total) { return {"reading windows", done, total, "windows", "", 0}; }

std::string Contents(std::FILE* file) {
  std::string text(static_cast<size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

TEST(ProgressTest, BarsAndDurationsReadWell) {
  EXPECT_EQ(Bar(0, 4), "[....]");
  EXPECT_EQ(Bar(0.5, 4), "[##..]");
  EXPECT_EQ(Bar(7, 4), "[####]");
  EXPECT_EQ(ShortDuration(absl::Seconds(48)), "0:48");
  EXPECT_EQ(ShortDuration(absl::Seconds(3723)), "1:02:03");
}

TEST(ProgressTest, OverallNeverFallsFromStageToStage) {
  double before = 0;
  for (int stage = 1; stage <= 2; ++stage) {
    for (int head = 0; head < (stage == 1 ? 1 : 5); ++head) {
      for (int epoch = 1; epoch <= 60; ++epoch) {
        TrainingProgress p;
        p.stage = stage;
        p.head = head;
        p.heads = stage == 1 ? 1 : 5;
        p.epoch = epoch;
        p.max_epochs = 60;
        const double overall = ProgressOfEpoch(p).overall;
        EXPECT_GE(overall, before);
        before = overall;
      }
    }
  }
  EXPECT_LT(before, 1);
}

TEST(ProgressTest, ABestLossIsNamedOnceThereIsOne) {
  TrainingProgress p;
  p.validation_loss = 1;
  p.best_validation_loss = std::numeric_limits<double>::infinity();
  EXPECT_EQ(ProgressOfEpoch(p).detail, "loss 0.0000, validation 1.0000");
  p.best_validation_loss = .5;
  EXPECT_EQ(ProgressOfEpoch(p).detail, "loss 0.0000, validation 1.0000 (best 0.5000)");
}

TEST(ProgressTest, TerminalBarTellsEpochLossAndTimeLeft) {
  FakeClock clock;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  const std::unique_ptr<ProgressReporter> reporter = MakeTerminalProgress(file.get(), clock);
  TrainingProgress epoch;
  epoch.max_epochs = 60;
  epoch.train_loss = 0.8125;
  for (epoch.epoch = 1; epoch.epoch <= 3; ++epoch.epoch) {
    reporter->Update(ProgressOfEpoch(epoch));
    clock.Advance(absl::Seconds(2));
  }
  reporter->Finish();
  // Two epochs in four seconds: 57 more take 114 s.
  EXPECT_THAT(Contents(file.get()),
              AllOf(HasSubstr("stage 1"), HasSubstr("3/60 epochs"), HasSubstr("loss 0.8125"),
                    HasSubstr("[#...................]"), HasSubstr("at most 1:54 left"), HasSubstr("\n")));
}

TEST(ProgressTest, LogHasALineForEachEpochButNotForEachWindow) {
  FakeClock clock;
  std::vector<std::string> lines;
  const std::unique_ptr<ProgressReporter> reporter =
      MakeLogProgress([&](absl::string_view line) { lines.emplace_back(line); }, clock);
  for (int i = 1; i <= 1000; ++i) reporter->Update(Windows(i, 1000));
  ASSERT_THAT(lines, ElementsAre(HasSubstr("1/1000 windows"), HasSubstr("1000/1000 windows")));
  TrainingProgress epoch;
  epoch.max_epochs = 60;
  for (epoch.epoch = 1; epoch.epoch <= 4; ++epoch.epoch) reporter->Update(ProgressOfEpoch(epoch));
  EXPECT_EQ(lines.size(), 6u);
}

}  // namespace
}  // namespace tremorcast
