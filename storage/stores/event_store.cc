#include "storage/stores/event_store.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/revision_plan.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/sql_text.h"
#include "storage/stores/decision_rows.h"

namespace tremorcast {
namespace {

constexpr char kColumns[] = R"sql(
    source, source_event_id, revision, origin_time, latitude_deg, longitude_deg, depth_km, magnitude, magnitude_type,
    place, deleted, recorded_at, updated_at
)sql";
// Events per statement: bounds the size of one parameter.
constexpr size_t kPiece = 5000;

constexpr char kStatementColumns[] =
    "id, source, region, complete_from, complete_until, magnitude, basis, note, stated_at, revoked_at";

using EventKey = std::pair<std::string, std::string>;

SeismicEvent EventFrom(SqlRow row) {
  SeismicEvent event;
  event.source = row.Text();
  event.source_event_id = row.Text();
  event.revision = row.Int();
  event.origin_time = row.Time();
  event.epicenter.latitude_deg = row.Double();
  event.epicenter.longitude_deg = row.Double();
  if (!row.SkipNull()) event.depth_km = row.Double();
  event.magnitude = row.Double();
  event.magnitude_type = row.Text();
  event.place = row.Text();
  event.deleted = row.Bool();
  event.recorded_at = row.Time();
  if (!row.SkipNull()) event.updated = row.Time();
  return event;
}

Completeness StatementFrom(SqlRow row) {
  Completeness one;
  one.id = row.Int();
  one.source = row.Text();
  if (!row.SkipNull()) one.region = RegionId(row.Text());
  one.period.begin = row.Time();
  one.period.end = row.Time();
  one.magnitude = row.Double();
  one.basis = static_cast<CompletenessBasis>(row.Int());
  one.note = row.Text();
  one.stated_at = row.Time();
  if (!row.SkipNull()) one.revoked_at = row.Time();
  return one;
}

std::vector<Completeness> ReadStatements(pqxx::work& tx, bool include_revoked) {
  return ExecSql(tx, absl::StrCat("SELECT ", kStatementColumns, R"sql(
                   FROM catalogue_completeness
                   WHERE revoked_at IS NULL OR $1
                   ORDER BY id
                 )sql"),
                 SqlParams().Bool(include_revoked))
      .All(StatementFrom);
}

std::map<EventKey, SeismicEvent> ReadNewest(pqxx::work& tx, const std::vector<EventKey>& keys) {
  std::map<EventKey, SeismicEvent> newest;
  for (size_t begin = 0; begin < keys.size(); begin += kPiece) {
    std::vector<std::string> sources, ids;
    for (const auto& [source, id] : absl::MakeConstSpan(keys).subspan(begin, kPiece)) {
      sources.push_back(source);
      ids.push_back(id);
    }
    const SqlRows rows = ExecSql(tx, absl::StrCat("SELECT DISTINCT ON (source, source_event_id) ", kColumns, R"sql(
                                   FROM events
                                   JOIN (
                                     SELECT DISTINCT *
                                     FROM unnest($1::text[], $2::text[]) AS k(source, source_event_id)
                                   ) k USING (source, source_event_id)
                                   ORDER BY source, source_event_id, revision DESC
                                 )sql"),
                                 SqlParams().Texts(sources).Texts(ids));
    for (SeismicEvent& event : rows.All(EventFrom)) {
      newest[{event.source, event.source_event_id}] = std::move(event);
    }
  }
  return newest;
}

void Insert(pqxx::work& tx, absl::Span<const SeismicEvent> events) {
  for (size_t begin = 0; begin < events.size(); begin += kPiece) {
    std::vector<SqlParams> rows;
    for (const SeismicEvent& event : events.subspan(begin, kPiece)) {
      rows.push_back(SqlParams()
                         .Text(event.source)
                         .Text(event.source_event_id)
                         .Int(event.revision)
                         .Time(event.origin_time)
                         .Double(event.epicenter.latitude_deg)
                         .Double(event.epicenter.longitude_deg)
                         .OptionalDouble(event.depth_km)
                         .Double(event.magnitude)
                         .Text(event.magnitude_type)
                         .Text(event.place)
                         .Bool(event.deleted)
                         .Time(event.recorded_at)
                         .OptionalTime(event.updated));
    }
    ExecSql(tx, absl::StrCat("INSERT INTO events (", kColumns, ")", R"sql(
              SELECT *
              FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::float8[], $6::float8[],
                          $7::float8[], $8::float8[], $9::text[], $10::text[], $11::boolean[], $12::timestamptz[],
                          $13::timestamptz[])
            )sql"),
            SqlParams::Columns(rows));
  }
}

