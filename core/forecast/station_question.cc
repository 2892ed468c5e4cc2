#include "core/forecast/station_question.h"

#include <utility>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

std::string Days(int days) { return absl::StrCat(days, days == 1 ? " day" : " days"); }

}  // namespace

WeekGrid StationQuestion::Grid() const {
  const WeekGrid& service = WeekGrid::Service();
  // Whole days from the service's grid on, which lies on the grid of slots.
  return WeekGrid::Create(service.Containing(absl::UnixEpoch()).begin + after_week_start(), service.length()).value();
}

absl::Status ValidateQuestion(const StationQuestion& question) {
  if (question.issue_day < 0 || question.issue_day >= kWeekDays)
    return absl::InvalidArgumentError(absl::StrCat("issue day ", question.issue_day, " is not in [0, 6]"));
  if (question.horizon_days < 1 || question.horizon_days > kWeekDays)
    return absl::InvalidArgumentError(absl::StrCat("a horizon of ", Days(question.horizon_days), " is not in [1, 7]"));
  return absl::OkStatus();
}

std::optional<StationQuestion> QuestionAt(absl::Time issue, int horizon_days) {
  const absl::Duration later = issue - WeekGrid::Service().Containing(issue).begin;
  if (later % absl::Hours(24) != absl::ZeroDuration()) return std::nullopt;
  return StationQuestion{static_cast<int>(later / absl::Hours(24)), horizon_days};
}

std::string DescribeQuestion(const StationQuestion& question) {
  std::string text;
  if (question.issue_day != 0) text = absl::StrCat("issued ", Days(question.issue_day), " after the week begins");
  if (question.horizon_days != kWeekDays)
    absl::StrAppend(&text, text.empty() ? "" : ", ", "of the next ", Days(question.horizon_days));
  return text;
}

RegionId ScopeOf(const StationQuestion& question) {
  std::string scope = kNetworkScope;
  if (question.issue_day != 0) absl::StrAppend(&scope, "-day", question.issue_day);
  if (question.horizon_days != kWeekDays) absl::StrAppend(&scope, "-horizon", question.horizon_days);
  return RegionId(std::move(scope));
}

std::optional<StationQuestion> QuestionOfScope(const RegionId& scope) {
  for (int day = 0; day < kWeekDays; ++day) {
    for (int days = 1; days <= kWeekDays; ++days) {
      if (const StationQuestion question{day, days}; ScopeOf(question) == scope) return question;
    }
  }
  return std::nullopt;
}

}  // namespace tremorcast
