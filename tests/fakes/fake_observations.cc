#include "tests/fakes/fake_observations.h"

#include <algorithm>
#include <cstring>

#include <absl/strings/str_cat.h>

#include "core/observation/ingest_rules.h"

namespace tremorcast {

WindowInfo InfoOf(const StationWindow& window) {
  return {window.key, window.rows_present, window.available_at, window.sealed_at, window.content_hash};
}

std::vector<absl::StatusOr<BatchResult>> FakeObservations::Ingest(absl::Span<const ObservationBatch* const> group,
                                                                  absl::Time /*deadline*/) {
  std::vector<absl::StatusOr<BatchResult>> results;
  results.reserve(group.size());
  if (absl::Status fault = faults_.Next(); !fault.ok()) {
    results.assign(group.size(), fault);
    return results;
  }
  absl::MutexLock lock(&mutex_);
  for (const ObservationBatch* batch : group) results.push_back(IngestOne(*batch));
  ++groups_committed_;
  return results;
}

absl::StatusOr<BatchResult> FakeObservations::IngestOne(const ObservationBatch& batch) {
  if (absl::Status valid = ValidateBatch(batch); !valid.ok()) return valid;
  const auto id = std::make_pair(batch.station, batch.batch_id);
  if (auto known = batches_.find(id); known != batches_.end()) {
    if (known->second.expires_at > batch.received_at) {
      if (known->second.content_hash != batch.content_hash) {
        return absl::AlreadyExistsError(absl::StrCat("batch ", batch.batch_id, " of station ", batch.station.value(),
                                                     " was stored before with other content"));
      }
      return BatchResult{known->second.verdicts, true};
    }
    batches_.erase(known);
  }
  BatchResult result;
  result.verdicts = batch.checked;
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    if (batch.checked[i].verdict != Verdict::kRejected) result.verdicts[i] = StoreRow(batch, i);
  }
  if (BatchIsRecorded(batch)) {
    batches_[id] = {batch.content_hash, result.verdicts, batch.received_at + kBatchRecordLifetime};
    if (!batch.position.empty()) positions_[{batch.station, batch.source}] = batch.position;
  }
  return result;
}

RowVerdict FakeObservations::StoreRow(const ObservationBatch& batch, size_t i) {
  const ObservationRow& row = batch.rows[i];
  const auto values = batch.row_values(i);
  absl::Time& last =
      last_received_
          .try_emplace({WeekGrid::Service().Containing(row.slot.start()).begin, batch.station}, absl::InfinitePast())
          .first->second;
  last = std::max(last, batch.received_at);
  const auto [at, inserted] = rows_.try_emplace({batch.station, row.signal, row.slot});
  if (!inserted) {
    const bool same = std::memcmp(at->second.values.data(), values.data(), values.size() * sizeof(float)) == 0;
    return {same ? Verdict::kDuplicate : Verdict::kConflict, RejectReason::kNone, -1};
  }
  at->second = {{values.begin(), values.end()},
                ToStoredTime(RowAvailableAt(batch.delivery, batch.received_at, row.slot, backfill_latency_))};
  const absl::Time week = WeekGrid::Service().Containing(row.slot.start()).begin;
  if (!windows_.contains({batch.station, week})) return {Verdict::kAccepted, RejectReason::kNone, -1};
  dirty_[{week, batch.station}] = true;
  return {Verdict::kLate, RejectReason::kNone, -1};
}

absl::StatusOr<std::optional<std::string>> FakeObservations::Position(const StationId& station,
                                                                      absl::string_view source) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  const auto at = positions_.find({station, std::string(source)});
  return at == positions_.end() ? std::nullopt : std::optional<std::string>(at->second);
}

absl::StatusOr<std::vector<LatestObservation>> FakeObservations::Latest() {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<LatestObservation> latest;
  for (const auto& [key, row] : rows_) {  // ordered by station, signal, slot
    if (!latest.empty() && latest.back().station == key.station && latest.back().signal == key.signal) {
      latest.back().slot = key.slot;
    } else {
      latest.push_back({key.station, key.signal, key.slot});
    }
  }
  return latest;
}

absl::StatusOr<int64_t> FakeObservations::CountRows(const StationId& station, Signal signal) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  return std::count_if(rows_.begin(), rows_.end(), [&](const auto& entry) {
    return entry.first.station == station && entry.first.signal == signal;
  });
}

absl::Status FakeObservations::EnsurePartitions(const Interval& period) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  partitions_.push_back(period);
  return absl::OkStatus();
}

StationWindow FakeObservations::BuildWindow(const StationId& station, absl::Time start, int revision, absl::Time as_of,
                                            absl::Time sealed_at) {
  WindowBuilder builder(station, start, kSlotsPerWeek);
  for (int signal = 0; signal < kSignalCount; ++signal) {
    auto at = rows_.lower_bound({station, static_cast<Signal>(signal), SlotContaining(start)});
    for (; at != rows_.end() && at->first.station == station && static_cast<int>(at->first.signal) == signal &&
           at->first.slot.start() < start + kWeekLength;
         ++at) {
      if (at->second.available_at <= as_of) {
        builder.AddRow(at->first.signal, at->first.slot, at->second.values, at->second.available_at);
      }
    }
  }
  return std::move(builder).Build(revision, ToStoredTime(sealed_at));
}

