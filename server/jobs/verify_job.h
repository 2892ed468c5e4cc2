#pragma once

// Scores matured forecasts against the catalogue: the first scored issue of each region and week, and
// apart from them of each day, once the catalogue is complete from its begin to past its end by the
// settling time. Beside the plain score stands the one that leaves out events before the issue. Leader
// only. Errors: those of the stores.
//
// A verified week is looked at again for as long as it is on record, and where it says something else
// by now, that becomes the next revision: an event came late, went, moved or changed its magnitude; or
// the statement by which the week was judged complete was taken back, and then the week does not count
// until another vouches for it. It costs one look-up per tick while the catalogue stays as it is; after
// a change, some statements for each verified week within which an event changed. A new leader compares
// every verified week once, since the rules of merging may have changed with the program.
// tests/integration/server/catalogue_soak.cc measures both.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"
#include "core/ports/event_store.h"
#include "core/ports/forecast_store.h"
#include "server/jobs/job.h"
#include "server/telemetry/log.h"

namespace tremorcast {

// Pure: the outcome of one forecast, by the region and the class edges it was issued with. `events`
// as merged, those of its week.
Verification VerifyForecast(const Forecast& forecast, absl::Span<const SeismicEvent> events, absl::Time now);

class VerifyJob : public Job {
 public:
  struct Options {
    absl::Duration settling_time = absl::Hours(48);
    std::vector<std::string> catalogue_precedence = DefaultCataloguePrecedence();
    absl::Duration period = absl::Minutes(1);
  };
  VerifyJob(Options options, ForecastStore& forecasts, EventStore& events, const Log& log)
      : options_(std::move(options)), forecasts_(forecasts), events_(events), log_(log) {}
  absl::string_view name() const override { return "verify"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  using Key = std::pair<RegionId, std::string>;  // region, forecast
  using Verified = std::map<Key, Verification>;  // the newest revision of each
  using StillRunning = std::function<bool()>;

  absl::StatusOr<std::vector<Forecast>> ReadScored(const Interval& valid_from);
  absl::StatusOr<std::vector<Forecast>> Due(const std::vector<Completeness>& complete);
  absl::StatusOr<Verified> ReadVerified();
  class WeekCatalogue;
  // Appends what came, unless `before` says the same.
  absl::Status Judge(const Forecast& forecast, const Verification* before, WeekCatalogue& catalogue, absl::Time now);
  absl::Status LookAgain(const Verified& verified, const std::vector<absl::Time>& changed, WeekCatalogue& catalogue,
                         absl::Time now, const StillRunning& may_continue);
  absl::Status Append(const Verification& verification);

  const Options options_;
  ForecastStore& forecasts_;
  EventStore& events_;
  const Log& log_;
  std::vector<Completeness> complete_;                 // as at the last tick that ended well
  absl::Time verified_before_ = absl::InfinitePast();  // weeks that began before this are done, by complete_
  // The change of the catalogue up to which verified weeks were compared with it; nothing: none was.
  std::optional<int64_t> compared_;
};

}  // namespace tremorcast
