#pragma once

// What a run of the catalogue rung is going to do, fixed and hashed before anything looks at the test
// period (METHOD.md section 5). Pure; thread safe.

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/ladder/ladder_trial.h"
#include "trainer/data/network_catalogue.h"

namespace tremorcast {

// Everything that decides what a run computes.
struct CatalogueConfig {
  NetworkCatalogueOptions data;
  CatalogueRungOptions rung;
  int origins = 5;                      // at most: fits in the test period, by default a year apart
  std::optional<Interval> test_period;  // absent: the newest origins x 52 weeks
  int64_t catalogues = 10000;           // of each issue, and of each forecast of the model
  uint64_t seed = 1;
  BootstrapOptions bootstrap;
  GatePolicy gate;

  absl::Status Validate() const;  // InvalidArgument
};

struct CataloguePlan {
  // Threads, progress and stop are the caller's. Its period is the test's: it may end before the data.
  LadderTrialOptions trial;
  std::vector<SeismicEvent> events;  // of `period`
  Interval period;                   // of the final fit: all that is known
  bool simulated = false;
  std::string refusal;                // why there is nothing to judge yet; empty: there is
  std::string summary;                // "sources from 2012-01-01, tests 2017-01-01 to 2022-05-29 (282 issues, 5 fits)"
  std::string data_hash, json, hash;  // hashes in hex; `hash` is of `json`
};

// With a younger catalogue than `origins` ask for there are fewer of them. A year of sources, one to
// fit to, one that only the pool learns from and one to judge are the least. FailedPrecondition: no
// region but that of the whole network.
absl::StatusOr<CataloguePlan> PlanCatalogueRun(const CatalogueConfig& config, NetworkCatalogue data,
                                               const std::string& git_revision);

}  // namespace tremorcast
