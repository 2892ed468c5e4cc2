#include "storage/stores/forecast_store.h"

#include <map>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/notification_listener.h"
#include "storage/postgres/sql_text.h"
#include "storage/stores/forecast_rows.h"

namespace tremorcast {
namespace {

using ForecastKey = std::pair<std::string, std::string>;  // region, id

std::vector<int64_t> Numbers(absl::Span<const ForecastPurpose> purposes) {
  std::vector<int64_t> numbers;
  for (const ForecastPurpose purpose : purposes) numbers.push_back(static_cast<int64_t>(purpose));
  return numbers;
}

// The rows of `Row` that belong to the forecasts, by `order`.
template <typename Row>
std::vector<Row> PartsOf(pqxx::work& tx, const std::vector<std::string>& regions, const std::vector<std::string>& ids,
                         const char* order) {
  return ExecSql(tx,
                 absl::StrCat(ArchiveTable<Row>::Select(), R"sql(
                       JOIN unnest($1::text[], $2::text[]) AS k(region, forecast_id) USING (region, forecast_id)
                       ORDER BY region, forecast_id, )sql",
                              order),
                 SqlParams().Texts(regions).Texts(ids))
      .All(ArchiveTable<Row>::Read);
}

// The forecasts of `rows`, with their stations, rungs, outlooks and horizons, each fetched in one statement.
std::vector<Forecast> WithParts(pqxx::work& tx, const SqlRows& rows) {
  std::vector<Forecast> forecasts = rows.All(ArchiveTable<Forecast>::Read);
  if (forecasts.empty()) return forecasts;
  std::map<ForecastKey, Forecast*> at;
  std::vector<std::string> regions, ids;
  for (Forecast& forecast : forecasts) {
    at[{forecast.region.value(), forecast.id}] = &forecast;
    regions.push_back(forecast.region.value());
    ids.push_back(forecast.id);
  }
  for (StationRow& row : PartsOf<StationRow>(tx, regions, ids, "ordinal")) {
    at.at({row.region.value(), row.forecast_id})->stations.push_back(std::move(row.station));
  }
  for (RungRow& row : PartsOf<RungRow>(tx, regions, ids, "rung")) {
    at.at({row.region.value(), row.forecast_id})->rungs.push_back(std::move(row.answer));
  }
  for (OutlookRow& row : PartsOf<OutlookRow>(tx, regions, ids, "horizon_days")) {
    std::optional<CatalogueOutlook>& outlook = at.at({row.region.value(), row.forecast_id})->outlook;
    if (!outlook.has_value()) outlook = std::move(row.outlook);
    outlook->horizons.push_back(row.horizon);
  }
  for (StationHorizonRow& row : PartsOf<StationHorizonRow>(tx, regions, ids, "horizon_days")) {
    row.horizon.answer.rung = Rung::kStations;
    at.at({row.region.value(), row.forecast_id})->station_horizons.push_back(std::move(row.horizon));
  }
  return forecasts;
}

// The revision's key is taken or its predecessor is missing: an answer. Otherwise nothing.
absl::StatusOr<std::optional<Forecast>> CheckKey(pqxx::work& tx, const Forecast& forecast) {
  const SqlRows known = ExecSql(tx, absl::StrCat(ArchiveTable<Forecast>::Select(), R"sql(
                                  WHERE region = $1
                                    AND ((valid_from = $2 AND purpose = $3 AND revision IN ($4, $5))
                                         OR forecast_id = $6)
                                )sql"),
                                SqlParams()
                                    .Text(forecast.region.value())
                                    .Time(forecast.valid_from)
                                    .Int(static_cast<int>(forecast.purpose))
                                    .Int(forecast.revision)
                                    .Int(forecast.revision - 1)
                                    .Text(forecast.id));
  bool predecessor = forecast.revision == 1;
  for (Forecast& other : WithParts(tx, known)) {
    const bool same_week = other.valid_from == StoredTime(forecast.valid_from) && other.purpose == forecast.purpose;
    if (same_week && other.revision == forecast.revision - 1) {
      predecessor = true;
    } else if (!same_week || other.revision != forecast.revision) {
      return absl::AlreadyExistsError(
          absl::StrCat("forecast id ", forecast.id, " is taken in region ", forecast.region.value()));
    } else if (other.input_hash == forecast.input_hash) {
      return std::optional<Forecast>(std::move(other));
    } else {
      return absl::AlreadyExistsError(absl::StrCat("forecast ", forecast.id, " of region ", forecast.region.value(),
                                                   " is archived with other inputs"));
    }
  }
  if (!predecessor) {
    return absl::FailedPreconditionError(absl::StrCat("forecast ", forecast.id, " of region ", forecast.region.value(),
                                                      ": the revision before it is missing"));
  }
  return std::optional<Forecast>();
}

// "Of these purposes (none: all), and of this region where one is given", with its parameters.
std::string WhereAsked(const std::optional<RegionId>& region, absl::Span<const ForecastPurpose> purposes,
                       SqlParams& params) {
  params.Ints(Numbers(purposes));
  std::string where = "(cardinality($1::bigint[]) = 0 OR purpose = ANY($1::bigint[]))";
  if (region.has_value()) {
    params.Text(region->value());
    where += " AND region = $2";
  }
  return where;
}

}  // namespace

