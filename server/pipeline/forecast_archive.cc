#include "server/pipeline/forecast_archive.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "core/base/status_macros.h"

namespace tremorcast {

absl::StatusOr<std::optional<Forecast>> NewestRevision(ForecastStore& store, const RegionId& region,
                                                       absl::Time valid_from, ForecastPurpose purpose) {
  ForecastQuery query;
  query.region = region;
  query.purposes = {purpose};
  query.issues = {};
  query.valid_from = {valid_from, valid_from + absl::Microseconds(1)};
  query.limit = 1;
  ASSIGN_OR_RETURN(std::vector<Forecast> found, store.List(query));
  if (found.empty()) return std::optional<Forecast>();
  return std::optional<Forecast>(std::move(found.front()));
}

absl::StatusOr<ArchiveOutcome> ArchiveForecast(ForecastStore& store, Forecast computed, RevisionReason reason,
                                               bool scored_if_first) {
  ASSIGN_OR_RETURN(std::optional<Forecast> standing,
                   NewestRevision(store, computed.region, computed.valid_from, computed.purpose));
  if (standing.has_value()) {
    const Forecast& before = *standing;
    // A withdrawn answer is not confirmed by an equal one.
    const bool withdrawn = before.reason == RevisionReason::kWithdrawn;
    // The hash knows nothing of the models of fewer days.
    const auto same_model = [](const StationHorizon& a, const StationHorizon& b) {
      return a.days == b.days && a.answer.model == b.answer.model;
    };
    const bool same_inputs = before.input_hash == computed.input_hash &&
                             std::equal(before.station_horizons.begin(), before.station_horizons.end(),
                                        computed.station_horizons.begin(), computed.station_horizons.end(), same_model);
    if (!withdrawn && (same_inputs || !DiffersMaterially(before, computed))) {
      return ArchiveOutcome{*std::move(standing), false};
    }
    computed.revision = before.revision + 1;
    computed.supersedes = before.id;
    computed.reason = reason;
    computed.scored = false;
  } else {
    computed.revision = 1;
    computed.supersedes.clear();
    computed.reason = RevisionReason::kFirstIssue;
    computed.scored = scored_if_first && computed.purpose != ForecastPurpose::kHindcast;
  }
  computed.id = MakeForecastId(computed.valid_from, computed.purpose, computed.revision);
  absl::StatusOr<Forecast> stored = store.Append(computed);
  if (absl::IsAlreadyExists(stored.status()) || absl::IsFailedPrecondition(stored.status())) {
    return absl::AbortedError(absl::StrCat("another revision of ", computed.id, " of region ", computed.region.value(),
                                           " was archived meanwhile"));
  }
  if (!stored.ok()) return stored.status();
  return ArchiveOutcome{*std::move(stored), true};
}

absl::StatusOr<TrackRecord> ReadTrackRecord(ForecastStore& store, absl::Span<const Region> regions,
                                            const RegionId& region, absl::Span<const ForecastPurpose> purposes) {
  ASSIGN_OR_RETURN(std::vector<Verification> verifications, store.ListVerifications(region, purposes));
  absl::StatusOr<std::vector<ShadowForecast>> shadows;
  if (!verifications.empty()) {
    shadows = store.ListShadows(region, purposes);
    if (!shadows.ok()) return shadows.status();
  } else {
    shadows.emplace();
  }
  ASSIGN_OR_RETURN(std::vector<Verification> of_rungs, store.ListDailyVerifications(region, purposes));
  of_rungs.insert(of_rungs.end(), verifications.begin(), verifications.end());
  std::vector<ArchivedRung> rungs;
  if (!of_rungs.empty()) {
    ASSIGN_OR_RETURN(rungs, store.ListRungs(region));
  }
  TrackRecord record = BuildTrackRecord(region, std::move(verifications), *shadows, RegionsLookedAt(regions, region));
  record.rungs = BuildRungRecords(of_rungs, rungs);
  return record;
}

}  // namespace tremorcast
