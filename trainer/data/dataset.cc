#include "trainer/data/dataset.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/catalogue/labels.h"
#include "model/checkpoint/normalisation.h"
#include "trainer/data/stitched_windows.h"

namespace tremorcast {
namespace {

int64_t IssueNumber(absl::Time issue) { return WeekGrid::Service().WeeksBetween(absl::UnixEpoch(), issue); }

// Everything that can change a result, in a fixed order and unambiguous.
class DataHasher {
 public:
  explicit DataHasher(const DatasetOptions& options) {
    const CoveragePolicy& c = options.coverage;
    Field("tremorcast-data-1");
    Field(FeatureSchemaHash());
    Field(absl::StrFormat("%.17g %.17g %d %.17g %.17g %d", c.min_slot_fraction, c.min_feature_fraction,
                          c.ok_min_stations, c.ok_min_fraction, c.degraded_min_fraction, c.stale_run_slots));
    for (const double edge : options.classes.edges) Field(absl::StrFormat("%.17g", edge));
    Field(absl::StrCat(absl::ToInt64Seconds(options.grace), " ", absl::ToInt64Seconds(options.settling), " ",
                       options.input_slots, " ", options.slots));
    if (!options.question.weekly()) Field(ScopeOf(options.question).value());
  }

  void Parts(const DatasetParts& parts) {
    for (const Region& region : parts.regions) {
      Field(absl::StrCat("region ", region.id.value(), region.whole_network ? " whole" : ""));
      for (const GeoPoint& p : region.polygon) Point(p);
      for (const StationId& id : region.stations) Field(id.value());
    }
    for (const Station& station : parts.stations) {
      Field(absl::StrCat("station ", station.id.value(), station.enrolled() ? " enrolled " : " ",
                         absl::FormatTime(station.valid_from, absl::UTCTimeZone()), " ",
                         absl::FormatTime(station.valid_to, absl::UTCTimeZone())));
      Point(station.location);
    }
    Field(absl::StrCat("catalogue ", FormatUtc(parts.catalogue.begin), " ", FormatUtc(parts.catalogue.end)));
    for (const SeismicEvent& event : parts.events) {
      if (event.origin_time >= parts.catalogue.end) break;
      Field(absl::StrFormat("event %d %.17g", absl::ToUnixMicros(event.origin_time), event.magnitude));
      Point(event.epicenter);
    }
  }

  void Window(const StationWindow& window, bool usable) {
    Field(
        absl::StrCat("window ", window.key.station.value(), " ", FormatUtc(window.key.start), usable ? " usable" : ""));
    Field(window.content_hash);
  }

  void Week(const RegionWeek& week) {
    Field(absl::StrCat("week ", week.region.value(), " ", FormatUtc(week.issue), " ", week.label, " ",
                       static_cast<int>(week.status)));
  }

  std::string Finish() { return HexOf(stream_.Finish()); }

 private:
  void Field(absl::string_view text) { stream_.UpdateField(text); }
  void Point(const GeoPoint& p) { Field(absl::StrFormat("%.17g %.17g", p.latitude_deg, p.longitude_deg)); }

