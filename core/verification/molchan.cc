#include "core/verification/molchan.h"

#include <cstdint>
#include <limits>

#include <absl/status/status.h>

#include "core/base/status_macros.h"

namespace tremorcast {

absl::StatusOr<MolchanDiagram> BuildMolchanDiagram(absl::Span<const BinaryOutcome> outcomes) {
  RETURN_IF_ERROR(ValidateOutcomes("Molchan", outcomes));
  const std::vector<OutcomeGroup> groups = GroupByProbability(outcomes);
  int64_t events = 0;
  double total = 0;
  for (const OutcomeGroup& group : groups) {
    events += group.events;
    total += group.measure;
  }
  if (events == 0) return absl::FailedPreconditionError("Molchan: no event week, so nothing can be missed");

  MolchanDiagram diagram;
  diagram.points.push_back({std::numeric_limits<double>::infinity(), 0, 1});
  int64_t hits = 0;
  double alarmed = 0;
  double below_lines = 0;
  double below_steps = 0;
  for (const OutcomeGroup& group : groups) {
    const double miss_before = diagram.points.back().miss_rate;
    hits += group.events;
    alarmed += group.measure;
    const double miss = static_cast<double>(events - hits) / static_cast<double>(events);
    below_lines += group.measure * (miss_before + miss) / 2;
    below_steps += group.measure * miss_before;
    diagram.points.push_back({group.probability, alarmed / total, miss});
  }
  diagram.points.back().alarm_fraction = 1;  // not 0.9999999 after many additions
  diagram.area_skill_trapezoid = 1 - below_lines / total;
  diagram.area_skill_step = 1 - below_steps / total;
  return diagram;
}

}  // namespace tremorcast
