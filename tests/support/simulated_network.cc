#include "tests/support/simulated_network.h"

#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "tests/support/complete_until.h"

namespace tremorcast {

absl::Status IngestStationWeek(const Simulator& simulator, int station, int week, ObservationStore& observations) {
  auto rows = simulator.Rows(station, week);
  if (!rows.ok()) return rows.status();
  const absl::Time end = simulator.Week(week).end;
  ObservationBatch batch;
  batch.station = simulator.stations()[static_cast<size_t>(station)].id;
  batch.batch_id = absl::StrCat("week-", week);
  batch.source = "simulator";
  batch.delivery = Delivery::kBackfill;
  batch.content_hash = Sha256(absl::StrCat(batch.station.value(), " ", week));
  batch.received_at = end;
  for (const SimulatedRow& row : *rows) {
    batch.checked.emplace_back();
    batch.rows.push_back({row.slot, row.signal, static_cast<uint32_t>(batch.values.size())});
    batch.values.insert(batch.values.end(), row.values.begin(), row.values.end());
  }
  const ObservationBatch* group[] = {&batch};
  const auto results = observations.Ingest(group, absl::InfiniteFuture());
  if (results.size() != 1) return absl::InternalError("one batch, but not one result");
  if (!results[0].ok()) return results[0].status();
  for (const RowVerdict& verdict : results[0]->verdicts) {
    if (verdict.verdict != Verdict::kAccepted && verdict.verdict != Verdict::kLate) {
      return absl::InternalError(absl::StrCat("a simulated row is ", VerdictName(verdict.verdict)));
    }
  }
  return absl::OkStatus();
}

absl::Status LoadSimulatedNetwork(const Simulator& simulator, const SimulatedTargets& targets, absl::Duration settled) {
  for (const Station& station : simulator.stations()) {
    if (auto stored = targets.network.UpsertStation(station); !stored.ok()) return stored.status();
  }
  for (const Region& region : simulator.regions()) {
    if (auto stored = targets.network.UpsertRegion(region); !stored.ok()) return stored.status();
  }
  const int weeks = simulator.config().weeks;
  const absl::Time last_label = simulator.Week(weeks).end;
  if (auto counts = targets.events.Import(simulator.events(), last_label); !counts.ok()) return counts.status();
  if (absl::Status s = SetCompleteUntil(targets.events, "simulated", last_label + settled); !s.ok()) return s;
  for (int station = 0; station < simulator.station_count(); ++station) {
    for (int week = 0; week < weeks; ++week) {
      if (absl::Status s = IngestStationWeek(simulator, station, week, targets.observations); !s.ok()) return s;
      const Interval period = simulator.Week(week);
      auto info = targets.windows.Seal(simulator.stations()[static_cast<size_t>(station)].id, period.begin,
                                       period.end + absl::Minutes(20));
      if (!info.ok()) return info.status();
    }
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
