#pragma once

// What the course of a training says about whether it was finished: where the best epoch was the
// first, nothing was learnt that the early-stop slice confirms; where it was the last, the training
// was cut off while it still got better. Either way a reader of the scores should know. Pure;
// thread safe.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/types/span.h>

#include "model/training/training.h"

namespace tremorcast {

// One network of one training: stage 1, a head of stage 2, or another that is trained by itself.
struct TrainingCourse {
  int stage = 1;
  int head = 0;
  int epochs = 0;      // that were trained
  int best_epoch = 0;  // from 1; 0: none gave a finite loss
  int max_epochs = 0;
  int64_t steps = 0;  // optimiser steps in all; 0: not recorded

  // A single epoch is both; it counts as cut off.
  bool cut_off() const { return best_epoch > 0 && best_epoch == epochs; }
  bool learnt_nothing() const { return best_epoch == 1 && epochs > 1; }
};

// One course for each run of equal stage and head in `history`, in its order.
std::vector<TrainingCourse> CoursesOf(absl::Span<const TrainingProgress> history);

// Whole sentences, at most two for each stage; none where every training found its best epoch
// between the first and the last.
std::vector<std::string> CourseWarnings(absl::Span<const TrainingCourse> courses);

}  // namespace tremorcast
