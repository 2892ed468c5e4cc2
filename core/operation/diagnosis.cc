#include "core/operation/diagnosis.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

std::string Count(int64_t n, absl::string_view one) { return absl::StrCat(n, " ", one, n == 1 ? "" : "s"); }

std::string Age(absl::Duration age) {
  if (age >= absl::Hours(48)) return Count(age / absl::Hours(24), "day");
  if (age >= absl::Hours(2)) return Count(age / absl::Hours(1), "hour");
  return Count(std::max<int64_t>(0, age / absl::Minutes(1)), "minute");
}

CheckStatus Over(absl::Duration age, absl::Duration warning, absl::Duration failure) {
  return age > failure ? CheckStatus::kFailure : age > warning ? CheckStatus::kWarning : CheckStatus::kOk;
}

Check Ok(std::string name, std::string summary) { return {std::move(name), CheckStatus::kOk, std::move(summary), ""}; }
Check Warning(std::string name, std::string summary, std::string advice) {
  return {std::move(name), CheckStatus::kWarning, std::move(summary), std::move(advice)};
}
Check Failure(std::string name, std::string summary, std::string advice) {
  return {std::move(name), CheckStatus::kFailure, std::move(summary), std::move(advice)};
}

Check Readiness(const DiagnosisFacts& f) {
  const std::string reasons = absl::StrJoin(f.ready_reasons, "; ");
  if (!f.ready) return Failure("readiness", absl::StrCat("not ready: ", reasons), "see the reason; the log has more");
  if (f.ready_reasons.empty()) return Ok("readiness", "ready");
  return Warning("readiness", absl::StrCat("degraded: ", reasons),
                 "forecasts are still answered; see the reason, and 'tremorcast models list'");
}

Check ServiceClock(const DiagnosisFacts& f) {
  if (!f.replay) return Ok("clock", "the service goes by the machine's clock");
  return Warning("clock", absl::StrCat("replay: the service takes it for ", FormatUtc(f.now), ", not the present time"),
                 "nothing to do in a replay; a service runs without --replay-clock");
}

Check Credentials(const DiagnosisFacts& f, const DiagnosisPolicy& policy) {
  std::vector<std::string> ending;
  for (const auto& [name, left] : f.credentials_left) {
    if (left > policy.credential_warning) continue;
    ending.push_back(left > absl::ZeroDuration() ? absl::StrCat(name, " expires in ", Age(left))
                                                 : absl::StrCat(name, " has expired"));
  }
  if (ending.empty()) return Ok("credentials", absl::StrCat("none expires within ", Age(policy.credential_warning)));
  return Warning("credentials", absl::StrJoin(ending, "; "),
                 "give its client a new one (tremorcast token create) and take the old line out of the access file");
}

Check Leader(const DiagnosisFacts& f) {
  if (f.store.leader_present) return Ok("leader", "a replica leads: weeks are sealed, issued and verified");
  return Failure("leader", "no replica leads: nothing is sealed, issued or verified",
                 "start a server without --no-jobs, or look for 'cannot ask for leadership' in the log");
}

Check Schema(const DiagnosisFacts& f) {
  const std::string at =
      absl::StrCat("database at migration ", f.store.schema_version, ", server knows ", f.store.program_schema_version);
  if (f.store.schema_version == f.store.program_schema_version) return Ok("schema", at);
  return Failure("schema", at, "run one version of the server everywhere, the newest");
}

Check Partitions(const DiagnosisFacts& f, const DiagnosisPolicy& policy) {
  const absl::Time week = WeekGrid::Service().Containing(f.now).begin;
  const int64_t ahead = (f.store.partitions_until - week) / kWeekLength - 1;
  const std::string advice = "the leader makes them each hour: see tremorcast_job_runs_total{job=\"partitions\"}";
  if (ahead < 0) return Failure("partitions", "there is no partition for the present week", advice);
  const std::string text = absl::StrCat("partitions for the present week and ", Count(ahead, "week"), " ahead");
  if (ahead < policy.partitions_ahead_weeks) return Warning("partitions", text, advice);
  return Ok("partitions", text);
}

// A statement over all weeks locks each table and its index.
Check WeekTables(const DiagnosisFacts& f, const DiagnosisPolicy& policy) {
  const int64_t statements = f.store.week_tables == 0 ? 0 : f.store.lock_slots / (2 * f.store.week_tables);
  const std::string text = absl::StrCat("rows of ", Count(f.store.week_tables, "week"), " have tables");
  if (f.store.week_tables == 0 || statements >= policy.whole_statements_warning) return Ok("week_tables", text);
  return {
      "week_tables", statements < policy.whole_statements_failure ? CheckStatus::kFailure : CheckStatus::kWarning,
      absl::StrCat(text, "; the database has locks for ", Count(statements, "statement"), " over all of them at once"),
      "raise max_locks_per_transaction, drop old weeks (--retention, --drop-expired), and see who sends rows so old "
      "(--rows-back, --writer-rows-back)"};
}

