#include "core/verification/alarm_table.h"

#include <cmath>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

absl::Status Validate(const AlarmTable& table, bool needs_quiet) {
  if (table.hits < 0 || table.false_alarms < 0 || table.misses < 0 || table.quiet < 0) {
    return absl::InvalidArgumentError("alarm table: a count is negative");
  }
  const int64_t events = table.hits + table.misses;
  const int64_t without = table.false_alarms + table.quiet;
  if (events == 0 || (needs_quiet && without == 0)) {
    return absl::FailedPreconditionError(
        absl::StrCat("alarm table: ", events, " weeks with an event and ", without, " without"));
  }
  return absl::OkStatus();
}

double Share(int64_t part, int64_t rest) { return static_cast<double>(part) / static_cast<double>(part + rest); }

}  // namespace

absl::StatusOr<AlarmTable> CountAlarms(absl::Span<const BinaryOutcome> outcomes, double threshold) {
  RETURN_IF_ERROR(ValidateOutcomes("alarm table", outcomes));
  if (std::isnan(threshold)) return absl::InvalidArgumentError("alarm table: the threshold is NaN");
  AlarmTable table;
  for (const BinaryOutcome& outcome : outcomes) {
    if (outcome.probability >= threshold) {
      ++(outcome.event ? table.hits : table.false_alarms);
    } else {
      ++(outcome.event ? table.misses : table.quiet);
    }
  }
  return table;
}

absl::StatusOr<double> PierceScore(const AlarmTable& table) {
  RETURN_IF_ERROR(Validate(table, true));
  return Share(table.hits, table.misses) - Share(table.false_alarms, table.quiet);
}

absl::StatusOr<double> RScore(const AlarmTable& table) {
  RETURN_IF_ERROR(Validate(table, false));
  return Share(table.hits, table.misses) - Share(table.hits + table.false_alarms, table.misses + table.quiet);
}

}  // namespace tremorcast
