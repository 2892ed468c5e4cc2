#pragma once

// What the service needs of a store. storage/ implements these over PostgreSQL, tests/fakes in memory; tests/contract
// runs one suite over both.
//
// All implementations: safe to call from any thread; every call blocks on I/O (never call one from a gRPC reaction) and
// ends by `deadline` where one is given. Common errors: Unavailable (database away; retry is safe), DeadlineExceeded
// (outcome unknown for writes: repeat them, all are idempotent), FailedPrecondition (schema or pooler wrong), Internal
// (our bug). Others are listed per call. Lists come sorted as said, so that pages and hashes are stable.

#include <array>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "core/event.h"
#include "core/forecast.h"
#include "core/ids.h"
#include "core/network.h"
#include "core/observation.h"
#include "core/records.h"
#include "core/shadow_forecast.h"
#include "core/window.h"

namespace tremorcast {

struct LatestObservation {
  StationId station;
  Signal signal;
  Slot slot;
};

class ObservationStore {
 public:
  virtual ~ObservationStore() = default;

  // Stores many batches in one transaction and returns only after its commit is durable. One result per batch, in
  // order. A batch with a fault of its own fails alone: AlreadyExists (batch id known with other content),
  // InvalidArgument. Unavailable / DeadlineExceeded apply to the whole group and say nothing about whether it was
  // committed: send again. Rows with checked[i].verdict == kRejected are skipped. A batch holding a kUnknownStation or
  // kStationNotValid rejection is not recorded under its id, so that it may be sent again once the station is known.
  virtual std::vector<absl::StatusOr<BatchResult>> Ingest(absl::Span<const ObservationBatch* const> group,
                                                          absl::Time deadline) = 0;

  // The token of the last committed batch of (station, source); nothing when there is none.
  virtual absl::StatusOr<std::optional<std::string>> Position(const StationId& station, absl::string_view source) = 0;

  // Newest stored slot per station and signal, station order.
  virtual absl::StatusOr<std::vector<LatestObservation>> Latest() = 0;
  virtual absl::StatusOr<int64_t> CountRows(const StationId& station, Signal signal) = 0;

  // Partitions for every week touching `period` exist afterwards (made ahead by a job).
  virtual absl::Status EnsurePartitions(const Interval& period) = 0;
};

struct WindowInfo {
  WindowKey key;
  std::array<int, kSignalCount> rows_present = {0, 0};
  absl::Time available_at;
  absl::Time sealed_at;
  std::string content_hash;
};

struct StationWeek {
  StationId station;
  absl::Time week;  // start
  friend std::strong_ordering operator<=>(const StationWeek&, const StationWeek&) = default;
};

class WindowStore {
 public:
  virtual ~WindowStore() = default;

  // Seals (station, week): takes the pair's lock exclusively, builds the window of all stored rows and writes it as the
  // next revision, clearing the dirty mark. Returns the newest revision; nothing is written when the content is
  // unchanged.
  virtual absl::StatusOr<WindowInfo> Seal(const StationId& station, absl::Time week, absl::Time sealed_at) = 0;
  // Sealed weeks that got rows since, oldest first. Only pairs that came to rest: no row received after `quiet_since`
  // (InfiniteFuture: all), so that history on its way in is sealed once and not once a second.
  virtual absl::StatusOr<std::vector<StationWeek>> Dirty(absl::Time quiet_since, int limit) = 0;
  // (station, week) pairs that hold rows but no window yet, for weeks that end at or before `before`; at rest likewise.
  virtual absl::StatusOr<std::vector<StationWeek>> Unsealed(absl::Time before, absl::Time quiet_since, int limit) = 0;

  // A rolling window that starts off the week grid: builds from rows available at `as_of` and archives it as a revision
  // (the same content gives the same revision). Late rows never dirty it. InvalidArgument when start is on the week
  // grid: use Seal.
  virtual absl::StatusOr<WindowInfo> ArchiveRolling(const StationId& station, absl::Time start, absl::Time as_of) = 0;

