#pragma once

// The pipeline over the in-memory stores, with a clock that stands still: a region "lab" with four
// stations, three years of catalogue, and helpers to fill weeks and publish models. Used by the
// tests of server/pipeline and server/jobs.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "formats/etas_artifact_json.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_forecast_store.h"
#include "tests/fakes/fake_model_registry.h"
#include "tests/fakes/fake_observations.h"
#include "tests/fakes/fake_predictor.h"
#include "tests/fakes/log_lines.h"

namespace tremorcast {

inline const RegionId kLab("lab");
inline const RegionId kNetwork(kNetworkScope);

class ServiceFixture : public ::testing::Test {
 protected:
  // The clock stands half an hour after `issue`, the start of a week.
  ServiceFixture();

  void AddStation(const std::string& id, bool simulated = false);
  void AddRegion(const RegionId& id, const std::vector<std::string>& stations, bool simulated = false);
  // Rows of both signals for slots [from, to) of the week, received as they are measured. Another
  // `salt`, other values.
  void Fill(const std::string& station, absl::Time week, int from = 0, int to = kSlotsPerWeek, int salt = 0);
  // One row of both signals that arrives now.
  void FillLate(const std::string& station, absl::Time week, int slot);
  void AddEvent(absl::Time time, double magnitude, const std::string& source = "cenc");

  ModelVersion Publish(int seed, double pool_weight = 0.5, bool skill = true, bool simulated = false,
                       bool over_catalogue_rung = false, const StationQuestion& question = {});
  void Promote(const RegionId& scope, const ModelVersion& version);
  // Publishes, promotes and loads.
  ModelVersion Serve(const RegionId& scope, int seed, double pool_weight = 0.5, bool skill = true);
  // The same of a model of the catalogue rung, whose box is that of AddRegion.
  ModelVersion ServeEtas(double pool_weight = 0.8, bool skill = true, bool simulated = false);

  ForecastRequest RequestFor(const RegionId& region, absl::Time valid_from) const;
  Forecast ComputeOrDie(const ForecastRequest& request);
  // What /metrics would show for `name` with these label values in order; NaN when there is no such
  // series.
  double Metric(const std::string& name, const std::vector<std::string>& labels = {}) const;

  const absl::Time issue_;
  const absl::Time input_week_;  // the week before
  FakeClock clock_;
  FakeNetworkStore network_store_;
  FakeObservations observations_;
  FakeEventStore events_;
  FakeForecastStore forecasts_;
  FakeTrainingRunStore runs_;
  FakeModelRegistry registry_{&runs_};
  FakePredictorLoader loader_;
  prometheus::Registry series_;
  ServerMetrics metrics_{series_};
  LogLines lines_;
  std::unique_ptr<Log> log_ = lines_.NewLog();
  NetworkDirectory network_{network_store_, clock_};
  ModelHost models_{{.read_etas = ReadEtasArtifact}, registry_, loader_, clock_, metrics_.models, *log_};
  Forecaster forecaster_{Forecaster::Options(), network_, observations_, events_, forecasts_, models_, clock_,
                         metrics_.inference,    *log_};

 private:
  int batches_ = 0;
};

// Opens once; who waits passes then.
class Gate {
 public:
  void Open();
  void Wait();

 private:
  absl::Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tremorcast
