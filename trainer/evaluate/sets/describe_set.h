#pragma once

// What a report says of the data it is about. Reads every window of the four slices once.

#include <absl/types/span.h>

#include "trainer/evaluate/report/evaluation_report.h"
#include "trainer/evaluate/sets/evaluation_set.h"

namespace tremorcast {

// Fills title, source, hashes, classes, regions, slices, published figures and caveats; `pooled` is
// PoolOrigins(origins).
void DescribeSet(absl::Span<const EvaluationSet> origins, const EvaluationSet& pooled, EvaluationReport& report);

}  // namespace tremorcast
