#pragma once

// Rows and windows in memory: the ObservationStore and WindowStore of core/ports over one shared
// state. Every call is one transaction under one mutex. Thread safe.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "core/ports/observation_store.h"
#include "core/ports/window_store.h"
#include "tests/fakes/faults.h"

namespace tremorcast {

class FakeObservations : public ObservationStore, public WindowStore {
 public:
  explicit FakeObservations(absl::Duration backfill_latency = absl::Minutes(10))
      : backfill_latency_(backfill_latency) {}

  // ObservationStore
  std::vector<absl::StatusOr<BatchResult>> Ingest(absl::Span<const ObservationBatch* const> group,
                                                  absl::Time deadline) override;
  absl::StatusOr<std::optional<std::string>> Position(const StationId& station, absl::string_view source) override;
  absl::StatusOr<std::vector<LatestObservation>> Latest() override;
  absl::StatusOr<int64_t> CountRows(const StationId& station, Signal signal) override;
  absl::Status EnsurePartitions(const Interval& period) override;

  // WindowStore
  absl::StatusOr<WindowInfo> Seal(const StationId& station, absl::Time week, absl::Time sealed_at) override;
  absl::StatusOr<std::vector<StationWeek>> Dirty(absl::Time quiet_since, int limit) override;
  absl::StatusOr<std::vector<StationWeek>> Unsealed(absl::Time before, absl::Time quiet_since, int limit) override;
  absl::StatusOr<WindowInfo> ArchiveRolling(const StationId& station, absl::Time start, absl::Time as_of) override;
  absl::StatusOr<std::shared_ptr<const StationWindow>> Read(const WindowKey& key) override;
  absl::StatusOr<std::optional<WindowInfo>> Find(const StationId& station, absl::Time start, absl::Time as_of) override;
  absl::StatusOr<std::vector<WindowInfo>> ListAsOfIssue(const Interval& weeks, absl::Duration grace) override;

  // For tests.
  Faults& faults() { return faults_; }
  int groups_committed() const;
  std::vector<Interval> partitions_ensured() const;

 private:
  struct RowKey {
    StationId station;
    Signal signal;
    Slot slot;
    friend auto operator<=>(const RowKey&, const RowKey&) = default;
  };
  struct Row {
    std::vector<float> values;
    absl::Time available_at;
  };
  struct BatchRecord {
    std::string content_hash;
    std::vector<RowVerdict> verdicts;
    absl::Time expires_at;
  };
  using WindowList = std::vector<std::shared_ptr<const StationWindow>>;  // [revision - 1]

  absl::StatusOr<BatchResult> IngestOne(const ObservationBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  RowVerdict StoreRow(const ObservationBatch& batch, size_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StationWindow BuildWindow(const StationId& station, absl::Time start, int revision, absl::Time as_of,
                            absl::Time sealed_at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const StationWindow* FindRevision(const StationId& station, absl::Time start, absl::Time as_of)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration backfill_latency_;
  Faults faults_;
  mutable absl::Mutex mutex_;
  std::map<RowKey, Row> rows_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<StationId, std::string>, BatchRecord> batches_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<StationId, std::string>, std::string> positions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<StationId, absl::Time>, WindowList> windows_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<absl::Time, StationId>, bool> dirty_ ABSL_GUARDED_BY(mutex_);
  // When the newest row of a (week, station) came.
  std::map<std::pair<absl::Time, StationId>, absl::Time> last_received_ ABSL_GUARDED_BY(mutex_);
  std::vector<Interval> partitions_ ABSL_GUARDED_BY(mutex_);
  int groups_committed_ ABSL_GUARDED_BY(mutex_) = 0;
};

WindowInfo InfoOf(const StationWindow& window);

}  // namespace tremorcast