absl::StatusOr<Forecast> PgForecastStore::Append(const Forecast& forecast) {
  if (forecast.region.empty() || forecast.id.empty() || forecast.revision < 1) {
    return absl::InvalidArgumentError("a forecast needs a region, an id and a revision of 1 or more");
  }
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Forecast> {
    LockForTransaction(tx, kForecastSequenceLock);
    ASSIGN_OR_RETURN(auto stored, CheckKey(tx, forecast));
    if (stored.has_value()) return *std::move(stored);
    Forecast next = forecast;
    next.sequence = ExecSql(tx, "SELECT nextval('forecast_sequence')").Int(0, 0);
    using Forecasts = ArchiveTable<Forecast>;
    const SqlRows row =
        ExecSql(tx, absl::StrCat(Forecasts::Insert(), " RETURNING ", Forecasts::Columns()), Forecasts::Params(next));
    for (int i = 0; i < static_cast<int>(next.stations.size()); ++i) {
      ExecSql(tx, ArchiveTable<StationRow>::Insert(),
              ArchiveTable<StationRow>::Params({next.region, next.id, i, next.stations[i]}));
    }
    for (const RungAnswer& answer : next.rungs) {
      ExecSql(tx, ArchiveTable<RungRow>::Insert(), ArchiveTable<RungRow>::Params({next.region, next.id, answer}));
    }
    if (next.outlook.has_value()) {
      for (const HorizonOutlook& horizon : next.outlook->horizons) {
        ExecSql(tx, ArchiveTable<OutlookRow>::Insert(),
                ArchiveTable<OutlookRow>::Params({next.region, next.id, horizon, *next.outlook}));
      }
    }
    for (const StationHorizon& horizon : next.station_horizons) {
      ExecSql(tx, ArchiveTable<StationHorizonRow>::Insert(),
              ArchiveTable<StationHorizonRow>::Params({next.region, next.id, horizon}));
    }
    Notify(tx, kForecastsChannel, absl::StrCat(next.sequence));
    return std::move(WithParts(tx, row).front());
  });
}

absl::StatusOr<std::optional<Forecast>> PgForecastStore::Get(const RegionId& region, absl::string_view id) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::optional<Forecast>> {
    auto found = WithParts(
        tx, ExecSql(tx, absl::StrCat(ArchiveTable<Forecast>::Select(), " WHERE region = $1 AND forecast_id = $2"),
                    SqlParams().Text(region.value()).Text(id)));
    if (found.empty()) return std::optional<Forecast>();
    return std::optional<Forecast>(std::move(found.front()));
  });
}

absl::StatusOr<std::vector<Forecast>> PgForecastStore::List(const ForecastQuery& query) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Forecast>> {
    SqlParams params;
    params.Int(query.after_sequence).Time(query.valid_from.begin).Time(query.valid_from.end).Int(query.limit);
    std::string where = "sequence > $1 AND valid_from >= $2 AND valid_from < $3";
    const auto next = [&] { return absl::StrCat("$", params.values().size()); };
    if (query.region.has_value()) {
      params.Text(query.region->value());
      absl::StrAppend(&where, " AND region = ", next());
    }
    if (!query.purposes.empty()) {
      params.Ints(Numbers(query.purposes));
      absl::StrAppend(&where, " AND purpose = ANY(", next(), "::bigint[])");
    }
    if (!query.issues.empty()) {
      std::vector<int64_t> issues;
      for (const IssueKind kind : query.issues) issues.push_back(static_cast<int64_t>(kind));
      params.Ints(issues);
      absl::StrAppend(&where, " AND issue = ANY(", next(), "::bigint[])");
    }
    if (query.latest_revision_only) {
      absl::StrAppend(&where, R"sql(
        AND NOT EXISTS (
          SELECT 1
          FROM forecasts later
          WHERE later.region = f.region
            AND later.valid_from = f.valid_from
            AND later.purpose = f.purpose
            AND later.revision > f.revision
        ))sql");
    }
    const char* order = query.newest_first ? "valid_from DESC, region, revision DESC, sequence DESC" : "sequence";
    return WithParts(tx, ExecSql(tx,
                                 absl::StrCat(ArchiveTable<Forecast>::Select(), " f WHERE ", where, " ORDER BY ", order,
                                              " LIMIT $4"),
                                 params));
  });
}

absl::StatusOr<int64_t> PgForecastStore::LastSequence() {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    return ExecSql(tx, "SELECT coalesce(max(sequence), 0) FROM forecasts").Int(0, 0);
  });
}

