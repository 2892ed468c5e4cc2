#include "core/forecast/forecast.h"

#include <algorithm>
#include <cmath>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

constexpr double kMaterialChange = 0.001;

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

absl::string_view IssueKindName(IssueKind kind) {
  switch (kind) {
    case IssueKind::kWeekly:
      return "weekly";
    case IssueKind::kDaily:
      return "daily";
    case IssueKind::kEvent:
      return "event";
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

const RungAnswer* FindRung(const Forecast& forecast, Rung rung) {
  for (const RungAnswer& answer : forecast.rungs) {
    if (answer.rung == rung) return &answer;
  }
  return nullptr;
}

const ModelProvenance& StationModel(const Forecast& forecast) {
  const RungAnswer* stations = FindRung(forecast, Rung::kStations);
  return stations != nullptr ? stations->model : forecast.model;
}

Rung AnsweringRung(const Forecast& forecast) {
  for (const RungAnswer& answer : forecast.rungs) {
    if (answer.answers) return answer.rung;
  }
  return forecast.model_used ? Rung::kStations : Rung::kClimatology;
}

const ClassProbabilities& BelowStations(const Forecast& forecast) {
  const RungAnswer* catalogue = FindRung(forecast, Rung::kCatalogue);
  return catalogue != nullptr && catalogue->demonstrated_skill ? catalogue->probabilities : forecast.climatology;
}

absl::string_view VerificationReasonName(VerificationReason reason) {
  switch (reason) {
    case VerificationReason::kFirst:
      return "first";
    case VerificationReason::kCatalogueChanged:
      return "catalogue_changed";
    case VerificationReason::kNoLongerComplete:
      return "no_longer_complete";
    case VerificationReason::kCompleteAgain:
      return "complete_again";
  }
  return "unknown";
}

bool SameOutcome(const Verification& a, const Verification& b) {
  return a.observed() == b.observed() && a.observed_class_after_issue == b.observed_class_after_issue;
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
  if (!(p > 0 && p <= 0.95)) return "";  // nobody says 10 in 10 of what may fail to come
  if (p >= 2.0 / 3) return absl::StrCat("about ", std::min(9L, std::lround(10 * p)), " in 10");
  return absl::StrCat("about 1 in ", TwoSignificantDigits(1 / p));
}

absl::string_view AudienceNotice() {
  return "research use: no one can predict the exact time or place of an earthquake";
}

bool DiffersMaterially(const Forecast& before, const Forecast& after) {
  const auto moved = [](const ClassProbabilities& a, const ClassProbabilities& b) {
    return !std::equal(a.begin(), a.end(), b.begin(),
                       [](double x, double y) { return std::abs(x - y) < kMaterialChange - 1e-12; });
  };
  const auto same = [&](const StationHorizon& a, const StationHorizon& b) {
    return a.days == b.days && a.answer.model.version == b.answer.model.version &&
           a.answer.answers == b.answer.answers && !moved(a.answer.probabilities, b.answer.probabilities);
  };
  return before.status != after.status || moved(before.probabilities, after.probabilities) ||
         !std::equal(before.station_horizons.begin(), before.station_horizons.end(), after.station_horizons.begin(),
                     after.station_horizons.end(), same);
}

}  // namespace tremorcast
