#pragma once

// What Forecaster collects on its way to one forecast. For the files of Forecaster alone. Plain
// value.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/skill/verified_record.h"
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
  std::optional<VerifiedRecord> model_record;  // of the model, asked or not; nothing without weight
  // Merged, before valid_from and as known at `as_of`; empty for a revision.
  std::vector<SeismicEvent> catalogue;
  absl::Time catalogue_known_at;
  absl::Time catalogue_complete_until = absl::InfinitePast();  // as stated
  bool simulated_catalogue = false;
  std::string catalogue_snapshot;
  // Models of fewer days than the week, ascending, with the climatology of so many days.
  std::vector<std::pair<std::shared_ptr<const ServedModel>, ClassProbabilities>> horizons;
  std::vector<std::string> limitations;
};

}  // namespace tremorcast
