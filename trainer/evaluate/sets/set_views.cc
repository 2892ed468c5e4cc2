#include "trainer/evaluate/sets/set_views.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <numbers>
#include <numeric>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "model/checkpoint/random.h"

namespace tremorcast {
namespace {

constexpr int kCodeChannels = 8;
constexpr int kCodePieces = 8;

absl::Status NoOrder() { return absl::FailedPreconditionError("the set has no time order"); }

// Windows of another source, value by value changed as they are read.
class ChangedWindows final : public WindowSource {
 public:
  // `change` gets the window's number and its values [channels, slots] in place.
  using Change = std::function<void(int window, absl::Span<float> values)>;
  ChangedWindows(std::shared_ptr<const void> owner, const WindowSource& inner, Change change)
      : owner_(std::move(owner)), inner_(inner), change_(std::move(change)) {}

  int size() const override { return inner_.size(); }
  int channels() const override { return inner_.channels(); }
  int slots() const override { return inner_.slots(); }
  const StationId& station(int window) const override { return inner_.station(window); }
  absl::Status Read(int window, absl::Span<float> out) const override {
    RETURN_IF_ERROR(inner_.Read(window, out));
    change_(window, out);
    return absl::OkStatus();
  }

 private:
  std::shared_ptr<const void> owner_;
  const WindowSource& inner_;
  Change change_;
};

// Station and calendar only; nothing measured is read.
class CodedWindows final : public WindowSource {
 public:
  CodedWindows(std::shared_ptr<const void> owner, const WindowSource& inner, std::vector<absl::Time> issues)
      : owner_(std::move(owner)), inner_(inner), issues_(std::move(issues)) {}

  int size() const override { return inner_.size(); }
  int channels() const override { return kCodeChannels + 2; }
  int slots() const override { return inner_.slots(); }
  const StationId& station(int window) const override { return inner_.station(window); }
  absl::Status Read(int window, absl::Span<float> out) const override {
    const size_t slots = static_cast<size_t>(inner_.slots());
    // A level would be taken away by the normalisation, which is by station; a pattern in time
    // stays.
    const std::string digest = Sha256(inner_.station(window).value());
    for (size_t c = 0; c < kCodeChannels; ++c) {
      const auto bits = static_cast<unsigned char>(digest[c]);
      for (size_t t = 0; t < slots; ++t) {
        out[c * slots + t] = (bits >> (t * kCodePieces / slots) & 1U) != 0 ? 1.0F : -1.0F;
      }
    }
    const double year = absl::ToDoubleSeconds(issues_[static_cast<size_t>(window)] - absl::UnixEpoch()) /
                        absl::ToDoubleSeconds(absl::Hours(24) * 365.25);
    const double phase = 2 * std::numbers::pi * year;
    std::fill_n(out.begin() + kCodeChannels * static_cast<std::ptrdiff_t>(slots), slots,
                static_cast<float>(std::sin(phase)));
    std::fill_n(out.begin() + (kCodeChannels + 1) * static_cast<std::ptrdiff_t>(slots), slots,
                static_cast<float>(std::cos(phase)));
    return absl::OkStatus();
  }

