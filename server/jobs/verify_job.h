#pragma once

// Scores matured forecasts against the catalogue: the first scored issue of each region and week,
// once the catalogue is complete from its begin to past its end by the settling time. Beside the plain score
// stands the one that leaves out events before the issue. Leader only. Errors: those of the stores.

#include <functional>
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
// as merged, covering its week.
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
  absl::StatusOr<std::vector<Forecast>> Candidates(const std::vector<Completeness>& complete);
  absl::Status Verify(const Forecast& forecast, bool simulated, absl::Time now);

  const Options options_;
  ForecastStore& forecasts_;
  EventStore& events_;
  const Log& log_;
  std::vector<Completeness> complete_;                 // as at the last tick
  absl::Time verified_before_ = absl::InfinitePast();  // weeks that began before this are done, by complete_
};

}  // namespace tremorcast