absl::StatusOr<WindowInfo> FakeObservations::Seal(const StationId& station, absl::Time week, absl::Time sealed_at) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (!WeekGrid::Service().IsStart(week)) return absl::InvalidArgumentError("not the start of a week");
  absl::MutexLock lock(&mutex_);
  WindowList& list = windows_[{station, week}];
  StationWindow window =
      BuildWindow(station, week, static_cast<int>(list.size()) + 1, absl::InfiniteFuture(), sealed_at);
  if (list.empty() || list.back()->content_hash != window.content_hash) {
    list.push_back(std::make_shared<const StationWindow>(std::move(window)));
  }
  dirty_.erase({week, station});
  return InfoOf(*list.back());
}

absl::StatusOr<std::vector<StationWeek>> FakeObservations::Dirty(absl::Time quiet_since, int limit) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<StationWeek> result;
  for (const auto& [key, mark] : dirty_) {
    if (static_cast<int>(result.size()) >= limit) break;
    if (last_received_.at(key) > quiet_since) continue;
    result.push_back({key.second, key.first});
  }
  return result;
}

absl::StatusOr<std::vector<StationWeek>> FakeObservations::Unsealed(absl::Time before, absl::Time quiet_since,
                                                                    int limit) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::map<std::pair<absl::Time, StationId>, bool> found;
  for (const auto& [key, row] : rows_) {
    const Interval week = WeekGrid::Service().Containing(key.slot.start());
    const bool at_rest = last_received_.at({week.begin, key.station}) <= quiet_since;
    if (week.end <= before && at_rest && !windows_.contains({key.station, week.begin})) {
      found[{week.begin, key.station}] = true;
    }
  }
  std::vector<StationWeek> result;
  for (const auto& [key, mark] : found) {
    if (static_cast<int>(result.size()) >= limit) break;
    result.push_back({key.second, key.first});
  }
  return result;
}

absl::StatusOr<WindowInfo> FakeObservations::ArchiveRolling(const StationId& station, absl::Time start,
                                                            absl::Time as_of) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (!SlotAt(start).ok()) return absl::InvalidArgumentError("not the start of a slot");
  if (WeekGrid::Service().IsStart(start)) return absl::InvalidArgumentError("the start of a week: seal it instead");
  absl::MutexLock lock(&mutex_);
  WindowList& list = windows_[{station, start}];
  StationWindow window = BuildWindow(station, start, static_cast<int>(list.size()) + 1, as_of, as_of);
  for (const auto& known : list) {
    if (known->content_hash == window.content_hash) return InfoOf(*known);
  }
  list.push_back(std::make_shared<const StationWindow>(std::move(window)));
  return InfoOf(*list.back());
}

absl::StatusOr<std::shared_ptr<const StationWindow>> FakeObservations::Read(const WindowKey& key) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  const auto at = windows_.find({key.station, key.start});
  if (at == windows_.end() || key.revision < 1 || key.revision > static_cast<int>(at->second.size())) {
    return absl::NotFoundError(absl::StrCat("no window of station ", key.station.value(), " at ", FormatUtc(key.start),
                                            " with revision ", key.revision));
  }
  return at->second[key.revision - 1];
}

const StationWindow* FakeObservations::FindRevision(const StationId& station, absl::Time start, absl::Time as_of) {
  const auto at = windows_.find({station, start});
  if (at == windows_.end()) return nullptr;
  for (auto window = at->second.rbegin(); window != at->second.rend(); ++window) {
    if ((*window)->available_at <= as_of) return window->get();
  }
  return nullptr;
}

absl::StatusOr<std::optional<WindowInfo>> FakeObservations::Find(const StationId& station, absl::Time start,
                                                                 absl::Time as_of) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  const StationWindow* window = FindRevision(station, start, as_of);
  return window == nullptr ? std::nullopt : std::optional<WindowInfo>(InfoOf(*window));
}

absl::StatusOr<std::vector<WindowInfo>> FakeObservations::ListAsOfIssue(const Interval& weeks, absl::Duration grace) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<WindowInfo> result;
  for (const auto& [key, list] : windows_) {
    if (!WeekGrid::Service().IsStart(key.second) || !weeks.Contains(key.second)) continue;
    const StationWindow* window = FindRevision(key.first, key.second, key.second + kWeekLength + grace);
    if (window != nullptr) result.push_back(InfoOf(*window));
  }
  std::sort(result.begin(), result.end(), [](const WindowInfo& a, const WindowInfo& b) {
    return std::tie(a.key.start, a.key.station) < std::tie(b.key.start, b.key.station);
  });
  return result;
}

int FakeObservations::groups_committed() const {
  absl::MutexLock lock(&mutex_);
  return groups_committed_;
}

std::vector<Interval> FakeObservations::partitions_ensured() const {
  absl::MutexLock lock(&mutex_);
  return partitions_;
}

}  // namespace tremorcast
