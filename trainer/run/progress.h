#pragma once

// How a run tells where it is: one event type, and the two ways a person sees it (a bar on a
// terminal, lines in a log).
//
// Reporters are called on the training thread only and must not throw. They are not thread safe.

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "model/training/training.h"

namespace tremorcast {

struct RunProgress {
  std::string stage;   // "reading windows", "stage 1", "stage 2, head 1 of 5", "scoring"
  int64_t done = 0;    // of this stage
  int64_t total = 0;   // at most; training may stop early
  std::string unit;    // "windows", "epochs"
  std::string detail;  // "loss 0.812, validation 0.930 (best 0.921)"
  double overall = 0;  // 0..1, never falls
};

using ProgressSink = std::function<void(const RunProgress&)>;

// Where a training epoch stands within the whole run; stage 1 and the heads share what reading and
// scoring leave.
RunProgress ProgressOfEpoch(const TrainingProgress& epoch);

class ProgressReporter {
 public:
  virtual ~ProgressReporter() = default;
  virtual void Update(const RunProgress& progress) = 0;
  // Ends the line a bar is drawn on, so that other output starts on a fresh one.
  virtual void Finish() = 0;
};

// A bar redrawn in place, at most ten times a second and at each stage's end:
//   stage 1            [########............] 24/60 epochs  loss 0.812, validation 0.930 (best 0.921)  at most 0:48
//   left
std::unique_ptr<ProgressReporter> MakeTerminalProgress(std::FILE* out, const Clock& clock);
// A line when a stage begins, at each of its epochs, and for counts at most every ten seconds.
std::unique_ptr<ProgressReporter> MakeLogProgress(std::function<void(absl::string_view)> log, const Clock& clock);

// "0:48", "1:02:03".
std::string ShortDuration(absl::Duration d);
// "[########............]"
std::string Bar(double fraction, int width);

}  // namespace tremorcast
