#include "trainer/run/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace tremorcast {
namespace {

// Shares of a run, by and large: they only drive the overall figure.
constexpr double kAfterReading = 0.10;
constexpr double kAfterStage1 = 0.65;
constexpr double kAfterStage2 = 0.95;

// When the present stage began, for the time left.
class StageClock {
 public:
  explicit StageClock(const Clock& clock) : clock_(clock) {}

  // True when `progress` opens another stage.
  bool Enter(const RunProgress& progress) {
    if (progress.stage == stage_) return false;
    stage_ = progress.stage;
    began_ = clock_.Now();
    began_at_ = progress.done;
    return true;
  }
  absl::Time Now() const { return clock_.Now(); }
  // Text behind the figures; "" while nothing can be said.
  std::string Left(const RunProgress& progress) const {
    const int64_t done = progress.done - began_at_;
    if (done <= 0 || progress.total <= progress.done) return "";
    const absl::Duration left = (clock_.Now() - began_) / done * (progress.total - progress.done);
    return absl::StrCat("  at most ", ShortDuration(left), " left");
  }

 private:
  const Clock& clock_;
  std::string stage_;
  absl::Time began_;
  int64_t began_at_ = 0;
};

std::string Figures(const RunProgress& progress) {
  std::string text = absl::StrCat(progress.done, "/", progress.total, " ", progress.unit);
  if (!progress.detail.empty()) absl::StrAppend(&text, "  ", progress.detail);
  return text;
}

class TerminalProgress final : public ProgressReporter {
 public:
  TerminalProgress(std::FILE* out, const Clock& clock) : out_(out), clock_(clock) {}

  void Update(const RunProgress& progress) override {
    if (clock_.Enter(progress)) Finish();
    const bool complete = progress.done >= progress.total;
    if (!complete && clock_.Now() - drawn_ < absl::Milliseconds(100)) return;
    drawn_ = clock_.Now();
    const double fraction = progress.total > 0 ? static_cast<double>(progress.done) / progress.total : 0;
    absl::FPrintF(out_, "\r\x1b[K%-24s %s %s%s", progress.stage, Bar(fraction, 20), Figures(progress),
                  clock_.Left(progress));
    std::fflush(out_);
    open_ = true;
  }

  void Finish() override {
    if (open_) std::fputs("\n", out_);
    std::fflush(out_);
    open_ = false;
    drawn_ = absl::InfinitePast();
  }

 private:
  std::FILE* out_;
  StageClock clock_;
  absl::Time drawn_ = absl::InfinitePast();
  bool open_ = false;
};

class LogProgress final : public ProgressReporter {
 public:
  LogProgress(std::function<void(absl::string_view)> log, const Clock& clock) : log_(std::move(log)), clock_(clock) {}

  void Update(const RunProgress& progress) override {
    const bool opens = clock_.Enter(progress);
    const bool due = opens || progress.done >= progress.total || clock_.Now() - logged_ >= absl::Seconds(10);
    // Epochs are few and each says something new; counts are many and all alike.
    if (!due && progress.unit != "epochs") return;
    logged_ = clock_.Now();
    log_(absl::StrCat(progress.stage, ": ", Figures(progress), clock_.Left(progress)));
  }
  void Finish() override {}

 private:
  std::function<void(absl::string_view)> log_;
  StageClock clock_;
  absl::Time logged_ = absl::InfinitePast();
};

}  // namespace

RunProgress ProgressOfEpoch(const TrainingProgress& epoch) {
  RunProgress progress;
  progress.stage = epoch.stage == 1 ? "stage 1" : absl::StrCat("stage 2, head ", epoch.head + 1, " of ", epoch.heads);
  progress.done = epoch.epoch;
  progress.total = epoch.max_epochs;
  progress.unit = "epochs";
  progress.detail = absl::StrFormat("loss %.4f, validation %.4f", epoch.train_loss, epoch.validation_loss);
  // LDAM's first epochs cannot become the best.
  if (std::isfinite(epoch.best_validation_loss)) {
    absl::StrAppendFormat(&progress.detail, " (best %.4f)", epoch.best_validation_loss);
  }
  const double part = epoch.max_epochs > 0 ? std::min(1.0, static_cast<double>(epoch.epoch) / epoch.max_epochs) : 0;
  progress.overall = epoch.stage == 1
                         ? kAfterReading + part * (kAfterStage1 - kAfterReading)
                         : kAfterStage1 + (epoch.head + part) / epoch.heads * (kAfterStage2 - kAfterStage1);
  return progress;
}

std::unique_ptr<ProgressReporter> MakeTerminalProgress(std::FILE* out, const Clock& clock) {
  return std::make_unique<TerminalProgress>(out, clock);
}

std::unique_ptr<ProgressReporter> MakeLogProgress(std::function<void(absl::string_view)> log, const Clock& clock) {
  return std::make_unique<LogProgress>(std::move(log), clock);
}

std::string ShortDuration(absl::Duration d) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(d + absl::Milliseconds(500)));
  if (seconds < 3600) return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string Bar(double fraction, int width) {
  const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width);
  return absl::StrCat("[", std::string(static_cast<size_t>(filled), '#'),
                      std::string(static_cast<size_t>(width - filled), '.'), "]");
}

}  // namespace tremorcast
