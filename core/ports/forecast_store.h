#pragma once

// The archive of forecasts, their verifications, and what other models answered beside them. What
// all ports promise (threads, blocking, errors): core/ports/README.md.

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/forecast/forecast.h"
#include "core/forecast/shadow_forecast.h"

namespace tremorcast {

struct ForecastQuery {
  std::optional<RegionId> region;
  std::vector<ForecastPurpose> purposes = {ForecastPurpose::kOperational};
  std::vector<IssueKind> issues = {IssueKind::kWeekly};  // empty: all
  Interval valid_from = {absl::InfinitePast(), absl::InfiniteFuture()};
  bool latest_revision_only = true;
  int64_t after_sequence = 0;
  int limit = 1000;
  bool newest_first = false;  // by (valid_from, region, revision); else by sequence
};

class ForecastStore {
 public:
  virtual ~ForecastStore() = default;
  // Archives a forecast and returns it with its sequence. Idempotent: the same (region, valid_from,
  // purpose, revision) returns the stored one when input_hash is equal, else AlreadyExists.
  // FailedPrecondition: revision r > 1 without r
  // - 1.
  virtual absl::StatusOr<Forecast> Append(const Forecast& forecast) = 0;
  virtual absl::StatusOr<std::optional<Forecast>> Get(const RegionId& region, absl::string_view id) = 0;
  virtual absl::StatusOr<std::vector<Forecast>> List(const ForecastQuery& query) = 0;
  virtual absl::StatusOr<int64_t> LastSequence() = 0;

  // Idempotent per forecast and revision. FailedPrecondition: revision r > 1 without r - 1.
  virtual absl::Status AppendVerification(const Verification& verification) = 0;
  // Of weekly issues: the newest revision of each that counts, oldest week first; `region` empty = all.
  virtual absl::StatusOr<std::vector<Verification>> ListVerifications(const std::optional<RegionId>& region,
                                                                      absl::Span<const ForecastPurpose> purposes) = 0;
  // The same of daily issues.
  virtual absl::StatusOr<std::vector<Verification>> ListDailyVerifications(
      const std::optional<RegionId>& region, absl::Span<const ForecastPurpose> purposes) = 0;
  // Every revision of every verification, by (valid_from, region, forecast, revision).
  virtual absl::StatusOr<std::vector<Verification>> ListVerificationRevisions() = 0;

  // What each rung that has a model said in the scored forecasts of a region, by (forecast, rung).
  virtual absl::StatusOr<std::vector<ArchivedRung>> ListRungs(const RegionId& region) = 0;

  // Archives what a model answered beside an issued forecast. The first answer of (region,
  // forecast, model) stands; a repeated one is ignored. FailedPrecondition: there is no such
  // forecast, or it is about another week or purpose.
  virtual absl::Status AppendShadow(const ShadowForecast& shadow) = 0;
  // By (valid_from, region, forecast, model); `region` empty = all, `purposes` empty = all.
  virtual absl::StatusOr<std::vector<ShadowForecast>> ListShadows(const std::optional<RegionId>& region,
                                                                  absl::Span<const ForecastPurpose> purposes) = 0;
};

}  // namespace tremorcast
