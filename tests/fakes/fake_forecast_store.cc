#include "tests/fakes/fake_forecast_store.h"

#include <algorithm>
#include <tuple>

#include <absl/algorithm/container.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

Forecast AsStored(Forecast f) {
  for (absl::Time* t : {&f.issued_at, &f.data_cutoff, &f.valid_from, &f.valid_to, &f.expires_at, &f.next_issue,
                        &f.model.training_period.begin, &f.model.training_period.end}) {
    *t = ToStoredTime(*t);
  }
  for (StationCoverage& station : f.stations) {
    if (station.window.has_value()) station.window->start = ToStoredTime(station.window->start);
  }
  return f;
}

bool SameSlot(const Forecast& a, const Forecast& b) {
  return a.region == b.region && a.valid_from == b.valid_from && a.purpose == b.purpose;
}

}  // namespace

absl::StatusOr<Forecast> FakeForecastStore::Append(const Forecast& forecast) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (forecast.region.empty() || forecast.id.empty() || forecast.revision < 1) {
    return absl::InvalidArgumentError("a forecast needs a region, an id and a revision of 1 or more");
  }
  absl::MutexLock lock(&mutex_);
  Forecast next = AsStored(forecast);
  bool predecessor = next.revision == 1;
  for (const Forecast& known : forecasts_) {
    if (!SameSlot(known, next)) {
      if (known.region == next.region && known.id == next.id) {
        return absl::AlreadyExistsError(
            absl::StrCat("forecast id ", next.id, " is taken in region ", next.region.value()));
      }
      continue;
    }
    if (known.revision == next.revision) {
      if (known.input_hash == next.input_hash) return known;
      return absl::AlreadyExistsError(
          absl::StrCat("forecast ", next.id, " of region ", next.region.value(), " is archived with other inputs"));
    }
    if (known.revision == next.revision - 1) predecessor = true;
  }
  if (!predecessor) {
    return absl::FailedPreconditionError(
        absl::StrCat("forecast ", next.id, " of region ", next.region.value(), ": the revision before it is missing"));
  }
  next.sequence = static_cast<int64_t>(forecasts_.size()) + 1;
  forecasts_.push_back(next);
  return next;
}

absl::StatusOr<std::optional<Forecast>> FakeForecastStore::Get(const RegionId& region, absl::string_view id) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  for (const Forecast& forecast : forecasts_) {
    if (forecast.region == region && forecast.id == id) return std::optional<Forecast>(forecast);
  }
  return std::optional<Forecast>();
}

bool FakeForecastStore::Superseded(const Forecast& forecast) const {
  return absl::c_any_of(forecasts_, [&](const Forecast& other) {
    return SameSlot(other, forecast) && other.revision > forecast.revision;
  });
}

absl::StatusOr<std::vector<Forecast>> FakeForecastStore::List(const ForecastQuery& query) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<Forecast> result;
  for (const Forecast& forecast : forecasts_) {
    if (query.region.has_value() && forecast.region != *query.region) continue;
    if (!query.purposes.empty() && !absl::c_linear_search(query.purposes, forecast.purpose)) continue;
    if (!query.issues.empty() && !absl::c_linear_search(query.issues, forecast.issue)) continue;
    if (!query.valid_from.Contains(forecast.valid_from) || forecast.sequence <= query.after_sequence) continue;
    if (query.latest_revision_only && Superseded(forecast)) continue;
    result.push_back(forecast);
  }
  if (query.newest_first) {
    std::sort(result.begin(), result.end(), [](const Forecast& a, const Forecast& b) {
      return std::tie(b.valid_from, a.region, b.revision, b.sequence) <
             std::tie(a.valid_from, b.region, a.revision, a.sequence);
    });
  }
  if (static_cast<int>(result.size()) > query.limit) result.resize(query.limit);
  return result;
}

absl::StatusOr<int64_t> FakeForecastStore::LastSequence() {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(forecasts_.size());
}

