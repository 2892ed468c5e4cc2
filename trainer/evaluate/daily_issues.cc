#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "trainer/evaluate/set_views.h"

namespace tremorcast {
namespace {

constexpr int kDays = 7;

// The last `kDays - day` days of one weekly window and the first `day` days of the next.
struct StitchedWindow {
  int first = 0, second = 0;  // windows of the weekly source
  int day = 0;                // 0: `first` alone
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
    if (absl::Status s = weekly_.Read(w.first, out); !s.ok() || w.day == 0) return s;
    std::vector<float> next(out.size());
    if (absl::Status s = weekly_.Read(w.second, absl::MakeSpan(next)); !s.ok()) return s;
    const std::ptrdiff_t slots = weekly_.slots();
    const std::ptrdiff_t moved = slots / kDays * w.day;
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

// The sample of `region` `day` days after the weekly sample `first`; no windows when no station has both weeks.
Sample StitchedSample(const SetView& weekly, int first, int second, int day, StitchedWindows& source) {
  const Sample& before = weekly.samples.samples[static_cast<size_t>(first)];
  const Sample& after = weekly.samples.samples[static_cast<size_t>(second)];
  Sample sample;
  sample.region = before.region;
  for (int a : before.windows) {
    for (int b : after.windows) {
      if (weekly.samples.source->station(a) == weekly.samples.source->station(b)) {
        sample.windows.push_back(source.Add({a, b, day}));
      }
    }
  }
  return sample;
}

}  // namespace

absl::StatusOr<SetView> DailyIssues(const EvaluationSet& set) {
  if (!set.ordered_in_time || !set.label_at) {
    return absl::FailedPreconditionError("labels of weeks that begin on other days are not known");
  }
  const SetView& weekly = set.view;
  if (weekly.samples.source->slots() % kDays != 0) {
    return absl::FailedPreconditionError("the windows do not divide into days");
  }
  auto source = std::make_shared<StitchedWindows>(weekly.owner, *weekly.samples.source);
  SetView daily;
  daily.classes = weekly.classes;
  daily.samples.source = source.get();
  for (auto slice : {&SetView::train, &SetView::early_stop, &SetView::calibration, &SetView::test}) {
    Weeks weeks;
    for (int sample : weekly.*slice) {
      weeks[{weekly.samples.samples[static_cast<size_t>(sample)].region, weekly.weeks[static_cast<size_t>(sample)]}] =
          sample;
    }
    for (const auto& [place, first] : weeks) {
      const auto next = weeks.find({place.first, place.second + kWeekLength});
      const int days = next == weeks.end() ? 1 : kDays;
      for (int day = 0; day < days; ++day) {
        Sample sample = StitchedSample(weekly, first, day == 0 ? first : next->second, day, *source);
        if (sample.windows.empty()) continue;
        const absl::Time issue = place.second + day * absl::Hours(24);
        sample.issue = absl::ToUnixSeconds(issue);
        sample.label = set.label_at(place.first, issue);
        (daily.*slice).push_back(static_cast<int>(daily.samples.samples.size()));
        daily.samples.samples.push_back(std::move(sample));
        daily.weeks.push_back(place.second);
      }
    }
  }
  daily.owner = std::move(source);
  daily.climatology = CountClimatology(daily);
  return daily;
}

}  // namespace tremorcast
