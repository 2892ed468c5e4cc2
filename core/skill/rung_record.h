#pragma once

// What each rung's answers were worth, whichever was issued: a row for each rung and kind of issue
// (METHOD.md section 7). Pure; thread safe.

#include <optional>
#include <vector>

#include <absl/types/span.h>

#include "core/forecast/forecast.h"
#include "core/skill/verified_record.h"

namespace tremorcast {

struct RungRecord {
  Rung rung = Rung::kCatalogue;
  IssueKind issue = IssueKind::kWeekly;
  int issues = 0;
  int event_issues = 0;
  // Nats per issue. The windows of daily issues overlap: their gains are averaged by week, and the
  // interval is that of weeks that depend on each other. They are no evidence, which wants weeks apart.
  std::optional<RecordedGain> over_climatology;
  // Of the stations, over what stood below them: the catalogue rung where that might answer.
  std::optional<RecordedGain> over_below;
};

// Of one region's verifications, weekly and daily ones, and its scored forecasts' rungs. A rung that
// was never verified has no row; by issue, then rung.
std::vector<RungRecord> BuildRungRecords(absl::Span<const Verification> verifications,
                                         absl::Span<const ArchivedRung> rungs);

}  // namespace tremorcast