  // NotFound when there is no such revision. The hash is verified: DataLoss on a mismatch.
  virtual absl::StatusOr<std::shared_ptr<const StationWindow>> Read(const WindowKey& key) = 0;
  // Newest revision whose rows were all available at `as_of` (InfiniteFuture: newest of all); nothing when there is
  // none.
  virtual absl::StatusOr<std::optional<WindowInfo>> Find(const StationId& station, absl::Time start,
                                                         absl::Time as_of) = 0;
  // Find for all stations and week-grid windows that start in `weeks`; (week, station) order. What the trainer reads.
  // `grace`: as_of of each window = its end + grace.
  virtual absl::StatusOr<std::vector<WindowInfo>> ListAsOfIssue(const Interval& weeks, absl::Duration grace) = 0;
};

class NetworkStore {
 public:
  virtual ~NetworkStore() = default;
  // Writes a new revision when something differs; returns the stored one. InvalidArgument: ValidateStation/Region
  // fails.
  virtual absl::StatusOr<Station> UpsertStation(const Station& station) = 0;
  virtual absl::StatusOr<Region> UpsertRegion(const Region& region) = 0;
  virtual absl::StatusOr<std::vector<Station>> ListStations() = 0;  // id order
  virtual absl::StatusOr<std::vector<Region>> ListRegions() = 0;    // id order
};

struct EventQuery {
  Interval origin_time = {absl::InfinitePast(), absl::InfiniteFuture()};
  double min_magnitude = -10;
  absl::Time as_of = absl::InfiniteFuture();  // revisions recorded later are not seen
  bool include_deleted = false;
};

struct ImportCounts {
  int64_t inserted = 0, revised = 0, unchanged = 0;
};

class EventStore {
 public:
  virtual ~EventStore() = default;
  // All or nothing. An event that differs from its newest revision becomes the next revision.
  virtual absl::StatusOr<ImportCounts> Import(absl::Span<const SeismicEvent> events, absl::Time recorded_at) = 0;
  // Newest revision (as of) of each event, in (origin time, source, id) order.
  virtual absl::StatusOr<std::vector<SeismicEvent>> List(const EventQuery& query) = 0;
  // How far a catalogue is complete: what its importer said (the newest event time or an explicit moment). Latest over
  // sources.
  virtual absl::Status SetCompleteUntil(absl::string_view source, absl::Time complete_until) = 0;
  virtual absl::StatusOr<std::map<std::string, absl::Time>> CompleteUntil() = 0;
};

struct ForecastQuery {
  std::optional<RegionId> region;
  std::vector<ForecastPurpose> purposes = {ForecastPurpose::kOperational};
  Interval valid_from = {absl::InfinitePast(), absl::InfiniteFuture()};
  bool latest_revision_only = true;
  int64_t after_sequence = 0;
  int limit = 1000;
  bool newest_first = false;  // by (valid_from, region, revision); else by sequence
};

class ForecastStore {
 public:
  virtual ~ForecastStore() = default;
  // Archives a forecast and returns it with its sequence. Idempotent: the same (region, valid_from, purpose, revision)
  // returns the stored one when input_hash is equal, else AlreadyExists. FailedPrecondition: revision r > 1 without r
  // - 1.
  virtual absl::StatusOr<Forecast> Append(const Forecast& forecast) = 0;
  virtual absl::StatusOr<std::optional<Forecast>> Get(const RegionId& region, absl::string_view id) = 0;
  virtual absl::StatusOr<std::vector<Forecast>> List(const ForecastQuery& query) = 0;
  virtual absl::StatusOr<int64_t> LastSequence() = 0;

  // Idempotent per forecast.
  virtual absl::Status AppendVerification(const Verification& verification) = 0;
  // Oldest first; `region` empty = all.
  virtual absl::StatusOr<std::vector<Verification>> ListVerifications(const std::optional<RegionId>& region,
                                                                      absl::Span<const ForecastPurpose> purposes) = 0;

  // Archives what a model answered beside an issued forecast. The first answer of (region, forecast, model) stands; a
  // repeated one is ignored. FailedPrecondition: there is no such forecast, or it is about another week or purpose.
  virtual absl::Status AppendShadow(const ShadowForecast& shadow) = 0;
  // By (valid_from, region, forecast, model); `region` empty = all, `purposes` empty = all.
  virtual absl::StatusOr<std::vector<ShadowForecast>> ListShadows(const std::optional<RegionId>& region,
                                                                  absl::Span<const ForecastPurpose> purposes) = 0;
};

class ModelRegistry {
 public:
  virtual ~ModelRegistry() = default;
  // Bytes, record, optional promotions and optional end of the training run in one transaction. AlreadyExists when the
  // version is known with another hash; the same again is a no-op.
  virtual absl::Status Publish(const ModelRecord& record, const std::string& artifact,
                               absl::Span<const Promotion> promotions, const std::optional<TrainingRun>& run) = 0;
  virtual absl::StatusOr<std::vector<ModelRecord>> List() = 0;                    // newest first
  virtual absl::StatusOr<ModelRecord> Get(const ModelVersion& version) = 0;       // NotFound
  virtual absl::StatusOr<std::string> Artifact(const ModelVersion& version) = 0;  // NotFound
  // Appends to the ledger. NotFound: no such version. Returns the stored entry.
  virtual absl::StatusOr<Promotion> Promote(const Promotion& promotion) = 0;
  // Promotes the champion before the present one. FailedPrecondition: there is none.
  virtual absl::StatusOr<Promotion> Rollback(const RegionId& scope, absl::string_view reason, absl::string_view actor,
                                             absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<Promotion>> Ledger(const std::optional<RegionId>& scope) = 0;  // newest first
  // Champion of each scope at `as_of`; withdrawn scopes are absent.
  virtual absl::StatusOr<std::map<RegionId, Promotion>> Champions(absl::Time as_of) = 0;
};

class TrainingRunStore {
 public:
  virtual ~TrainingRunStore() = default;
  // Inserts or updates by id.
  virtual absl::Status Put(const TrainingRun& run) = 0;
  virtual absl::StatusOr<std::optional<TrainingRun>> Get(absl::string_view id) = 0;
  virtual absl::StatusOr<std::vector<TrainingRun>> List(int limit) = 0;  // newest first
};

}  // namespace tremorcast