Check OrphanedPartitions(const DiagnosisFacts& f) {
  const auto& orphans = f.store.orphaned_partitions;
  if (orphans.empty()) return Ok("orphaned_partitions", "none");
  return Warning(
      "orphaned_partitions",
      absl::StrCat(Count(orphans.size(), "table"), " of a week belong to no table: ", absl::StrJoin(orphans, ", ")),
      "somebody detached them by hand: their rows are not read. Attach them again, or dump and drop them");
}

Check Retention(const DiagnosisFacts& f) {
  if (f.retention == absl::InfiniteDuration()) return Ok("retention", "off: rows are kept for ever");
  const std::string text = absl::StrCat(Count(f.expired_droppable, "week"), " older than ", Age(f.retention),
                                        " can be dropped, ", f.expired_kept, " kept as not sealed or dirty");
  if (f.expired_kept > 0) return Warning("retention", text, "see dirty_weeks and unsealed_weeks");
  return Ok("retention", absl::StrCat(text, f.drop_expired ? "" : "; --drop-expired would drop them"));
}

Check DirtyWeeks(const DiagnosisFacts& f, const DiagnosisPolicy& policy) {
  if (!f.store.oldest_dirty_mark.has_value()) return Ok("dirty_weeks", "none");
  // Marks are made by the database's clock.
  const absl::Duration age = f.store.database_time - *f.store.oldest_dirty_mark;
  const CheckStatus status = Over(age, policy.dirty_warning, policy.dirty_failure);
  return {
      "dirty_weeks", status,
      absl::StrCat(Count(f.store.dirty_weeks, "sealed station-week"), " got rows since, the oldest ", Age(age), " ago"),
      status == CheckStatus::kOk
          ? ""
          : "the leader seals them once no row came for --seal-quiet: see job \"seal\" in the log"};
}

Check UnsealedWeeks(const DiagnosisFacts& f, const DiagnosisPolicy& policy) {
  if (!f.store.oldest_unsealed.has_value()) return Ok("unsealed_weeks", "none");
  const absl::Duration age = f.now - (*f.store.oldest_unsealed + kWeekLength);
  const CheckStatus status = Over(age, policy.unsealed_warning, policy.unsealed_failure);
  return {"unsealed_weeks", status,
          absl::StrCat(Count(f.store.unsealed_weeks, "station-week"), " ended without a window, the oldest ", Age(age),
                       " ago"),
          status == CheckStatus::kOk ? "" : "see job \"seal\" in the log; without their windows regions lack data"};
}

Check Rows(const DiagnosisFacts& f) {
  if (!f.newest_slot.has_value()) {
    return Warning("rows", "no row is stored yet", "register stations and send rows: tremorcast ingest --help");
  }
  const std::string text = absl::StrCat("newest row of ", FormatUtc(*f.newest_slot), "; ", f.stations_fresh, " of ",
                                        Count(f.stations_enrolled, "enrolled station"), " sent within the last hour");
  if (f.stations_enrolled == 0 || f.stations_fresh > 0) return Ok("rows", text);
  return Warning("rows", text, "look at the stations' clients and the network between: tremorcast status");
}

Check Models(const DiagnosisFacts& f) {
  const std::string text = absl::StrCat(Count(f.models_published, "model"), " published, ", f.models_never_promoted,
                                        " of them never promoted");
  if (!f.orphaned_scopes.empty()) {
    return Warning(
        "models",
        absl::StrCat(text, "; champions of regions that are not there: ", absl::StrJoin(f.orphaned_scopes, ", ")),
        "register the region, or leave it: nobody asks for its forecasts");
  }
  if (!f.withdrawn_scopes.empty()) {
    return Warning("models", absl::StrCat(text, "; withdrawn: ", absl::StrJoin(f.withdrawn_scopes, ", ")),
                   "these are answered by the network's champion or by climatology: tremorcast models history");
  }
  if (f.models_published == 0) return Warning("models", "no model is published", "run tremorcast-trainer");
  return Ok("models", text);
}

Check Training(const DiagnosisFacts& f) {
  if (!f.running_trainings.empty() && !f.store.trainer_present) {
    return Warning(
        "training",
        absl::StrCat("no trainer runs, though the table says so of ", absl::StrJoin(f.running_trainings, ", ")),
        "it was killed: start tremorcast-trainer again, it goes on where that one stopped");
  }
  if (!f.running_trainings.empty()) return Ok("training", "a trainer is at work");
  if (!f.last_training.has_value()) return Ok("training", "no run has reached a verdict yet");
  return Ok("training", absl::StrCat("last verdict ", Age(f.now - *f.last_training), " ago"));
}

