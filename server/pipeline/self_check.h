#pragma once

// Gathers how the service stands, through the ports, and has core/operation/diagnosis judge it.
// Thread safe; blocks on I/O. Errors: those of the stores.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/operation/diagnosis.h"
#include "core/ports/event_store.h"
#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/ports/observation_store.h"
#include "core/ports/training_run_store.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/http_server.h"

namespace tremorcast {

class SelfCheck {
 public:
  struct Options {
    absl::Duration retention = absl::InfiniteDuration();
    bool drop_expired = false;
    absl::Duration settling_time = absl::Hours(48);  // after which a week is verified
    bool replay = false;                             // the clock is a replay's
    DiagnosisPolicy policy;
  };
  struct Parts {
    MaintenanceStore& maintenance;
    ObservationStore& observations;
    EventStore& events;
    ForecastStore& forecasts;
    ModelRegistry& models;
    TrainingRunStore& training_runs;
    NetworkDirectory& network;
    const Clock& clock;
    std::function<Readiness()> readiness;
    // Which credentials expire, and in how long (DiagnosisFacts); empty: none.
    std::function<std::vector<std::pair<std::string, absl::Duration>>()> credentials_left{};
  };
  struct Result {
    std::vector<Check> checks;
    absl::Time server_time;  // by the machine's clock
    absl::Time database_time;
  };
  SelfCheck(Options options, Parts parts) : options_(options), parts_(std::move(parts)) {}

  absl::StatusOr<Result> Run() const;

 private:
  absl::Status AddCatalogue(DiagnosisFacts& facts) const;
  absl::Status AddModels(DiagnosisFacts& facts) const;
  absl::Status AddRows(DiagnosisFacts& facts) const;
  absl::Status AddForecasts(DiagnosisFacts& facts) const;

  const Options options_;
  const Parts parts_;
};

}  // namespace tremorcast