// The events `e` that a query asks for. The newest revision known at as_of decides: one that was followed by
// then is passed over, wherever the next one lies.
constexpr char kOfQuery[] = R"sql(
    FROM events e
    WHERE recorded_at <= $1
      AND origin_time >= $2 AND origin_time < $3
      AND (origin_time, source, source_event_id) > ($6, $7, $8)
      AND magnitude >= $4
      AND (NOT deleted OR $5)
      AND source <> $9
      AND NOT EXISTS (
        SELECT 1
        FROM events later
        WHERE later.source = e.source
          AND later.source_event_id = e.source_event_id
          AND later.revision > e.revision
          AND later.recorded_at <= $1
      )
      AND ($5 OR NOT EXISTS (
        SELECT 1
        FROM identity_decisions d
        WHERE d.source = e.source
          AND d.source_event_id = e.source_event_id
          AND d.verdict = 3  -- withdrawn
          AND d.decided_at <= $1
          AND (d.taken_back_at IS NULL OR d.taken_back_at > $1)
      ))
)sql";

SqlParams ParamsOf(const EventQuery& query) {
  const EventPosition after = query.after.value_or(EventPosition{absl::InfinitePast(), "", ""});
  SqlParams params;
  params.Time(query.as_of)
      .Time(std::max(query.origin_time.begin, after.origin_time))
      .Time(query.origin_time.end)
      .Double(query.min_magnitude)
      .Bool(query.include_deleted)
      .Time(after.origin_time)
      .Text(after.source)
      .Text(after.source_event_id)
      .Text(query.except_source)
      .Int(query.limit.value_or(std::numeric_limits<int32_t>::max()));
  return params;
}

}  // namespace

absl::StatusOr<ImportCounts> PgEventStore::Import(const CatalogueImport& import, absl::Time recorded_at) {
  std::vector<EventKey> keys;
  for (const SeismicEvent& event : import.events) {
    RETURN_IF_ERROR(ValidateEvent(event));
    keys.emplace_back(event.source, event.source_event_id);
  }
  for (const EventWithdrawal& one : import.withdrawn) keys.emplace_back(one.source, one.source_event_id);
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<ImportCounts> {
    // Two imports at once could both become the same revision, and sequences grow in commit order.
    LockForTransaction(tx, kCatalogueLock);
    RevisionPlan plan(ReadNewest(tx, keys), StoredTime(recorded_at));
    for (SeismicEvent event : import.events) {
      event.origin_time = StoredTime(event.origin_time);
      if (event.updated.has_value()) event.updated = StoredTime(*event.updated);
      plan.Add(std::move(event));
    }
    for (EventWithdrawal one : import.withdrawn) {
      if (one.updated.has_value()) one.updated = StoredTime(*one.updated);
      plan.Withdraw(one);
    }
    Insert(tx, plan.added());
    return plan.counts();
  });
}

absl::StatusOr<std::vector<SeismicEvent>> PgEventStore::List(const EventQuery& query) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<SeismicEvent>> {
    if (query.limit.has_value()) {
      // The planner takes the anti-join for one that leaves little, and would read and sort all that comes
      // behind a page. For this transaction it has the way along the index alone.
      ExecSql(tx, R"sql(
                SELECT set_config(name, 'off', true)
                FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_bitmapscan', 'enable_seqscan',
                                  'enable_sort']) AS name
              )sql");
    }
    // In the order of the index events_origin_time, so that a page costs what it holds.
    std::vector<SeismicEvent> events =
        ExecSql(tx,
                absl::StrCat("SELECT ", kColumns, kOfQuery, "ORDER BY origin_time, source, source_event_id LIMIT $10"),
                ParamsOf(query))
            .All(EventFrom);
    ApplyDecisions(DecisionsStandingAt(tx, query.as_of), events);
    return events;
  });
}