Check Catalogue(const DiagnosisFacts& f, const DiagnosisPolicy& policy) {
  const std::string advice =
      "import the newest: tremorcast catalog import FILE --source SOURCE; 'tremorcast catalog completeness' lists what "
      "is "
      "said of each";
  absl::Time latest = absl::InfinitePast();
  std::string newest;
  for (const Completeness& one : f.completeness) {
    if (one.period.end > f.now) {
      return Warning("catalogue",
                     absl::StrCat("statement ", one.id, " calls ", one.source, " complete until ",
                                  FormatUtc(one.period.end), ", which has not come yet"),
                     absl::StrCat("somebody misdated it: tremorcast catalog revoke ", one.id));
    }
  }
  for (const auto& [source, until] : CompleteUntilBySource(f.completeness)) {
    if (until > latest) latest = until, newest = source;
  }
  if (newest.empty()) {
    return Warning("catalogue",
                   f.completeness.empty()
                       ? "no catalogue is said to be complete: climatology and verification have nothing to go by"
                       : absl::StrCat("no catalogue is said to be complete for the whole network down to M ",
                                      kJudgedMagnitude, ": climatology has nothing to go by"),
                   advice);
  }
  const absl::Duration age = f.now - latest;
  std::string text = absl::StrCat("complete until ", FormatUtc(latest), " (", newest, "), ", Age(age), " ago");
  if (age > policy.catalogue_warning) return Warning("catalogue", text, advice);
  const bool real = std::any_of(f.completeness.begin(), f.completeness.end(),
                                [](const Completeness& one) { return one.source != kSimulatedSource; });
  const std::vector<Interval> periods = CompletePeriods(f.completeness, !real, std::nullopt);
  if (periods.size() > 1) {
    return Warning("catalogue", absl::StrCat(text, ", with a gap before ", FormatUtc(periods.back().begin)),
                   "climatology and training begin after the gap: import what is missing, or state it with 'tremorcast "
                   "catalog complete'");
  }
  if (!periods.empty() && periods.back().begin == absl::InfinitePast()) {
    absl::StrAppend(&text, "; nobody said since when, so its first event inside a region counts");
  }
  return Ok("catalogue", text);
}

Check CatalogueEvents(const DiagnosisFacts& f) {
  const std::string ancient =
      f.events_ancient == 0 ? "" : absl::StrCat("; ", Count(f.events_ancient, "event"), " of before 1900 not counted");
  if (f.events_in_future == 0) return Ok("catalogue_events", absl::StrCat("none lies in the future", ancient));
  return Warning(
      "catalogue_events", absl::StrCat(Count(f.events_in_future, "event"), " dated after tomorrow", ancient),
      "misdated: see 'tremorcast catalog list --since', and import them again with their time or as deleted");
}

Check Issue(const DiagnosisFacts& f, const DiagnosisPolicy& policy) {
  if (f.newest_issue.empty()) {
    return Warning("issue", "no region is registered", "tremorcast regions import FILE");
  }
  absl::Time due = WeekGrid::Service().Containing(f.now).begin;
  if (f.now < due + policy.issue_grace) due -= kWeekLength;
  std::vector<std::string> late;
  for (const auto& [region, valid_from] : f.newest_issue) {
    if (!valid_from.has_value() || *valid_from < due) late.push_back(region);
  }
  if (late.empty()) return Ok("issue", absl::StrCat("every region has its forecast from ", FormatUtc(due)));
  return Warning("issue",
                 absl::StrCat(late.size(), " of ", Count(f.newest_issue.size(), "region"),
                              " without the forecast from ", FormatUtc(due), ": ", absl::StrJoin(late, ", ")),
                 "see job \"issue\" in the log: it waits for a model and for windows");
}

Check Verification(const DiagnosisFacts& f) {
  const std::string last = f.last_verified_at.has_value()
                               ? absl::StrCat("last verified ", Age(f.now - *f.last_verified_at), " ago")
                               : std::string("nothing verified yet");
  if (f.unverified == 0) return Ok("verification", last);
  return Warning("verification",
                 absl::StrCat(Count(f.unverified, "forecast"), " whose week is over and not verified; ", last),
                 "a catalogue complete past their week is needed: see catalogue");
}

}  // namespace

Check CheckClock(const std::string& name, const std::string& whose, absl::Duration ahead,
                 const DiagnosisPolicy& policy) {
  const CheckStatus status = Over(absl::AbsDuration(ahead), policy.clock_warning, policy.clock_failure);
  const absl::Duration shown = absl::Trunc(absl::AbsDuration(ahead), absl::Milliseconds(100));
  return {name, status,
          shown == absl::ZeroDuration()
              ? absl::StrCat(whose, " and the server's agree")
              : absl::StrCat(whose, " is ", absl::FormatDuration(shown),
                             ahead < absl::ZeroDuration() ? " behind" : " ahead of", " the server's"),
          status == CheckStatus::kOk ? "" : "synchronise both machines' clocks (NTP): rows and weeks are cut by time"};
}

std::vector<Check> Diagnose(const DiagnosisFacts& facts, const DiagnosisPolicy& policy) {
  return {Readiness(facts),
          Leader(facts),
          Credentials(facts, policy),
          Schema(facts),
          ServiceClock(facts),
          CheckClock("database_clock", "the database's clock", facts.database_ahead, policy),
          Partitions(facts, policy),
          WeekTables(facts, policy),
          OrphanedPartitions(facts),
          Retention(facts),
          Rows(facts),
          UnsealedWeeks(facts, policy),
          DirtyWeeks(facts, policy),
          Models(facts),
          Training(facts),
          Catalogue(facts, policy),
          CatalogueEvents(facts),
          Issue(facts, policy),
          Verification(facts)};
}

}  // namespace tremorcast
