#include "model/training/learning_rate.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace tremorcast {
namespace {

constexpr int kArcGrowth = 2;
constexpr int kFirstArcsInARun = 15;

}  // namespace

int FirstArc(const TrainOptions& options) {
  if (options.restart_epochs > 0) return options.restart_epochs;
  return std::max(1, (options.max_epochs + kFirstArcsInARun - 1) / kFirstArcsInARun);
}

double LearningRate(const TrainOptions& options, int epoch) {
  TREMORCAST_CHECK(options.max_epochs > 0);
  int begin = 0, length = options.max_epochs;
  if (options.schedule == Schedule::kWarmRestarts) {
    length = FirstArc(options);
    while (epoch - begin >= length) {
      begin += length;
      length *= kArcGrowth;
    }
  }
  const double t = std::min(1.0, static_cast<double>(epoch - begin) / length);
  return 0.5 * options.learning_rate * (1 + std::cos(3.141592653589793 * t));
}

}  // namespace tremorcast
