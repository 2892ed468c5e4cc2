#pragma once

// Splits by time only (METHOD.md sections 2 and 5): train, early stop, calibration, test, in this
// order, with issues skipped between neighbours, and the leak detector that a run must pass before
// its scores mean anything. Pure.

#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"

namespace tremorcast {

// Numbers of issue times, not of samples: all regions of one issue stay together.
struct SplitSizes {
  int train = 0;  // 0: everything before the others
  int early_stop = 26;
  int calibration = 26;
  int test = 52;
  int skipped = 1;  // between neighbours; >= 1, more when issues are closer together than input plus label
};

struct Slices {
  std::vector<absl::Time> train, early_stop, calibration, test;  // each ascending
};

// Counts back from the newest issue. `issues` in any order, repeated ones count once; what is left
// before `train` is not used. InvalidArgument: a size below 1 (train: 0). FailedPrecondition: too
// few issues, with the numbers.
absl::StatusOr<Slices> SplitIssues(absl::Span<const absl::Time> issues, const SplitSizes& sizes);

// `wanted`, shrunk in proportion (each slice at least 1, train all that is left) where there are
// fewer issues than it needs. FailedPrecondition when not even one issue per slice fits.
absl::StatusOr<SplitSizes> ShrinkToFit(int issues, const SplitSizes& wanted);

// As SplitIssues, with the issues inside `test` as the test slice: later ones are not used, the
// other slices count back from it (sizes.test is not used). Where fewer are left before it than
// `sizes` asks for, or than twice what stops and calibrates, each of these two gets a quarter and
// training the rest. FailedPrecondition: no issue inside `test`, or too few before it, with the
// dates or numbers.
absl::StatusOr<Slices> SplitIssuesAt(absl::Span<const absl::Time> issues, const Interval& test,
                                     const SplitSizes& sizes);

// The test periods of `origins` rolling origins: the distinct issues of `tested` in consecutive
// blocks of nearly equal size, each period ending where the next begins. InvalidArgument: no
// origin.
// FailedPrecondition: fewer issues than origins.
absl::StatusOr<std::vector<Interval>> RollingTestPeriods(absl::Span<const absl::Time> tested, int origins);

// When the input and the label of one sample were measured.
struct SampleTimes {
  absl::Time issue;
  Interval input;
  Interval label;
};

// FailedPrecondition, naming the first offender, when a sample's own input reaches past its issue
// or its label begins before it; when a test label meets an input or label of `earlier` (train,
// early stop and calibration together); or when one of those was issued at or after a test issue.
// Inputs of test samples may reach back into earlier slices.
absl::Status CheckNoLeak(absl::Span<const SampleTimes> earlier, absl::Span<const SampleTimes> test);

}  // namespace tremorcast
