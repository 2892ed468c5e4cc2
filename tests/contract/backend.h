#pragma once

// The two implementations of every port: in memory and over a fresh PostgreSQL database. A contract
// suite runs over both.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/ports/event_store.h"
#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/ports/network_store.h"
#include "core/ports/observation_store.h"
#include "core/ports/training_run_store.h"
#include "core/ports/window_store.h"

namespace tremorcast {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual ObservationStore& observations() = 0;
  virtual WindowStore& windows() = 0;
  virtual NetworkStore& network() = 0;
  virtual EventStore& events() = 0;
  virtual ForecastStore& forecasts() = 0;
  virtual ModelRegistry& models() = 0;
  virtual TrainingRunStore& training_runs() = 0;
};

// "fake" or "postgres".
std::unique_ptr<Backend> MakeBackend(const std::string& kind);

class ContractTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    backend_ = MakeBackend(GetParam());
    ASSERT_NE(backend_, nullptr);
  }
  std::unique_ptr<Backend> backend_;
};

inline auto BothBackends() { return testing::Values(std::string("fake"), std::string("postgres")); }
inline std::string BackendName(const testing::TestParamInfo<std::string>& info) { return info.param; }

}  // namespace tremorcast
