#include "core/verification/splits.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr int kBoundaries = 3;

std::string Show(const Interval& interval) {
  return absl::StrCat("[", FormatUtc(interval.begin), ", ", FormatUtc(interval.end), ")");
}

// Many regions and stations share one set of times; looking at each set once keeps the check
// quadratic in issues, not samples.
std::vector<SampleTimes> Distinct(absl::Span<const SampleTimes> samples) {
  const auto less = [](const SampleTimes& a, const SampleTimes& b) {
    return std::tie(a.issue, a.input.begin, a.input.end, a.label.begin, a.label.end) <
           std::tie(b.issue, b.input.begin, b.input.end, b.label.begin, b.label.end);
  };
  std::set<SampleTimes, decltype(less)> distinct(samples.begin(), samples.end(), less);
  return {distinct.begin(), distinct.end()};
}

absl::Status CheckOwnTimes(const SampleTimes& sample) {
  if (sample.input.end > sample.issue) {
    return absl::FailedPreconditionError(absl::StrCat("leak: the sample issued ", FormatUtc(sample.issue),
                                                      " has input ", Show(sample.input), " after its issue"));
  }
  if (sample.label.begin < sample.issue) {
    return absl::FailedPreconditionError(absl::StrCat("leak: the sample issued ", FormatUtc(sample.issue),
                                                      " has label ", Show(sample.label), " before its issue"));
  }
  return absl::OkStatus();
}

absl::Status CheckPair(const SampleTimes& earlier, const SampleTimes& test) {
  if (earlier.issue >= test.issue) {
    return absl::FailedPreconditionError(absl::StrCat("leak: a training, early-stop or calibration sample issued ",
                                                      FormatUtc(earlier.issue), " is not before the test issue ",
                                                      FormatUtc(test.issue)));
  }
  for (const auto& [what, interval] : {std::pair("input", earlier.input), std::pair("label", earlier.label)}) {
    if (!Overlaps(test.label, interval)) continue;
    return absl::FailedPreconditionError(absl::StrCat("leak: the test label ", Show(test.label), " meets the ", what,
                                                      " ", Show(interval), " of the sample issued ",
                                                      FormatUtc(earlier.issue)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Slices> SplitIssues(absl::Span<const absl::Time> issues, const SplitSizes& sizes) {
  if (sizes.train < 0 || sizes.early_stop < 1 || sizes.calibration < 1 || sizes.test < 1 || sizes.skipped < 1) {
    return absl::InvalidArgumentError(
        "split: every slice needs at least one issue, and one must be skipped between them");
  }
  const std::set<absl::Time> distinct(issues.begin(), issues.end());
  const std::vector<absl::Time> sorted(distinct.begin(), distinct.end());
  const int needed =
      std::max(1, sizes.train) + sizes.early_stop + sizes.calibration + sizes.test + kBoundaries * sizes.skipped;
  if (static_cast<int>(sorted.size()) < needed) {
    return absl::FailedPreconditionError(
        absl::StrCat("split: ", sorted.size(), " issue times, at least ", needed, " are needed"));
  }
  auto end = sorted.end();
  const auto take = [&](int n) {
    const std::vector<absl::Time> slice(end - n, end);
    end -= n;
    return slice;
  };
  Slices slices;
  slices.test = take(sizes.test);
  end -= sizes.skipped;
  slices.calibration = take(sizes.calibration);
  end -= sizes.skipped;
  slices.early_stop = take(sizes.early_stop);
  end -= sizes.skipped;
  slices.train = take(sizes.train > 0 ? sizes.train : static_cast<int>(end - sorted.begin()));
  return slices;
}

absl::StatusOr<SplitSizes> ShrinkToFit(int issues, const SplitSizes& wanted) {
  const int available = issues - kBoundaries * wanted.skipped;
  const int others = wanted.early_stop + wanted.calibration + wanted.test;
  // Without a wish for training: as much as all the others together.
  const int train = wanted.train > 0 ? wanted.train : others;
  if (available >= train + others) return wanted;
  if (available < kBoundaries + 1) {
    return absl::FailedPreconditionError(absl::StrCat("split: ", issues, " issue times are too few, at least ",
                                                      kBoundaries + 1 + kBoundaries * wanted.skipped, " are needed"));
  }
  const auto shrunk = [&](int n) { return std::max(1, n * available / (train + others)); };
  SplitSizes sizes = wanted;
  sizes.early_stop = shrunk(wanted.early_stop);
  sizes.calibration = shrunk(wanted.calibration);
  sizes.test = std::max(1, std::min(shrunk(wanted.test), available - 1 - sizes.early_stop - sizes.calibration));
  sizes.train = 0;
  return sizes;
}

absl::StatusOr<Slices> SplitIssuesAt(absl::Span<const absl::Time> issues, const Interval& test,
                                     const SplitSizes& sizes) {
  std::set<absl::Time> distinct(issues.begin(), issues.end());
  distinct.erase(distinct.lower_bound(test.end), distinct.end());
  SplitSizes fitted = sizes;
  fitted.test = static_cast<int>(std::distance(distinct.lower_bound(test.begin), distinct.end()));
  if (fitted.test == 0) {
    return absl::FailedPreconditionError(absl::StrCat("split: no issue time in the test period ", Show(test)));
  }
  const int available = static_cast<int>(distinct.size()) - fitted.test - kBoundaries * sizes.skipped;
  if (available < kBoundaries) {
    return absl::FailedPreconditionError(absl::StrCat("split: ", static_cast<int>(distinct.size()) - fitted.test,
                                                      " issue times before the test period ", Show(test), ", at least ",
                                                      kBoundaries + kBoundaries * sizes.skipped, " are needed"));
  }
  const int others = sizes.early_stop + sizes.calibration;
  if (available < std::max(2 * others, sizes.train + others)) {
    fitted.train = 0;
    if (available < 2 * others) fitted.early_stop = fitted.calibration = std::max(1, available / 4);
  }
  return SplitIssues(std::vector<absl::Time>(distinct.begin(), distinct.end()), fitted);
}

absl::StatusOr<std::vector<Interval>> RollingTestPeriods(absl::Span<const absl::Time> tested, int origins) {
  if (origins < 1) return absl::InvalidArgumentError("rolling: at least one origin is needed");
  const std::set<absl::Time> distinct(tested.begin(), tested.end());
  const std::vector<absl::Time> sorted(distinct.begin(), distinct.end());
  const size_t blocks = static_cast<size_t>(origins);
  if (sorted.size() < blocks) {
    return absl::FailedPreconditionError(
        absl::StrCat("rolling: ", sorted.size(), " issue times to test on, fewer than the ", origins, " origins"));
  }
  std::vector<Interval> periods;
  for (size_t k = 0; k < blocks; ++k) {
    const size_t next = sorted.size() * (k + 1) / blocks;
    periods.push_back(
        {sorted[sorted.size() * k / blocks], k + 1 < blocks ? sorted[next] : sorted.back() + absl::Nanoseconds(1)});
  }
  return periods;
}

absl::Status CheckNoLeak(absl::Span<const SampleTimes> earlier, absl::Span<const SampleTimes> test) {
  const std::vector<SampleTimes> before = Distinct(earlier);
  const std::vector<SampleTimes> after = Distinct(test);
  for (const auto* samples : {&before, &after}) {
    for (const SampleTimes& sample : *samples) {
      RETURN_IF_ERROR(CheckOwnTimes(sample));
    }
  }
  for (const SampleTimes& b : before) {
    for (const SampleTimes& t : after) {
      RETURN_IF_ERROR(CheckPair(b, t));
    }
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
