#pragma once

// The evaluation plan: which issues train, stop, calibrate and test, under which configuration and
// on which data. It is hashed, and stored by the caller, before any test label or test window is
// looked at (METHOD.md section 5). Pure.

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/verification/splits.h"
#include "trainer/data/dataset.h"
#include "trainer/run/config.h"

namespace tremorcast {

struct Plan {
  // calibration and test may be empty, see MakePlan.
  Slices slices;
  // Everything training sees, from the first input to the end of the last label; the test period
  // starts later.
  Interval training_period;
  // First test issue; end of the known labels when there is no test. Climatology counts what lies
  // before.
  absl::Time test_begin;
  // First calibration issue; `test_begin` when there is no such slice.
  absl::Time calibration_begin() const { return slices.calibration.empty() ? test_begin : slices.calibration.front(); }
  bool shrunk = false;  // fewer issues than the configuration asks for
  std::string summary;  // "train 2017-01-08 to 2018-12-30 (104 issues), ..."
  std::string json;
  std::string hash;  // hex, of `json`
};

// Slices over the issues that have samples. With fewer issues than config.split asks for, all
// slices shrink in proportion. With fewer than seven there is no calibration and no test: the last
// issue stops training, one is skipped and the rest train, so that a station network of a few weeks
// still gets a checkpoint, with w = 0. FailedPrecondition: fewer than three issues, or a leak found
// by CheckNoLeak.
//
// With config.test_period the test slice is what lies in it, and nothing shrinks it
// (SplitIssuesAt).
absl::StatusOr<Plan> MakePlan(const TrainerConfig& config, const Dataset& data, const std::string& git_revision);

// One plan for each of `origins` rolling origins, oldest first: the same rule, each with its own
// test period. Together they test config.test_period, or else the newest origins x split.test
// issues. Errors: those of MakePlan, and FailedPrecondition when there are too few issues to test
// on.
absl::StatusOr<std::vector<Plan>> MakeRollingPlans(const TrainerConfig& config, const Dataset& data,
                                                   const std::string& git_revision, int origins);

// What an evaluation runs: MakePlan for one origin, else MakeRollingPlans.
absl::StatusOr<std::vector<Plan>> MakePlans(const TrainerConfig& config, const Dataset& data,
                                            const std::string& git_revision, int origins);

// Areas and the region of the whole station network are scored apart.
enum class RegionKind : int8_t { kAreas, kWholeNetwork };
// The regions of one kind that have a week in the dataset, in its order.
std::vector<Region> RegionsOf(const Dataset& data, RegionKind kind);
// Indices into data.samples of the issues of one slice. `issues` ascend.
std::vector<int> SamplesOf(const Dataset& data, const std::vector<absl::Time>& issues, RegionKind kind);
// The region-weeks of those issues with too few stations for a sample.
std::vector<RegionWeek> AbstainedWeeks(const Dataset& data, const std::vector<absl::Time>& issues, RegionKind kind);

}  // namespace tremorcast