absl::Status PgForecastStore::AppendVerification(const Verification& verification) {
  return sessions_->RunTransaction([&](pqxx::work& tx) -> absl::Status {
    if (verification.revision > 1) {
      const SqlRows before = ExecSql(
          tx, R"sql(
                                       SELECT 1 FROM verifications
                                       WHERE region = $1 AND forecast_id = $2 AND revision = $3
                                     )sql",
          SqlParams().Text(verification.region.value()).Text(verification.forecast_id).Int(verification.revision - 1));
      if (before.empty()) {
        return absl::FailedPreconditionError(absl::StrCat("verification of ", verification.forecast_id, " of region ",
                                                          verification.region.value(),
                                                          ": the revision before it is missing"));
      }
    }
    ExecSql(tx, absl::StrCat(ArchiveTable<Verification>::Insert(), " ON CONFLICT DO NOTHING"),
            ArchiveTable<Verification>::Params(verification));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<Verification>> PgForecastStore::ListVerifications(
    const std::optional<RegionId>& region, absl::Span<const ForecastPurpose> purposes) {
  return NewestOf(IssueKind::kWeekly, region, purposes);
}

absl::StatusOr<std::vector<Verification>> PgForecastStore::ListDailyVerifications(
    const std::optional<RegionId>& region, absl::Span<const ForecastPurpose> purposes) {
  return NewestOf(IssueKind::kDaily, region, purposes);
}

absl::StatusOr<std::vector<ArchivedRung>> PgForecastStore::ListRungs(const RegionId& region) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<ArchivedRung>> {
    return ExecSql(tx, R"sql(
                     SELECT r.forecast_id, r.rung, r.probabilities, r.demonstrated_skill
                     FROM forecast_rungs r
                     JOIN forecasts f USING (region, forecast_id)
                     WHERE r.region = $1 AND r.model_version <> '' AND f.scored
                     ORDER BY r.forecast_id, r.rung
                   )sql",
                   SqlParams().Text(region.value()))
        .All([](SqlRow row) {
          ArchivedRung rung;
          rung.forecast_id = row.Text();
          rung.rung = static_cast<Rung>(row.Int32());
          rung.probabilities = row.Array<kClasses>();
          rung.demonstrated_skill = row.Bool();
          return rung;
        });
  });
}

absl::StatusOr<std::vector<Verification>> PgForecastStore::NewestOf(IssueKind issue,
                                                                    const std::optional<RegionId>& region,
                                                                    absl::Span<const ForecastPurpose> purposes) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Verification>> {
    SqlParams params;
    const std::string where =
        absl::StrCat("v.issue = ", static_cast<int>(issue), " AND ", WhereAsked(region, purposes, params));
    auto newest = ExecSql(tx, absl::StrCat(ArchiveTable<Verification>::Select(), " v WHERE ", where, R"sql(
                            AND NOT EXISTS (
                              SELECT 1
                              FROM verifications later
                              WHERE later.region = v.region
                                AND later.forecast_id = v.forecast_id
                                AND later.revision > v.revision
                            )
                            ORDER BY valid_from, region, forecast_id
                          )sql"),
                          params)
                      .All(ArchiveTable<Verification>::Read);
    std::erase_if(newest, [](const Verification& v) { return !v.counts(); });
    return newest;
  });
}

absl::StatusOr<std::vector<Verification>> PgForecastStore::ListVerificationRevisions() {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Verification>> {
    return ExecSql(tx, absl::StrCat(ArchiveTable<Verification>::Select(),
                                    " ORDER BY valid_from, region, forecast_id, revision"))
        .All(ArchiveTable<Verification>::Read);
  });
}

absl::Status PgForecastStore::AppendShadow(const ShadowForecast& shadow) {
  if (shadow.model_version.empty()) return absl::InvalidArgumentError("a shadow forecast needs a model");
  return sessions_->RunTransaction([&](pqxx::work& tx) -> absl::Status {
    const auto forecast = ExecSql(tx, R"sql(
                                    SELECT 1
                                    FROM forecasts
                                    WHERE region = $1 AND forecast_id = $2 AND valid_from = $3 AND purpose = $4
                                  )sql",
                                  SqlParams()
                                      .Text(shadow.region.value())
                                      .Text(shadow.forecast_id)
                                      .Time(shadow.valid_from)
                                      .Int(static_cast<int>(shadow.purpose)));
    if (forecast.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("no forecast ", shadow.forecast_id, " of region ",
                                                        shadow.region.value(), " for that week and purpose"));
    }
    ExecSql(tx, absl::StrCat(ArchiveTable<ShadowForecast>::Insert(), " ON CONFLICT DO NOTHING"),
            ArchiveTable<ShadowForecast>::Params(shadow));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<ShadowForecast>> PgForecastStore::ListShadows(const std::optional<RegionId>& region,
                                                                         absl::Span<const ForecastPurpose> purposes) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<ShadowForecast>> {
    SqlParams params;
    const std::string where = WhereAsked(region, purposes, params);
    return ExecSql(tx,
                   absl::StrCat(ArchiveTable<ShadowForecast>::Select(), " WHERE ", where,
                                " ORDER BY valid_from, region, forecast_id, model_version"),
                   params)
        .All(ArchiveTable<ShadowForecast>::Read);
  });
}

}  // namespace tremorcast
