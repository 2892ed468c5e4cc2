#pragma once

// Which model it is and where it came from: what a predictor says of itself, what the registry
// keeps of it and what is archived with each forecast it answered. Plain value.

#include <string>

#include "core/base/ids.h"
#include "core/base/time_grid.h"

namespace tremorcast {

struct ModelProvenance {
  ModelVersion version;        // MakeModelVersion; empty: no model
  std::string weights_sha256;  // hex, of the artifact bytes
  Interval training_period;
  std::string git_revision;  // of the program that trained it

  friend bool operator==(const ModelProvenance&, const ModelProvenance&) = default;
};

}  // namespace tremorcast
