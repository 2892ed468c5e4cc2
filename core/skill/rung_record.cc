#include "core/skill/rung_record.h"

#include <map>
#include <string>
#include <utility>

#include "core/base/time_grid.h"
#include "core/verification/scores.h"

namespace tremorcast {

std::vector<RungRecord> BuildRungRecords(absl::Span<const Verification> verifications,
                                         absl::Span<const ArchivedRung> rungs) {
  std::map<std::pair<std::string, Rung>, const ArchivedRung*> said;
  for (const ArchivedRung& rung : rungs) said[{rung.forecast_id, rung.rung}] = &rung;
  const auto find = [&](const Verification& v, Rung rung) {
    const auto at = said.find({v.forecast_id, rung});
    return at == said.end() ? nullptr : at->second;
  };
  std::vector<RungRecord> records;
  for (const IssueKind issue : {IssueKind::kWeekly, IssueKind::kDaily}) {
    for (const Rung rung : {Rung::kCatalogue, Rung::kStations}) {
      RungRecord record;
      record.rung = rung;
      record.issue = issue;
      GainSeries over_climatology, over_below;
      for (const Verification& v : verifications) {
        const ArchivedRung* answer = v.issue == issue ? find(v, rung) : nullptr;
        if (answer == nullptr) continue;
        const bool event = v.observed_class >= 1;
        const absl::Time week = WeekGrid::Service().Containing(v.valid_from).begin;
        ++record.issues;
        record.event_issues += event ? 1 : 0;
        over_climatology.push_back(
            {week, InformationGain(answer->probabilities, v.climatology, v.observed_class), event});
        if (rung != Rung::kStations) continue;
        const ArchivedRung* below = find(v, Rung::kCatalogue);
        const bool stands = below != nullptr && below->demonstrated_skill;
        over_below.push_back(
            {week,
             InformationGain(answer->probabilities, stands ? below->probabilities : v.climatology, v.observed_class),
             event});
      }
      if (record.issues == 0) continue;
      record.over_climatology = RecordGain(over_climatology);
      record.over_below = RecordGain(over_below);
      records.push_back(record);
    }
  }
  return records;
}

}  // namespace tremorcast