 private:
  std::shared_ptr<const void> owner_;
  const WindowSource& inner_;
  std::vector<absl::Time> issues_;
};

SetView WithSource(const SetView& view, std::shared_ptr<const WindowSource> source) {
  SetView changed = view;
  changed.samples.source = source.get();
  changed.owner = std::move(source);
  return changed;
}

std::array<std::vector<int> SetView::*, 4> SliceMembers() {
  return {&SetView::train, &SetView::early_stop, &SetView::calibration, &SetView::test};
}

// Drops samples from all slices; the climatology is counted again when labels changed.
void KeepOnly(SetView& view, const std::function<bool(int sample)>& keep) {
  for (auto slice : SliceMembers()) std::erase_if(view.*slice, [&keep](int sample) { return !keep(sample); });
}

absl::StatusOr<SetView> Checked(SetView view) {
  if (view.train.empty() || view.early_stop.empty() || view.test.empty()) {
    return absl::FailedPreconditionError("a slice would be empty");
  }
  return view;
}

}  // namespace

absl::StatusOr<SetView> PresenceOnly(const EvaluationSet& set) {
  return WithSource(set.view, std::make_shared<ChangedWindows>(set.view.owner, *set.view.samples.source,
                                                               [](int, absl::Span<float> values) {
                                                                 for (float& x : values)
                                                                   x = std::isnan(x) ? 0.0F : 1.0F;
                                                               }));
}

absl::StatusOr<SetView> StationAndCalendar(const EvaluationSet& set) {
  if (!set.ordered_in_time) return NoOrder();
  return WithSource(set.view,
                    std::make_shared<CodedWindows>(set.view.owner, *set.view.samples.source, set.window_issue));
}

absl::StatusOr<SetView> ShiftedLabels(const EvaluationSet& set, int weeks) {
  if (!set.ordered_in_time) return NoOrder();
  SetView view = set.view;
  const std::set<absl::Time> distinct(view.weeks.begin(), view.weeks.end());
  const std::vector<absl::Time> issues(distinct.begin(), distinct.end());
  std::map<std::pair<RegionId, absl::Time>, int> labels;
  for (size_t i = 0; i < view.weeks.size(); ++i) {
    const Sample& sample = view.samples.samples[i];
    labels[{sample.region, view.weeks[i]}] = sample.label;
  }
  std::vector<bool> known(view.weeks.size(), false);
  for (size_t i = 0; i < view.weeks.size(); ++i) {
    const auto at = static_cast<size_t>(std::lower_bound(issues.begin(), issues.end(), view.weeks[i]) - issues.begin());
    Sample& sample = view.samples.samples[i];
    const auto it = labels.find({sample.region, issues[(at + static_cast<size_t>(weeks)) % issues.size()]});
    if (it == labels.end()) continue;
    known[i] = true;
    sample.label = it->second;
  }
  KeepOnly(view, [&known](int sample) { return known[static_cast<size_t>(sample)]; });
  CountClimatologies(view);
  return Checked(std::move(view));
}

absl::StatusOr<SetView> LastWeekLabels(const EvaluationSet& set) {
  if (!set.ordered_in_time) return NoOrder();
  if (set.last_week_class.empty()) return absl::FailedPreconditionError("the classes of past weeks are not known");
  SetView view = set.view;
  KeepOnly(view, [&set](int sample) { return set.last_week_class[static_cast<size_t>(sample)] >= 0; });
  for (size_t i = 0; i < view.samples.samples.size(); ++i) {
    view.samples.samples[i].label = std::max(set.last_week_class[i], 0);
  }
  CountClimatologies(view);
  return Checked(std::move(view));
}

absl::StatusOr<SetView> ShorterHorizon(const EvaluationSet& set, int days) {
  if (!set.ordered_in_time || !set.label_of) {
    return absl::FailedPreconditionError("labels of periods other than the set's weeks are not known");
  }
  const absl::Duration horizon = days * absl::Hours(24);
  if (days < 1 || horizon >= kWeekLength) {
    return absl::FailedPreconditionError(absl::StrCat("a horizon of ", days, " days is not in [1, 6]"));
  }
  SetView view = set.view;
  for (size_t i = 0; i < view.samples.samples.size(); ++i) {
    Sample& sample = view.samples.samples[i];
    const absl::Time issue = set.times[i].issue;
    sample.label = set.label_of(sample.region, {issue, issue + horizon});
  }
  CountClimatologies(view);
  return Checked(std::move(view));
}

absl::StatusOr<SetView> RandomSplit(const EvaluationSet& set, uint64_t seed) {
  if (!set.ordered_in_time) return NoOrder();
  SetView view = set.view;
  std::vector<int> all;
  for (auto slice : SliceMembers()) all.insert(all.end(), (view.*slice).begin(), (view.*slice).end());
  std::sort(all.begin(), all.end());
  Random(seed).Shuffle(all);
  auto next = all.begin();
  for (auto slice : SliceMembers()) {
    const auto end = next + static_cast<std::ptrdiff_t>((view.*slice).size());
    (view.*slice).assign(next, end);
    std::sort((view.*slice).begin(), (view.*slice).end());
    next = end;
  }
  CountClimatologies(view);
  return Checked(std::move(view));
}

absl::StatusOr<SetView> OtherRegionsStations(const EvaluationSet& set) {
  if (!set.ordered_in_time) return NoOrder();
  SetView view = set.view;
  std::map<RegionId, std::map<absl::Time, const Sample*>> by_region;
  for (size_t i = 0; i < view.weeks.size(); ++i) {
    const Sample& sample = set.view.samples.samples[i];
    by_region[sample.region][view.weeks[i]] = &sample;
  }
  if (by_region.size() < 2) return absl::FailedPreconditionError("there is only one region");
  std::vector<bool> known(view.weeks.size(), false);
  for (size_t i = 0; i < view.weeks.size(); ++i) {
    auto other = std::next(by_region.find(view.samples.samples[i].region));
    if (other == by_region.end()) other = by_region.begin();
    const auto it = other->second.find(view.weeks[i]);
    if (it == other->second.end()) continue;
    known[i] = true;
    view.samples.samples[i].windows = it->second->windows;
  }
  KeepOnly(view, [&known](int sample) { return known[static_cast<size_t>(sample)]; });
  return Checked(std::move(view));
}

absl::StatusOr<SetView> CataloguePast(const EvaluationSet& set) {
  if (!set.ordered_in_time) return NoOrder();
  const std::vector<Sample>& samples = set.view.samples.samples;
  if (set.times.size() != samples.size()) return absl::FailedPreconditionError("the samples have no times");
  // Class of the week from `issue` on; -1 where nobody knows.
  std::map<RegionId, std::map<absl::Time, int>> known;
  for (size_t i = 0; i < samples.size(); ++i) {
    auto& weeks = known[samples[i].region];
    if (set.times[i].label.length() == kWeekLength) weeks[set.times[i].issue] = samples[i].label;
  }
  const auto class_from = [&](const RegionId& region, absl::Time issue) {
    const auto& weeks = known[region];
    if (const auto it = weeks.find(issue); it != weeks.end()) return it->second;
    return set.label_of ? set.label_of(region, {issue, issue + kWeekLength}) : -1;
  };
  constexpr int kLags = 3, kWeeksBack = 52;
  constexpr int kChannels = kLags + 1 + 2 + 1;
  const int slots = std::min(set.view.samples.source->slots(), 24);  // each channel is one number
  auto source = std::make_shared<MemoryWindowSource>(kChannels, slots);
  SetView view = set.view;
  for (size_t i = 0; i < samples.size(); ++i) {
    const absl::Time issue = set.times[i].issue;
    std::vector<float> told;
    std::array<int, 2> events = {};  // weeks with one, of the last 12 and 52
    int since = kWeeksBack;
    for (int lag = 1; lag <= kWeeksBack; ++lag) {
      const int k = class_from(samples[i].region, issue - lag * kWeekLength);
      if (lag <= kLags) told.push_back(k < 0 ? kMissing : static_cast<float>(k));
      if (k <= 0) continue;
      since = std::min(since, lag);
      events[0] += lag <= 12 ? 1 : 0;
      events[1] += 1;
    }
    int regions = 0;  // with an event in the last week
    for (const auto& [region, weeks] : known) regions += class_from(region, issue - kWeekLength) > 0 ? 1 : 0;
    told.push_back(static_cast<float>(since));
    for (const int count : events) told.push_back(static_cast<float>(count));
    told.push_back(static_cast<float>(regions));
    std::vector<float> values;
    for (const float number : told) values.insert(values.end(), static_cast<size_t>(slots), number);
    view.samples.samples[i].windows = {source->Add(StationId(samples[i].region.value()), values)};
  }
  return WithSource(view, std::move(source));
}

SetView ByStation(const SetView& view) {
  SetView stations = view;
  std::vector<int> origin;
  stations.samples = ExpandToStations(view.samples, &origin);
  stations.weeks.clear();
  std::vector<std::vector<int>> made(view.weeks.size());
  for (size_t i = 0; i < origin.size(); ++i) {
    stations.weeks.push_back(view.weeks[static_cast<size_t>(origin[i])]);
    made[static_cast<size_t>(origin[i])].push_back(static_cast<int>(i));
  }
  for (auto slice : SliceMembers()) {
    (stations.*slice).clear();
    for (int sample : view.*slice) {
      const std::vector<int>& own = made[static_cast<size_t>(sample)];
      (stations.*slice).insert((stations.*slice).end(), own.begin(), own.end());
    }
  }
  return stations;
}

absl::StatusOr<SetView> WithoutRegion(const EvaluationSet& set, const RegionId& region) {
  SetView view = set.view;
  const auto is_region = [&set, &region](int sample) {
    return set.view.samples.samples[static_cast<size_t>(sample)].region == region;
  };
  const std::vector<int> test = view.test;
  KeepOnly(view, [&is_region](int sample) { return !is_region(sample); });
  view.test.clear();
  std::copy_if(test.begin(), test.end(), std::back_inserter(view.test), is_region);
  return Checked(std::move(view));
}

absl::StatusOr<SetView> OnlyChannels(const EvaluationSet& set, const std::vector<bool>& keep) {
  const size_t slots = static_cast<size_t>(set.view.samples.source->slots());
  if (keep.size() != static_cast<size_t>(set.view.samples.source->channels()) ||
      std::none_of(keep.begin(), keep.end(), std::identity())) {
    return absl::FailedPreconditionError("the set has no such channels");
  }
  return WithSource(set.view, std::make_shared<ChangedWindows>(set.view.owner, *set.view.samples.source,
                                                               [keep, slots](int, absl::Span<float> values) {
                                                                 for (size_t c = 0; c < keep.size(); ++c) {
                                                                   if (!keep[c])
                                                                     std::fill_n(values.begin() + c * slots, slots,
                                                                                 kMissing);
                                                                 }
                                                               }));
}

absl::StatusOr<SetView> NewestTraining(const EvaluationSet& set, double fraction) {
  SetView view = set.view;
  std::set<absl::Time> issues;
  for (int sample : view.train) issues.insert(view.weeks[static_cast<size_t>(sample)]);
  const size_t kept = static_cast<size_t>(std::ceil(fraction * static_cast<double>(issues.size())));
  if (kept == 0) return absl::FailedPreconditionError("no training issue would be left");
  const absl::Time first = *std::prev(issues.end(), static_cast<std::ptrdiff_t>(kept));
  std::erase_if(view.train, [&](int sample) { return view.weeks[static_cast<size_t>(sample)] < first; });
  return Checked(std::move(view));
}

absl::StatusOr<SetView> FewerTestStations(const EvaluationSet& set, double fraction, uint64_t seed) {
  SetView view = set.view;
  for (int sample : view.test) {
    std::vector<int>& windows = view.samples.samples[static_cast<size_t>(sample)].windows;
    Random(MixSeed({seed, static_cast<uint64_t>(sample)})).Shuffle(windows);
    windows.resize(
        std::max<size_t>(1, static_cast<size_t>(std::lround(fraction * static_cast<double>(windows.size())))));
    std::sort(windows.begin(), windows.end());
  }
  return view;
}

}  // namespace tremorcast