  Sha256Stream stream_;
};

bool HasAreas(const std::vector<Region>& regions) {
  return std::any_of(regions.begin(), regions.end(), [](const Region& r) { return !r.whole_network; });
}

// (window start, station) order: the order of reading, of the hash and of window numbers.
bool EarlierWindow(const WindowKey& a, const WindowKey& b) {
  return a.start != b.start ? a.start < b.start : a.station < b.station;
}

// Window numbers per week start and station; -1 for a window that is not usable.
using WindowNumbers = std::map<absl::Time, std::map<StationId, int>>;

absl::StatusOr<WindowNumbers> ReadWindows(Dataset& data, const std::vector<WindowKey>& keys, const WindowReader& reader,
                                          const DatasetOptions& options, DataHasher& hasher,
                                          const ReadProgress& progress) {
  WindowNumbers numbers;
  const int64_t total = static_cast<int64_t>(keys.size());
  for (const WindowKey& key : keys) {
    ASSIGN_OR_RETURN(std::shared_ptr<const StationWindow> window, reader(key));
    if (window->slots != options.input_slots) {
      return absl::FailedPreconditionError(absl::StrCat("the window of station ", key.station.value(), " from ",
                                                        FormatUtc(key.start), " has ", window->slots, " slots, not ",
                                                        options.input_slots));
    }
    const int number = data.windows->Add(*window);
    hasher.Window(*window, number >= 0);
    numbers[key.start][key.station] = number;
    ++data.windows_read;
    if (progress && !progress(data.windows_read, total)) return absl::CancelledError("stopped while reading windows");
  }
  return numbers;
}

void AddRegionWeek(Dataset& data, const Region& region, const Interval& input, const std::map<StationId, int>& numbers,
                   bool whole_network, const DatasetOptions& options) {
  const std::vector<Station> enrolled = EnrolledStations(region, data.stations, input);
  if (enrolled.empty()) return;
  Sample sample;
  for (const Station& station : enrolled) {
    const auto it = numbers.find(station.id);
    if (it != numbers.end() && it->second >= 0) sample.windows.push_back(it->second);
  }
  const Interval target = options.question.TargetOf(input.end);
  RegionWeek week;
  week.region = region.id;
  week.whole_network = whole_network;
  week.issue = target.begin;
  week.label = LabelRegion(region, target, data.events, options.classes).magnitude_class;
  week.status =
      RegionStatus(static_cast<int>(sample.windows.size()), static_cast<int>(enrolled.size()), options.coverage);
  if (week.status != ForecastStatus::kInsufficientData) {
    week.sample = static_cast<int>(data.samples.samples.size());
    sample.issue = IssueNumber(week.issue);
    sample.region = region.id;
    sample.label = week.label;
    data.samples.samples.push_back(std::move(sample));
    data.sample_issue.push_back(week.issue);
  }
  data.weeks.push_back(std::move(week));
}

absl::StatusOr<DatasetParts> ReadNetworkAndCatalogue(const DatasetStores& stores, const DatasetOptions& options,
                                                     absl::Time now) {
  DatasetParts parts;
  const NetworkCatalogueOptions catalogue = {options.network, options.settling, options.catalogue_precedence,
                                             options.as_of};
  ASSIGN_OR_RETURN(NetworkCatalogue read, ReadNetworkCatalogue(stores.network, stores.events, catalogue, now));
  parts.regions = std::move(read.regions);
  parts.events = std::move(read.events);
  parts.catalogue = read.period;
  parts.simulated = read.simulated;
  ASSIGN_OR_RETURN(std::vector<Station> stations, stores.network.ListStations());
  for (Station& station : stations) {
    if (station.simulated == parts.simulated) parts.stations.push_back(std::move(station));
  }
  return parts;
}

}  // namespace

absl::Status DatasetOptions::Validate() const {
  if (slots < 1 || input_slots < 1 || input_slots % slots != 0) {
    return absl::InvalidArgumentError(absl::StrCat("slots ", slots, " must divide ", input_slots));
  }
  if (grace < absl::ZeroDuration() || settling < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("grace and settling time must not be negative");
  }
  RETURN_IF_ERROR(ValidateQuestion(question));
  if (memory_bytes < 0) return absl::InvalidArgumentError("the memory for windows must not be negative");
  return absl::OkStatus();
}

StoredWindows::StoredWindows(WindowReader reader, const DatasetOptions& options)
    : reader_(std::move(reader)), options_(options) {}

int StoredWindows::Add(const StationWindow& window) {
  const StationWindow masked = MaskDeadSensors(window, options_.coverage);
  if (!StationUsable(masked, options_.coverage)) return -1;
  keys_.push_back(window.key);
  values_.emplace_back();
  const size_t count = static_cast<size_t>(channels()) * static_cast<size_t>(slots());
  const int64_t bytes = static_cast<int64_t>(count * sizeof(float));
  if (bytes_ + bytes <= options_.memory_bytes) {
    bytes_ += bytes;
    ++held_;
    values_.back().resize(count);
    Pool(masked, absl::MakeSpan(values_.back()));
  }
  return size() - 1;
}

absl::Status StoredWindows::Read(int window, absl::Span<float> out) const {
  if (window < 0 || window >= size()) return absl::InvalidArgumentError(absl::StrCat("there is no window ", window));
  if (out.size() != static_cast<size_t>(channels()) * static_cast<size_t>(slots())) {
    return absl::InvalidArgumentError("the buffer does not have the size of a window");
  }
  const std::vector<float>& held = values_[static_cast<size_t>(window)];
  if (!held.empty()) {
    std::copy(held.begin(), held.end(), out.begin());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(StationWindow masked, ReadMasked(window));
  Pool(masked, out);
  return absl::OkStatus();
}

absl::StatusOr<StationWindow> StoredWindows::ReadMasked(int window) const {
  ASSIGN_OR_RETURN(std::shared_ptr<const StationWindow> stored, reader_(key(window)));
  return MaskDeadSensors(*stored, options_.coverage);
}

void StoredWindows::Pool(const StationWindow& masked, absl::Span<float> out) const {
  if (masked.slots == options_.slots) {
    std::copy(masked.values.begin(), masked.values.end(), out.begin());
  } else {
    PoolSlots(masked.values, channels(), masked.slots, options_.slots, out);
  }
}

absl::StatusOr<std::unique_ptr<Dataset>> AssembleDataset(DatasetParts parts, WindowReader reader,
                                                         const DatasetOptions& options, const ReadProgress& progress) {
  RETURN_IF_ERROR(options.Validate());
  DataHasher hasher(options);
  hasher.Parts(parts);
  auto data = std::make_unique<Dataset>();
  data->windows = std::make_unique<StoredWindows>(reader, options);
  std::sort(parts.windows.begin(), parts.windows.end(), EarlierWindow);
  ASSIGN_OR_RETURN(WindowNumbers numbers, ReadWindows(*data, parts.windows, reader, options, hasher, progress));
  data->regions = std::move(parts.regions);
  data->stations = std::move(parts.stations);
  data->events = std::move(parts.events);
  data->catalogue = parts.catalogue;
  data->simulated = parts.simulated;
  data->samples.source = data->windows.get();
  const bool has_areas = HasAreas(data->regions);
  for (const auto& [start, week_numbers] : numbers) {
    const Interval input = {start, start + kWeekLength};
    if (input.end < data->catalogue.begin || input.end + kWeekLength > data->catalogue.end) continue;
    for (const Region& region : data->regions) {
      AddRegionWeek(*data, region, input, week_numbers, region.whole_network && has_areas, options);
    }
  }
  for (const RegionWeek& week : data->weeks) hasher.Week(week);
  data->data_hash = hasher.Finish();
  if (data->samples.samples.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no region-week can be learnt from: ", data->windows_read, " sealed windows, ",
                     data->windows->size(), " of them usable; labels are known from ",
                     FormatNetworkTime(data->catalogue.begin), " to ", FormatNetworkTime(data->catalogue.end)));
  }
  return data;
}