absl::StatusOr<int64_t> PgEventStore::Count(const EventQuery& query) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    return ExecSql(tx, absl::StrCat("SELECT count(*) FROM (SELECT 1", kOfQuery, "LIMIT $10) AS asked"), ParamsOf(query))
        .Int(0, 0);
  });
}

absl::StatusOr<CatalogueChanges> PgEventStore::ChangesAfter(std::optional<int64_t> sequence) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<CatalogueChanges> {
    CatalogueChanges changes;
    // First, so that what commits in between is told once more and not forgotten.
    changes.sequence = ExecSql(tx, R"sql(
                         SELECT greatest(0, (SELECT max(sequence) FROM events),
                                         (SELECT max(sequence) FROM identity_decisions))
                       )sql")
                           .Int(0, 0);
    if (!sequence.has_value() || *sequence >= changes.sequence) return changes;
    changes.origin_times = ExecSql(tx, R"sql(
                             SELECT origin_time FROM events WHERE sequence > $1
                             UNION
                             SELECT before.origin_time
                             FROM events e
                             JOIN events before USING (source, source_event_id)
                             WHERE e.sequence > $1 AND before.revision = e.revision - 1
                             UNION
                             SELECT e.origin_time
                             FROM identity_decisions d
                             JOIN events e ON (e.source, e.source_event_id) = (d.source, d.source_event_id)
                               OR (e.source, e.source_event_id) = (d.other_source, d.other_source_event_id)
                             WHERE d.sequence > $1
                             ORDER BY 1
                           )sql",
                                   SqlParams().Int(*sequence))
                               .All([](SqlRow row) { return row.Time(); });
    return changes;
  });
}

absl::StatusOr<Completeness> PgEventStore::StateComplete(const Completeness& statement, bool extend) {
  RETURN_IF_ERROR(ValidateCompleteness(statement));
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Completeness> {
    LockForTransaction(tx, kCatalogueLock);  // two statements at once could both replace the same
    Completeness stored = statement;
    stored.period = {StoredTime(statement.period.begin), StoredTime(statement.period.end)};
    stored.stated_at = StoredTime(statement.stated_at);
    CompletenessChange change = PlanStatement(std::move(stored), extend, ReadStatements(tx, false));
    if (change.standing.has_value()) return *change.standing;
    ExecSql(tx, R"sql(
              UPDATE catalogue_completeness SET revoked_at = $1 WHERE id = ANY($2::bigint[])
            )sql",
            SqlParams().Time(statement.stated_at).Ints(change.replaced));
    Completeness& added = change.added;
    added.id = ExecSql(tx, R"sql(
              INSERT INTO catalogue_completeness
                (source, region, complete_from, complete_until, magnitude, basis, note, stated_at)
              VALUES ($1, nullif($2, ''), $3, $4, $5, $6, $7, $8)
              RETURNING id
            )sql",
                       SqlParams()
                           .Text(added.source)
                           .Text(added.region.value_or(RegionId()).value())
                           .Time(added.period.begin)
                           .Time(added.period.end)
                           .Double(added.magnitude)
                           .Int(static_cast<int64_t>(added.basis))
                           .Text(added.note)
                           .Time(added.stated_at))
                   .Int(0, 0);
    return added;
  });
}

absl::StatusOr<Completeness> PgEventStore::RevokeComplete(int64_t id, absl::Time revoked_at) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Completeness> {
    const SqlRows rows =
        ExecSql(tx,
                absl::StrCat("UPDATE catalogue_completeness SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2 "
                             "RETURNING ",
                             kStatementColumns),
                SqlParams().Time(revoked_at).Int(id));
    if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no statement ", id));
    return StatementFrom(rows[0]);
  });
}

absl::StatusOr<std::vector<Completeness>> PgEventStore::ListCompleteness(bool include_revoked) {
  return sessions_->Run(
      [&](pqxx::work& tx) -> absl::StatusOr<std::vector<Completeness>> { return ReadStatements(tx, include_revoked); });
}

}  // namespace tremorcast
