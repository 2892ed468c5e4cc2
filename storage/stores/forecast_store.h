#pragma once

// ForecastStore over PostgreSQL. Sequences follow the order of commits: a transaction draws its
// number under a lock that it holds until it commits, so a watcher that has seen n never meets n -
// 1 later. Appending notifies kForecastsChannel. Thread safe; blocks on I/O.

#include <optional>
#include <vector>

#include "core/ports/forecast_store.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgForecastStore : public ForecastStore {
 public:
  explicit PgForecastStore(SqlSessions* sessions) : sessions_(sessions) {}

  absl::StatusOr<Forecast> Append(const Forecast& forecast) override;
  absl::StatusOr<std::optional<Forecast>> Get(const RegionId& region, absl::string_view id) override;
  absl::StatusOr<std::vector<Forecast>> List(const ForecastQuery& query) override;
  absl::StatusOr<int64_t> LastSequence() override;
  absl::Status AppendVerification(const Verification& verification) override;
  absl::StatusOr<std::vector<Verification>> ListVerifications(const std::optional<RegionId>& region,
                                                              absl::Span<const ForecastPurpose> purposes) override;
  absl::StatusOr<std::vector<Verification>> ListDailyVerifications(const std::optional<RegionId>& region,
                                                                   absl::Span<const ForecastPurpose> purposes) override;
  absl::StatusOr<std::vector<Verification>> ListVerificationRevisions() override;
  absl::StatusOr<std::vector<ArchivedRung>> ListRungs(const RegionId& region) override;
  absl::Status AppendShadow(const ShadowForecast& shadow) override;
  absl::StatusOr<std::vector<ShadowForecast>> ListShadows(const std::optional<RegionId>& region,
                                                          absl::Span<const ForecastPurpose> purposes) override;

 private:
  absl::StatusOr<std::vector<Verification>> NewestOf(IssueKind issue, const std::optional<RegionId>& region,
                                                     absl::Span<const ForecastPurpose> purposes);
  SqlSessions* const sessions_;
};

}  // namespace tremorcast