absl::StatusOr<std::unique_ptr<Dataset>> BuildDataset(const DatasetStores& stores, const DatasetOptions& options,
                                                      absl::Time now, const ReadProgress& progress) {
  RETURN_IF_ERROR(options.Validate());
  ASSIGN_OR_RETURN(DatasetParts parts, ReadNetworkAndCatalogue(stores, options, std::min(now, options.as_of)));
  // The input of the first issue ends where the catalogue begins; that of the last, a week before
  // the catalogue ends.
  Interval inputs{parts.catalogue.begin - kWeekLength, parts.catalogue.end - kWeekLength};
  const absl::Duration later = options.question.after_week_start();
  if (later > absl::ZeroDuration()) inputs = {inputs.begin - kWeekLength, inputs.end + kWeekLength};
  ASSIGN_OR_RETURN(std::vector<WindowInfo> listed, stores.windows.ListAsOfIssue(inputs, options.grace));
  std::set<StationId> wanted;
  for (const Station& station : parts.stations) {
    if (station.enrolled()) wanted.insert(station.id);
  }
  for (const WindowInfo& info : listed) {
    if (wanted.contains(info.key.station)) parts.windows.push_back(info.key);
  }
  WindowReader reader = [&windows = stores.windows](const WindowKey& key) { return windows.Read(key); };
  if (later > absl::ZeroDuration()) {
    const auto stitched = std::make_shared<const StitchedWindows>(parts.windows, later, std::move(reader));
    parts.windows = stitched->keys();
    reader = [stitched](const WindowKey& key) { return stitched->Read(key); };
  }
  return AssembleDataset(std::move(parts), std::move(reader), options, progress);
}

}  // namespace tremorcast
