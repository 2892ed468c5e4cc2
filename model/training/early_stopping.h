#pragma once

// Says when a training should stop because its validation loss has not fallen for a while, and
// remembers the best loss. "A while" is counted in epochs and in optimiser steps, and both must be
// over: five epochs of a set of forty series are fifteen steps, in which no network shows whether
// it learns. A value type.

#include <cstdint>
#include <limits>

namespace tremorcast {

class EarlyStopping {
 public:
  struct Patience {
    int epochs = 0;
    int64_t steps = 0;      // since the best loss
    int64_t min_steps = 0;  // since the beginning
  };

  EarlyStopping(const Patience& patience, double min_improvement)
      : patience_(patience), min_improvement_(min_improvement) {}

  // `steps`: optimiser steps so far. Returns whether this is the new best. The first finite loss
  // always is.
  bool Update(double loss, int64_t steps) {
    steps_ = steps;
    if (loss < best_ - min_improvement_) {
      best_ = loss;
      best_steps_ = steps;
      epochs_without_ = 0;
      return true;
    }
    ++epochs_without_;
    return false;
  }
  bool exhausted() const {
    return epochs_without_ >= patience_.epochs && steps_ - best_steps_ >= patience_.steps &&
           steps_ >= patience_.min_steps;
  }
  double best() const { return best_; }
  int epochs_without() const { return epochs_without_; }
  int64_t best_steps() const { return best_steps_; }  // steps at the best loss; 0 before there is one
  void Restore(double best, int epochs_without, int64_t best_steps, int64_t steps) {
    best_ = best;
    epochs_without_ = epochs_without;
    best_steps_ = best_steps;
    steps_ = steps;
  }

 private:
  Patience patience_;
  double min_improvement_;
  double best_ = std::numeric_limits<double>::infinity();
  int epochs_without_ = 0;
  int64_t best_steps_ = 0;
  int64_t steps_ = 0;
};

}  // namespace tremorcast
