#include "tests/contract/backend.h"

#include "storage/store.h"
#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_forecast_store.h"
#include "tests/fakes/fake_model_registry.h"
#include "tests/fakes/fake_observations.h"
#include "tests/support/temp_cluster.h"

namespace tremorcast {
namespace {

class FakeBackend : public Backend {
 public:
  ObservationStore& observations() override { return observations_; }
  WindowStore& windows() override { return observations_; }
  NetworkStore& network() override { return network_; }
  EventStore& events() override { return events_; }
  ForecastStore& forecasts() override { return forecasts_; }
  ModelRegistry& models() override { return models_; }
  TrainingRunStore& training_runs() override { return runs_; }

 private:
  FakeObservations observations_;
  FakeNetworkStore network_;
  FakeEventStore events_;
  FakeForecastStore forecasts_;
  FakeTrainingRunStore runs_;
  FakeModelRegistry models_{&runs_};
};

class PostgresBackend : public Backend {
 public:
  explicit PostgresBackend(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  ObservationStore& observations() override { return store_->observations(); }
  WindowStore& windows() override { return store_->windows(); }
  NetworkStore& network() override { return store_->network(); }
  EventStore& events() override { return store_->events(); }
  ForecastStore& forecasts() override { return store_->forecasts(); }
  ModelRegistry& models() override { return store_->models(); }
  TrainingRunStore& training_runs() override { return store_->training_runs(); }

 private:
  std::unique_ptr<Store> store_;
};

}  // namespace

std::unique_ptr<Backend> MakeBackend(const std::string& kind) {
  if (kind == "fake") return std::make_unique<FakeBackend>();
  const auto database = TempCluster::Shared().CreateDatabase();
  if (!database.ok()) {
    ADD_FAILURE() << database.status();
    return nullptr;
  }
  StoreOptions options;
  options.conninfo = *database;
  auto store = OpenStore(options);
  if (!store.ok()) {
    ADD_FAILURE() << store.status();
    return nullptr;
  }
  return std::make_unique<PostgresBackend>(*std::move(store));
}

}  // namespace tremorcast