absl::Status FakeForecastStore::AppendVerification(const Verification& verification) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  Verification stored = verification;
  stored.valid_from = ToStoredTime(stored.valid_from);
  stored.verified_at = ToStoredTime(stored.verified_at);
  std::vector<Verification>& revisions = verifications_[{verification.region, verification.forecast_id}];
  const int known = static_cast<int>(revisions.size());
  if (stored.revision > known + 1) return absl::FailedPreconditionError("the revision before it is missing");
  if (stored.revision == known + 1) revisions.push_back(std::move(stored));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Verification>> FakeForecastStore::ListVerifications(
    const std::optional<RegionId>& region, absl::Span<const ForecastPurpose> purposes) {
  return NewestOf(IssueKind::kWeekly, region, purposes);
}

absl::StatusOr<std::vector<Verification>> FakeForecastStore::ListDailyVerifications(
    const std::optional<RegionId>& region, absl::Span<const ForecastPurpose> purposes) {
  return NewestOf(IssueKind::kDaily, region, purposes);
}

absl::StatusOr<std::vector<ArchivedRung>> FakeForecastStore::ListRungs(const RegionId& region) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<ArchivedRung> rungs;
  for (const Forecast& forecast : forecasts_) {
    if (!forecast.scored || forecast.region != region) continue;
    for (const RungAnswer& answer : forecast.rungs) {
      if (answer.model.version.empty()) continue;
      rungs.push_back({forecast.id, answer.rung, answer.probabilities, answer.demonstrated_skill});
    }
  }
  std::sort(rungs.begin(), rungs.end(), [](const ArchivedRung& a, const ArchivedRung& b) {
    return std::tie(a.forecast_id, a.rung) < std::tie(b.forecast_id, b.rung);
  });
  return rungs;
}

absl::StatusOr<std::vector<Verification>> FakeForecastStore::NewestOf(IssueKind issue,
                                                                      const std::optional<RegionId>& region,
                                                                      absl::Span<const ForecastPurpose> purposes) {
  ASSIGN_OR_RETURN(std::vector<Verification> revisions, ListVerificationRevisions());
  std::vector<Verification> newest;
  for (Verification& one : revisions) {
    if (one.issue != issue || (region.has_value() && one.region != *region)) continue;
    if (!purposes.empty() && !absl::c_linear_search(purposes, one.purpose)) continue;
    if (one.revision > 1) newest.pop_back();
    newest.push_back(std::move(one));
  }
  std::erase_if(newest, [](const Verification& one) { return !one.counts(); });
  return newest;
}

absl::StatusOr<std::vector<Verification>> FakeForecastStore::ListVerificationRevisions() {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<Verification> all;
  for (const auto& [key, revisions] : verifications_) all.insert(all.end(), revisions.begin(), revisions.end());
  std::sort(all.begin(), all.end(), [](const Verification& a, const Verification& b) {
    return std::tie(a.valid_from, a.region, a.forecast_id, a.revision) <
           std::tie(b.valid_from, b.region, b.forecast_id, b.revision);
  });
  return all;
}

absl::Status FakeForecastStore::AppendShadow(const ShadowForecast& shadow) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (shadow.model_version.empty()) return absl::InvalidArgumentError("a shadow forecast needs a model");
  ShadowForecast stored = shadow;
  stored.valid_from = ToStoredTime(stored.valid_from);
  stored.answered_at = ToStoredTime(stored.answered_at);
  absl::MutexLock lock(&mutex_);
  if (absl::c_none_of(forecasts_, [&](const Forecast& known) {
        return known.region == stored.region && known.id == stored.forecast_id &&
               known.valid_from == stored.valid_from && known.purpose == stored.purpose;
      })) {
    return absl::FailedPreconditionError(absl::StrCat("no forecast ", stored.forecast_id, " of region ",
                                                      stored.region.value(), " for that week and purpose"));
  }
  shadows_.try_emplace({stored.region, stored.forecast_id, stored.model_version}, stored);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ShadowForecast>> FakeForecastStore::ListShadows(const std::optional<RegionId>& region,
                                                                           absl::Span<const ForecastPurpose> purposes) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<ShadowForecast> result;
  for (const auto& [key, shadow] : shadows_) {
    if (region.has_value() && shadow.region != *region) continue;
    if (!purposes.empty() && !absl::c_linear_search(purposes, shadow.purpose)) continue;
    result.push_back(shadow);
  }
  absl::c_stable_sort(result,
                      [](const ShadowForecast& a, const ShadowForecast& b) { return a.valid_from < b.valid_from; });
  return result;
}

}  // namespace tremorcast
