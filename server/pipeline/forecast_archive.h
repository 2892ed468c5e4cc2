#pragma once

// How a computed forecast enters the archive: as the first issue of its (region, week, purpose), as
// a revision of the newest one, or not at all because nothing material changed. Used by the issue
// job and by ComputeForecast alike.
//
// Thread safety: all of it. Blocks on the store. Errors: those of ForecastStore::Append; a lost
// race for a revision is Aborted: compute again.

#include <optional>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/forecast/forecast.h"
#include "core/ports/forecast_store.h"
#include "core/skill/track_record.h"

namespace tremorcast {

struct ArchiveOutcome {
  Forecast forecast;      // as archived: new, or the one that stands
  bool appended = false;  // false: it stood already, or the change is not worth a revision
};

// The newest revision of (region, valid_from, purpose), if any.
absl::StatusOr<std::optional<Forecast>> NewestRevision(ForecastStore& store, const RegionId& region,
                                                       absl::Time valid_from, ForecastPurpose purpose);

// `computed` as Forecaster::Compute returns it. With nothing archived it becomes revision 1, scored
// as `scored_if_first` says (purposes other than OPERATIONAL and TEST are never scored). Else it
// becomes the next revision, for `reason`, unless its inputs are equal or it does not differ
// materially.
absl::StatusOr<ArchiveOutcome> ArchiveForecast(ForecastStore& store, Forecast computed, RevisionReason reason,
                                               bool scored_if_first);

// What the archive says of a region's issued forecasts of these purposes; `regions` are all that
// readers may look at.
absl::StatusOr<TrackRecord> ReadTrackRecord(ForecastStore& store, absl::Span<const Region> regions,
                                            const RegionId& region, absl::Span<const ForecastPurpose> purposes);

}  // namespace tremorcast
