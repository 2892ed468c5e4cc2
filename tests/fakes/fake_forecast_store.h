#pragma once

// The forecast archive in memory. Thread safe.

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "core/ports/forecast_store.h"
#include "tests/fakes/faults.h"

namespace tremorcast {

class FakeForecastStore : public ForecastStore {
 public:
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

  Faults& faults() { return faults_; }

 private:
  absl::StatusOr<std::vector<Verification>> NewestOf(IssueKind issue, const std::optional<RegionId>& region,
                                                     absl::Span<const ForecastPurpose> purposes);
  bool Superseded(const Forecast& forecast) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Faults faults_;
  absl::Mutex mutex_;
  std::vector<Forecast> forecasts_ ABSL_GUARDED_BY(mutex_);  // [sequence - 1]
  // Revisions, oldest first.
  std::map<std::pair<RegionId, std::string>, std::vector<Verification>> verifications_ ABSL_GUARDED_BY(mutex_);
  std::map<std::tuple<RegionId, std::string, ModelVersion>, ShadowForecast> shadows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast
