#include "storage/stores/decision_rows.h"

#include <optional>
#include <string>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "storage/postgres/lock_keys.h"
#include "storage/stores/event_store.h"

namespace tremorcast {
namespace {

constexpr char kDecisionColumns[] = R"sql(
    id, verdict, source, source_event_id, other_source, other_source_event_id, reason, actor, decided_at,
    taken_back_at, taken_back_reason, taken_back_actor
)sql";

IdentityDecision DecisionFrom(SqlRow row) {
  IdentityDecision one;
  one.id = row.Int();
  one.verdict = static_cast<IdentityVerdict>(row.Int());
  one.event.source = row.Text();
  one.event.source_event_id = row.Text();
  if (row.SkipNull()) {
    row.Skip(1);
  } else {
    one.other.emplace();
    one.other->source = row.Text();
    one.other->source_event_id = row.Text();
  }
  one.reason = row.Text();
  one.actor = row.Text();
  one.decided_at = row.Time();
  if (!row.SkipNull()) {
    one.taken_back.emplace();
    one.taken_back->at = row.Time();
    one.taken_back->reason = row.Text();
    one.taken_back->actor = row.Text();
  }
  return one;
}

absl::StatusOr<absl::Time> OriginTime(pqxx::work& tx, const EventRef& ref) {
  const SqlRows found = ExecSql(tx, R"sql(
                                  SELECT origin_time
                                  FROM events
                                  WHERE source = $1 AND source_event_id = $2
                                  ORDER BY revision DESC
                                  LIMIT 1
                                )sql",
                                SqlParams().Text(ref.source).Text(ref.source_event_id));
  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no event ", ref.source, "/", ref.source_event_id));
  }
  return found.Time(0, 0);
}

}  // namespace

std::vector<IdentityDecision> DecisionsStandingAt(pqxx::work& tx, absl::Time time) {
  return ExecSql(tx, absl::StrCat("SELECT ", kDecisionColumns, R"sql(
                   FROM identity_decisions
                   WHERE decided_at <= $1 AND (taken_back_at IS NULL OR taken_back_at > $1)
                   ORDER BY id
                 )sql"),
                 SqlParams().Time(time))
      .All(DecisionFrom);
}

absl::StatusOr<IdentityDecision> PgEventStore::Decide(const IdentityDecision& decision) {
  RETURN_IF_ERROR(ValidateDecision(decision));
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<IdentityDecision> {
    LockForTransaction(tx, kCatalogueLock);  // two at once could say the contrary, and sequences grow in commit order
    ASSIGN_OR_RETURN(const absl::Time time, OriginTime(tx, decision.event));
    const EventRef other = decision.other.value_or(EventRef());
    if (decision.other.has_value()) {
      ASSIGN_OR_RETURN(const absl::Time other_time, OriginTime(tx, other));
      if (absl::AbsDuration(time - other_time) > kMergeReach) {
        return absl::FailedPreconditionError(absl::StrCat("the two lie ",
                                                          absl::FormatDuration(absl::AbsDuration(time - other_time)),
                                                          " apart, more than ", absl::FormatDuration(kMergeReach)));
      }
    }
    ASSIGN_OR_RETURN(const std::optional<IdentityDecision> same,
                     SameDecision(decision, DecisionsStandingAt(tx, absl::InfiniteFuture())));
    if (same.has_value()) return *same;
    const SqlRows added = ExecSql(tx,
                                  absl::StrCat(R"sql(
              INSERT INTO identity_decisions
                (verdict, source, source_event_id, other_source, other_source_event_id, reason, actor, decided_at)
              VALUES ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6, $7, $8)
              RETURNING )sql",
                                               kDecisionColumns),
                                  SqlParams()
                                      .Int(static_cast<int64_t>(decision.verdict))
                                      .Text(decision.event.source)
                                      .Text(decision.event.source_event_id)
                                      .Text(other.source)
                                      .Text(other.source_event_id)
                                      .Text(decision.reason)
                                      .Text(decision.actor)
                                      .Time(decision.decided_at));
    return DecisionFrom(added[0]);
  });
}

absl::StatusOr<IdentityDecision> PgEventStore::TakeBack(int64_t id, const IdentityDecision::TakenBack& taken_back) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<IdentityDecision> {
    LockForTransaction(tx, kCatalogueLock);
    ExecSql(tx, R"sql(
              UPDATE identity_decisions
              SET taken_back_at = $2, taken_back_reason = $3, taken_back_actor = $4,
                  sequence = nextval('catalogue_sequence')
              WHERE id = $1 AND taken_back_at IS NULL
            )sql",
            SqlParams().Int(id).Time(taken_back.at).Text(taken_back.reason).Text(taken_back.actor));
    const SqlRows found = ExecSql(
        tx, absl::StrCat("SELECT ", kDecisionColumns, " FROM identity_decisions WHERE id = $1"), SqlParams().Int(id));
    if (found.empty()) return absl::NotFoundError(absl::StrCat("there is no decision ", id));
    return DecisionFrom(found[0]);
  });
}

absl::StatusOr<std::vector<IdentityDecision>> PgEventStore::ListDecisions(bool include_taken_back) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<IdentityDecision>> {
    return ExecSql(tx, absl::StrCat("SELECT ", kDecisionColumns, R"sql(
                     FROM identity_decisions
                     WHERE taken_back_at IS NULL OR $1
                     ORDER BY id
                   )sql"),
                   SqlParams().Bool(include_taken_back))
        .All(DecisionFrom);
  });
}

}  // namespace tremorcast
