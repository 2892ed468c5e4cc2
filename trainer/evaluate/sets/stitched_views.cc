#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "trainer/evaluate/sets/set_views.h"

namespace tremorcast {
namespace {

constexpr int kDays = 7;

// One weekly window without its first `moved` steps, and the first `moved` steps of the next.
struct StitchedWindow {
  int first = 0, second = 0;  // windows of the weekly source
  int moved = 0;              // 0: `first` alone
};

class StitchedWindows final : public WindowSource {
 public:
  StitchedWindows(std::shared_ptr<const void> owner, const WindowSource& weekly)
      : owner_(std::move(owner)), weekly_(weekly) {}

  int Add(const StitchedWindow& window) {
    windows_.push_back(window);
    return size() - 1;
  }

  int size() const override { return static_cast<int>(windows_.size()); }
  int channels() const override { return weekly_.channels(); }
  int slots() const override { return weekly_.slots(); }
  const StationId& station(int window) const override {
    return weekly_.station(windows_[static_cast<size_t>(window)].first);
  }
  absl::Status Read(int window, absl::Span<float> out) const override {
    const StitchedWindow& w = windows_[static_cast<size_t>(window)];
    if (absl::Status s = weekly_.Read(w.first, out); !s.ok() || w.moved == 0) return s;
    std::vector<float> next(out.size());
    RETURN_IF_ERROR(weekly_.Read(w.second, absl::MakeSpan(next)));
    const std::ptrdiff_t slots = weekly_.slots();
    const std::ptrdiff_t moved = w.moved;
    for (std::ptrdiff_t at = 0; at < static_cast<std::ptrdiff_t>(out.size()); at += slots) {
      std::copy(out.begin() + at + moved, out.begin() + at + slots, out.begin() + at);
      std::copy(next.begin() + at, next.begin() + at + moved, out.begin() + at + slots - moved);
    }
    return absl::OkStatus();
  }

 private:
  std::shared_ptr<const void> owner_;
  const WindowSource& weekly_;
  std::vector<StitchedWindow> windows_;
};

using Weeks = std::map<std::pair<RegionId, absl::Time>, int>;  // weekly sample of a region and issue, of one slice

// The sample `moved` steps after the weekly sample `first`; no windows when no station has both
// weeks.
Sample StitchedSample(const SetView& weekly, int first, int second, int moved, StitchedWindows& source) {
  const Sample& before = weekly.samples.samples[static_cast<size_t>(first)];
  const Sample& after = weekly.samples.samples[static_cast<size_t>(second)];
  Sample sample;
  sample.region = before.region;
  for (int a : before.windows) {
    for (int b : after.windows) {
      if (weekly.samples.source->station(a) == weekly.samples.source->station(b)) {
        sample.windows.push_back(source.Add({a, b, moved}));
      }
    }
  }
  return sample;
}

// Issues so many steps after each weekly one.
absl::StatusOr<SetView> Stitched(const EvaluationSet& set, const std::vector<int>& steps) {
  const SetView& weekly = set.view;
  const absl::Duration step = kWeekLength / weekly.samples.source->slots();
  auto source = std::make_shared<StitchedWindows>(weekly.owner, *weekly.samples.source);
  SetView stitched;
  stitched.classes = weekly.classes;
  stitched.samples.source = source.get();
  for (auto slice : {&SetView::train, &SetView::early_stop, &SetView::calibration, &SetView::test}) {
    Weeks weeks;
    for (int sample : weekly.*slice) {
      weeks[{weekly.samples.samples[static_cast<size_t>(sample)].region, weekly.weeks[static_cast<size_t>(sample)]}] =
          sample;
    }
    for (const auto& [place, first] : weeks) {
      const auto next = weeks.find({place.first, place.second + kWeekLength});
      for (int moved : steps) {
        if (moved > 0 && next == weeks.end()) continue;
        Sample sample = StitchedSample(weekly, first, moved == 0 ? first : next->second, moved, *source);
        if (sample.windows.empty()) continue;
        const absl::Time issue = place.second + moved * step;
        sample.issue = absl::ToUnixSeconds(issue);
        sample.label = set.label_of(place.first, {issue, issue + kWeekLength});
        (stitched.*slice).push_back(static_cast<int>(stitched.samples.samples.size()));
        stitched.samples.samples.push_back(std::move(sample));
        stitched.weeks.push_back(place.second);
      }
    }
  }
  if (stitched.train.empty() || stitched.early_stop.empty() || stitched.test.empty()) {
    return absl::FailedPreconditionError("a slice would be empty");
  }
  stitched.owner = std::move(source);
  CountClimatologies(stitched);
  return stitched;
}

absl::Status CanStitch(const EvaluationSet& set) {
  if (set.ordered_in_time && set.label_of) return absl::OkStatus();
  return absl::FailedPreconditionError("labels of weeks that begin on other days are not known");
}

}  // namespace

absl::StatusOr<SetView> DailyIssues(const EvaluationSet& set) {
  RETURN_IF_ERROR(CanStitch(set));
  const int slots = set.view.samples.source->slots();
  if (slots % kDays != 0) return absl::FailedPreconditionError("the windows do not divide into days");
  std::vector<int> steps;
  for (int day = 0; day < kDays; ++day) steps.push_back(slots / kDays * day);
  return Stitched(set, steps);
}

absl::StatusOr<SetView> IssuedLater(const EvaluationSet& set, absl::Duration later) {
  RETURN_IF_ERROR(CanStitch(set));
  const absl::Duration step = kWeekLength / set.view.samples.source->slots();
  if (later < absl::ZeroDuration() || later >= kWeekLength || later % step != absl::ZeroDuration()) {
    return absl::FailedPreconditionError(absl::StrCat(absl::FormatDuration(later), " is no whole number of steps of ",
                                                      absl::FormatDuration(step), " below a week"));
  }
  return Stitched(set, {static_cast<int>(later / step)});
}

}  // namespace tremorcast
