#pragma once

// What stands below the stations' network while it is trained and judged (METHOD.md section 7): the
// answers of the catalogue rung, out of sample, issue by issue. ETAS is fitted anew each year to what
// lies before, and pooled with climatology by a weight from its own earlier answers, so that an answer
// is what the service would have issued then; where it knows nothing it is climatology.
//
// Blocks: seconds to minutes, on config.training.threads threads.

#include <optional>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/forecast/rung.h"
#include "core/ports/model_registry.h"
#include "trainer/data/dataset.h"
#include "trainer/run/candidate.h"
#include "trainer/run/config.h"
#include "trainer/run/plan.h"

namespace tremorcast {

// What shall stand below: `asked`, or where nothing is asked for the catalogue rung if a champion of
// this world answers for it. Errors of the registry.
absl::StatusOr<Rung> ChooseRungBelow(ModelRegistry& models, bool simulated, std::optional<Rung> asked);

// With config.below the catalogue: fills data.rung_below and Sample::below of the areas at the issues
// that some plan calibrates or tests on; else nothing. A catalogue that is too short or that no model
// can be fitted to is data.rung_below->missing, and answers are pooled with climatology; then no
// verdict can say that the network knows more than the rung. Cancelled: asked to stop.
absl::Status AnswerRungBelow(absl::Span<const Plan> plans, const TrainerConfig& config, const TrainingControl& control,
                             Dataset& data);

}  // namespace tremorcast
