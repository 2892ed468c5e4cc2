#pragma once

// What Forecaster collects on its way to one forecast. For the files of Forecaster alone. Plain
// value.

#include <memory>
#include <string>
#include <vector>

#include "server/pipeline/forecaster.h"

namespace tremorcast {

struct Forecaster::Gathered {
  Region region;
  bool simulated = false;
  absl::Time as_of;
  ForecastInputs inputs;
  std::shared_ptr<const ServedModel> model;
  std::shared_ptr<const ServedModel> unasked;  // the champion that policy sets aside
  ModelVersion set_aside;                      // its version, also where a revision only names it
  std::string shown_in_service;
  std::string catalogue_snapshot;
  std::vector<std::string> limitations;
};

}  // namespace tremorcast
