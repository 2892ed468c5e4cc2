#pragma once

// Draws again what the catalogue rung simulated for archived forecasts, from what they recorded: the
// catalogues themselves, and the map of their rates. The last issues are kept, since the regions of
// a network share one.
//
// Thread safe; one drawing goes on at a time, and callers wait for it: seconds for a map, and so
// they run on the inference executor. Errors: those of Forecaster::IssueOf and EtasSimulator.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "core/catalogue/labels.h"
#include "core/etas/etas_rate_map.h"
#include "core/etas/etas_simulator.h"
#include "core/forecast/forecast.h"
#include "server/pipeline/forecaster.h"

namespace tremorcast {

// Of the short horizons (kShortHorizons), so that its catalogues are those that the forecast's
// expected numbers were counted from. Immutable.
struct DrawnIssue {
  ModelProvenance model;
  uint64_t seed = 0;
  int64_t catalogues = 0;
  MagnitudeClasses classes;
  EtasSimulator simulator;
  SpaceMagnitudeGrid grid;  // over the model's region
};

class DrawnIssues {
 public:
  // `forecaster` must outlive it.
  explicit DrawnIssues(Forecaster& forecaster) : forecaster_(forecaster) {}

  absl::StatusOr<std::shared_ptr<const DrawnIssue>> Issue(const Forecast& archived);
  // Horizons: kShortHorizons.
  absl::StatusOr<std::shared_ptr<const EtasRateMap>> Rates(const Forecast& archived);

 private:
  struct Kept {
    std::string key;  // model, begin, catalogue
    std::shared_ptr<const DrawnIssue> issue;
    std::shared_ptr<const EtasRateMap> rates;  // null: not drawn yet
  };
  absl::StatusOr<Kept*> Find(const Forecast& archived) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Forecaster& forecaster_;
  absl::Mutex mutex_;
  std::vector<Kept> kept_ ABSL_GUARDED_BY(mutex_);  // used last: last
};

}  // namespace tremorcast
