#pragma once

// Which question a stations' model learnt to answer: on which day of the network's week it is issued,
// and of how many days from then on. One that learnt another question answers where that is asked and
// nowhere else, for its calibration, its verdict and its climatology are of its own question. Plain
// values; pure.

#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"

namespace tremorcast {

inline constexpr int kWeekDays = 7;
// The scope of the weekly question's models, for all regions without their own (core/skill/records.h).
inline constexpr char kNetworkScope[] = "_network";

struct StationQuestion {
  int issue_day = 0;             // whole days from the start of the week to the issue, 0 to 6
  int horizon_days = kWeekDays;  // from the issue on: the largest earthquake of so many days, 1 to 7

  bool weekly() const { return *this == StationQuestion(); }
  absl::Duration after_week_start() const { return issue_day * absl::Hours(24); }
  absl::Duration horizon() const { return horizon_days * absl::Hours(24); }
  // What is forecast by an issue at `issue`.
  Interval TargetOf(absl::Time issue) const { return {issue, issue + horizon()}; }
  // The seven days from one issue to the next.
  WeekGrid Grid() const;
  friend bool operator==(const StationQuestion&, const StationQuestion&) = default;
};

// InvalidArgument: a day or a horizon that there is not.
absl::Status ValidateQuestion(const StationQuestion& question);
// The question of issues at `issue` of so many days; nothing where that is no midnight of the network.
std::optional<StationQuestion> QuestionAt(absl::Time issue, int horizon_days = kWeekDays);
// "", "issued 3 days after the week begins", "of the next 1 day", or both.
std::string DescribeQuestion(const StationQuestion& question);

// The scope of the models of a question: kNetworkScope of the weekly one, "_network-day3-horizon1".
RegionId ScopeOf(const StationQuestion& question);
// The other way round; nothing of a region's or the catalogue rung's scope.
std::optional<StationQuestion> QuestionOfScope(const RegionId& scope);

}  // namespace tremorcast
