#pragma once

// What is published of the catalogue rung: the fitted ETAS model, its pool with climatology, and all
// that a forecast by it needs, so that the same artifact and the same events give the same bits
// (METHOD.md section 7). Its bytes: formats/etas_artifact_json.h. Plain values; the functions are
// pure and thread safe.

#include <cstdint>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/time_grid.h"
#include "core/catalogue/climatology.h"
#include "core/catalogue/labels.h"
#include "core/catalogue/magnitude_of_completeness.h"
#include "core/etas/etas_model.h"
#include "core/etas/etas_parameters.h"
#include "core/forecast/predictor.h"

namespace tremorcast {

inline constexpr char kEtasArtifactFormat[] = "tremorcast-etas-1";

// The self-test: the model draws a past from its background, and answers for its region after it.
struct EtasGolden {
  uint64_t seed = 1;
  double past_days = 365;
  double horizon_days = 7;
  int64_t catalogues = 200;
  ClassCounts classes = {};  // catalogues by the class of their largest event
  double expected = 0;       // events from the first edge on
  friend bool operator==(const EtasGolden&, const EtasGolden&) = default;
};

struct EtasArtifact {
  EtasModel model;
  EtasVector standard_errors = {};  // 0 where fixed
  MagnitudeOfCompleteness completeness;
  double branching_ratio = 0;
  int targets = 0, sources = 0;
  Interval training_period;    // of the targets
  absl::Time sources_from;     // events from here on trigger; the model counts days from it
  MagnitudeClasses classes;    // that it was judged for
  int64_t catalogues = 10000;  // of each forecast
  uint64_t seed = 1;
  double pool_weight = 0;   // with climatology; 0: it never did better
  std::string pool_reason;  // one sentence
  InputFreeTwin twin;       // its mean answers out of sample: no event seen

  std::string periods;  // in words, for people: "targets 2013-01-01..., tests ..."
  std::string data_hash, plan_hash, git_revision;
  bool demonstrated_skill = false;
  std::string verdict;  // the gate's sentence
  std::string scores_json = "{}";
  bool simulated = false;  // fitted to a simulated catalogue: never serves real regions
  EtasGolden golden;
};

// InvalidArgument: a bad model or one whose branching ratio is not below 1, edges that do not ascend
// or lie below the completeness, a weight outside [0, 1], a twin that is no distribution, catalogues
// not in [1, 1e6], times out of order, a self-test of more than 10,000 catalogues or ten years or
// whose classes do not add up, a number that is not finite.
absl::Status ValidateEtasArtifact(const EtasArtifact& artifact);

// `golden` with its answer, by this program. Errors: those of EtasSimulator.
absl::StatusOr<EtasGolden> AnswerGolden(const EtasModel& model, const MagnitudeClasses& classes, EtasGolden golden);
// FailedPrecondition: this program answers otherwise than the one that wrote the artifact, by more
// than 1 % of the catalogues.
absl::Status CheckGolden(const EtasArtifact& artifact);

// How it came to its numbers, for people: "k0=.. a=.. ... b=.. Mc=.. branching=.. w=..".
std::string DescribeEtasArtifact(const EtasArtifact& artifact);
// The numerical environment: answers are equal to the bit where it is equal.
std::string EtasRuntimeName();

}  // namespace tremorcast
