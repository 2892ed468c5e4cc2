#include "storage/ingest/ingest_group.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "core/base/time_grid.h"
#include "core/observation/ingest_rules.h"

namespace tremorcast {
namespace {

// Positions of `items` after sorting them: order[old] = new.
template <typename T>
std::vector<uint32_t> SortAndRank(std::vector<T>* items) {
  std::vector<uint32_t> by_value(items->size()), rank(items->size());
  for (uint32_t i = 0; i < by_value.size(); ++i) by_value[i] = i;
  std::sort(by_value.begin(), by_value.end(), [&](uint32_t a, uint32_t b) { return (*items)[a] < (*items)[b]; });
  std::vector<T> sorted;
  sorted.reserve(items->size());
  for (uint32_t i = 0; i < by_value.size(); ++i) {
    rank[by_value[i]] = i;
    sorted.push_back(std::move((*items)[by_value[i]]));
  }
  *items = std::move(sorted);
  return rank;
}

// Numbers the (station, week) and (station, signal) pairs in order of appearance.
class Numbering {
 public:
  explicit Numbering(IngestGroup* group) : group_(group) {}

  void StartBatch(const ObservationBatch& batch) {
    station_ = stations_.try_emplace(batch.station.value(), static_cast<uint32_t>(stations_.size())).first;
    week_ = Interval{absl::InfiniteFuture(), absl::InfiniteFuture()};
  }

  PlannedRow Number(const ObservationRow& row, uint32_t batch, uint32_t index) {
    const absl::Time start = row.slot.start();
    if (!week_.Contains(start)) {
      week_ = WeekGrid::Service().Containing(start);
      const auto [at, added] = station_weeks_.try_emplace({station_->second, absl::ToUnixSeconds(week_.begin)},
                                                          group_->station_weeks.size());
      if (added) group_->station_weeks.push_back({station_->first, week_.begin, 0});
      station_week_ = at->second;
    }
    const auto [signal, added] =
        station_signals_.try_emplace({station_->second, static_cast<int>(row.signal)}, group_->station_signals.size());
    if (added) group_->station_signals.push_back({station_->first, row.signal});
    return {batch, index, station_week_, signal->second};
  }

 private:
  IngestGroup* const group_;
  std::map<std::string, uint32_t> stations_;
  std::map<std::string, uint32_t>::iterator station_;
  Interval week_;
  uint32_t station_week_ = 0;
  absl::flat_hash_map<std::pair<uint32_t, int64_t>, uint32_t> station_weeks_;
  absl::flat_hash_map<std::pair<uint32_t, int>, uint32_t> station_signals_;
};

}  // namespace

IngestGroup PlanIngest(absl::Span<const ObservationBatch* const> batches) {
  IngestGroup group;
  Numbering numbering(&group);
  std::map<std::pair<absl::string_view, absl::string_view>, int> ids;
  group.batches.reserve(batches.size());
  for (uint32_t b = 0; b < batches.size(); ++b) {
    const ObservationBatch& batch = *batches[b];
    PlannedBatch planned;
    planned.batch = &batch;
    planned.status = ValidateBatch(batch);
    planned.first_row = planned.end_row = static_cast<uint32_t>(group.rows.size());
    if (planned.status.ok()) {
      planned.recorded = BatchIsRecorded(batch);
      const std::pair<absl::string_view, absl::string_view> id = {batch.station.value(), batch.batch_id};
      if (const auto known = ids.find(id); known != ids.end()) {
        planned.same_id_as = known->second;
      } else if (planned.recorded) {
        ids[id] = static_cast<int>(b);
      }
    }
    if (planned.status.ok() && planned.same_id_as < 0) {
      numbering.StartBatch(batch);
      for (uint32_t i = 0; i < batch.rows.size(); ++i) {
        if (batch.checked[i].verdict != Verdict::kRejected) group.rows.push_back(numbering.Number(batch.rows[i], b, i));
      }
      planned.end_row = static_cast<uint32_t>(group.rows.size());
    }
    group.batches.push_back(std::move(planned));
  }

  const std::vector<uint32_t> week_rank = SortAndRank(&group.station_weeks);
  const std::vector<uint32_t> signal_rank = SortAndRank(&group.station_signals);
  for (PlannedRow& row : group.rows) {
    row.station_week = week_rank[row.station_week];
    row.station_signal = signal_rank[row.station_signal];
  }
  for (const PlannedStationWeek& pair : group.station_weeks) group.weeks.push_back(pair.week);
  std::sort(group.weeks.begin(), group.weeks.end());
  group.weeks.erase(std::unique(group.weeks.begin(), group.weeks.end()), group.weeks.end());
  for (PlannedStationWeek& pair : group.station_weeks) {
    pair.week_index = static_cast<uint32_t>(std::lower_bound(group.weeks.begin(), group.weeks.end(), pair.week) -
                                            group.weeks.begin());
  }
  return group;
}

IngestPaths ChoosePaths(const IngestGroup& group, const std::vector<bool>& batch_is_new,
                        absl::Span<const int64_t> high_water_slots, bool allow_straight) {
  IngestPaths paths;
  paths.straight.resize(group.weeks.size());
  // While slots only grow, as loggers send them, no key can repeat; once they do not, the seen ones
  // are kept.
  absl::flat_hash_map<uint32_t, absl::flat_hash_set<int64_t>> seen;
  const bool grows = [&] {
    std::vector<int64_t> last(group.station_signals.size(), std::numeric_limits<int64_t>::min());
    for (const PlannedRow& row : group.rows) {
      if (!batch_is_new[row.batch]) continue;
      const int64_t slot = group.row(row).slot.index;
      if (slot <= last[row.station_signal]) return false;
      last[row.station_signal] = slot;
    }
    return true;
  }();
  for (uint32_t i = 0; i < group.rows.size(); ++i) {
    const PlannedRow& row = group.rows[i];
    if (!batch_is_new[row.batch]) continue;
    const int64_t slot = group.row(row).slot.index;
    const bool repeated = !grows && !seen[row.station_signal].insert(slot).second;
    if (allow_straight && !repeated && slot > high_water_slots[row.station_signal]) {
      paths.straight[group.station_weeks[row.station_week].week_index].push_back(i);
      continue;
    }
    paths.careful.push_back(i);
    paths.repeated.push_back(repeated);
    paths.any_repeated |= repeated;
  }
  return paths;
}

}  // namespace tremorcast
