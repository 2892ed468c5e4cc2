#pragma once

// What the catalogue's past tells without stations: the reference of placebo 8 (METHOD.md section 5,
// decision 0034). Pure.

#include <absl/status/statusor.h>

#include "model/training/training.h"
#include "trainer/evaluate/sets/evaluation_set.h"
#include "trainer/evaluate/sets/row_scores.h"

namespace tremorcast {

// How the network on the catalogue's past is trained: as by default and longer, whatever the model was.
// A flag that starves both leaves the model what it reads off its inputs, and takes from the reference
// what that has to learn: a refusal would become a claim.
TrainOptions Unhurried(TrainOptions training);

// What followed each pattern of the last three weeks, event or not, in the slices before the test: the
// region's climatology with the weight of 20 rows, and the pattern's own. It learns in one pass any
// function of these weeks, which the network may need many more to find. `view`: of CataloguePast. Errors:
// those of its windows.
absl::StatusOr<Probabilities> TableOfThePast(const SetView& view);

}  // namespace tremorcast
