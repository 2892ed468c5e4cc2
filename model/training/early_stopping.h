#pragma once

// Says when a training should stop because its validation loss has not fallen for a while, and
// remembers the best loss. A value type.

#include <limits>

namespace tremorcast {

class EarlyStopping {
 public:
  EarlyStopping(int patience, double min_improvement) : patience_(patience), min_improvement_(min_improvement) {}

  // Returns whether this is the new best. The first finite loss always is.
  bool Update(double loss) {
    if (loss < best_ - min_improvement_) {
      best_ = loss;
      epochs_without_ = 0;
      return true;
    }
    ++epochs_without_;
    return false;
  }
  bool exhausted() const { return epochs_without_ >= patience_; }
  double best() const { return best_; }
  int epochs_without() const { return epochs_without_; }
  void Restore(double best, int epochs_without) {
    best_ = best;
    epochs_without_ = epochs_without;
  }

 private:
  int patience_;
  double min_improvement_;
  double best_ = std::numeric_limits<double>::infinity();
  int epochs_without_ = 0;
};

}  // namespace tremorcast
