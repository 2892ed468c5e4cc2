#include "core/forecast.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "core/scores.h"

namespace tremorcast {
namespace {

constexpr double kMaterialChange = 0.001;
constexpr int kWeeksForInterval = 8;
constexpr size_t kLastShown = 10;

// 12345 -> 12000: more digits would promise more than is known.
int64_t TwoSignificantDigits(double value) {
  const double step = std::pow(10.0, std::max(0.0, std::floor(std::log10(value)) - 1));
  return static_cast<int64_t>(std::llround(value / step) * std::llround(step));
}

}  // namespace

absl::string_view PurposeName(ForecastPurpose purpose) {
  switch (purpose) {
    case ForecastPurpose::kOperational:
      return "operational";
    case ForecastPurpose::kHindcast:
      return "hindcast";
    case ForecastPurpose::kTest:
      return "test";
  }
  return "unknown";
}

absl::string_view StatusName(ForecastStatus status) {
  switch (status) {
    case ForecastStatus::kOk:
      return "ok";
    case ForecastStatus::kDegraded:
      return "degraded";
    case ForecastStatus::kInsufficientData:
      return "insufficient_data";
  }
  return "unknown";
}

absl::string_view RevisionReasonName(RevisionReason reason) {
  switch (reason) {
    case RevisionReason::kFirstIssue:
      return "first_issue";
    case RevisionReason::kLateData:
      return "late_data";
    case RevisionReason::kWithdrawn:
      return "withdrawn";
    case RevisionReason::kRecomputed:
      return "recomputed";
  }
  return "unknown";
}

std::string MakeForecastId(absl::Time valid_from, ForecastPurpose purpose, int revision) {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%S", valid_from, NetworkTimeZone()), "-", PurposeName(purpose), "-r",
                      revision);
}

std::string DisplayProbability(double p) {
  if (!(p >= 0.01)) return "<1 %";
  if (p > 0.99) return ">99 %";
  return absl::StrCat(std::lround(100 * p), " %");
}

std::string AboutOneIn(double p) {
  if (!(p > 0)) return "";
  if (p >= 2.0 / 3) return absl::StrCat("about ", std::min(10L, std::lround(10 * p)), " in 10");
  return absl::StrCat("about 1 in ", TwoSignificantDigits(1 / p));
}

absl::string_view AudienceNotice() {
  return "research use: no one can predict the exact time or place of an earthquake";
}

bool DiffersMaterially(const Forecast& before, const Forecast& after) {
  if (before.status != after.status) return true;
  for (int k = 0; k < kClasses; ++k) {
    if (std::abs(before.probabilities[k] - after.probabilities[k]) >= kMaterialChange - 1e-12) return true;
  }
  return false;
}

TrackRecord BuildTrackRecord(const RegionId& region, std::vector<Verification> verifications) {
  TrackRecord record;
  record.region = region;
  verifications.erase(std::remove_if(verifications.begin(), verifications.end(),
                                     [&](const Verification& v) { return v.region != region; }),
                      verifications.end());
  std::stable_sort(verifications.begin(), verifications.end(),
                   [](const Verification& a, const Verification& b) { return a.valid_from > b.valid_from; });
  std::vector<absl::Time> weeks;
  std::vector<double> gains;
  EProcess evidence;
  for (const Verification& v : verifications) {
    weeks.push_back(v.valid_from);
    gains.push_back(v.information_gain);
    evidence.Add(v.information_gain);
    if (v.observed_class >= 1) ++record.event_weeks;
  }
  record.weeks_scored = static_cast<int>(verifications.size());
  record.log_evidence = evidence.log_evidence();
  if (absl::StatusOr<MeanInterval> interval = BootstrapMean(weeks, gains, BootstrapOptions()); interval.ok()) {
    record.information_gain = interval->mean;
    if (interval->weeks >= kWeeksForInterval) {
      record.gain_low = interval->low;
      record.gain_high = interval->high;
    }
  }
  if (verifications.size() > kLastShown) verifications.resize(kLastShown);
  record.last = std::move(verifications);
  return record;
}

}  // namespace tremorcast
