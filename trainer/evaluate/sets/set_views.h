#pragma once

// Views of a set with one thing changed: the placebos of METHOD.md section 5 and the questions
// beyond the paper. Each shares windows with the set where it can. Pure given their seeds.
// FailedPrecondition says why a view makes no sense for this set (no time order, one region, too
// few weeks, an empty slice).

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "trainer/evaluate/sets/evaluation_set.h"

namespace tremorcast {

// 1 where a value is present, 0 where it is missing: only the pattern of gaps is left.
absl::StatusOr<SetView> PresenceOnly(const EvaluationSet& set);
// Ten made-up channels: eight patterns that name the station, and the sine and cosine of the day of
// the year.
absl::StatusOr<SetView> StationAndCalendar(const EvaluationSet& set);
// The class of `weeks` issues later (circularly, all regions together) instead of a sample's own.
absl::StatusOr<SetView> ShiftedLabels(const EvaluationSet& set, int weeks);
// The class of the week before the issue, which the inputs come from: a response, not a precursor.
absl::StatusOr<SetView> LastWeekLabels(const EvaluationSet& set);
// The same samples dealt to slices of the same sizes at random: what must never be done. In station
// mode single stations of one week land on both sides.
absl::StatusOr<SetView> RandomSplit(const EvaluationSet& set, uint64_t seed);
// Each region with the windows of the next one.
absl::StatusOr<SetView> OtherRegionsStations(const EvaluationSet& set);

// An issue every day instead of every week: windows that overlap by six sevenths, stitched from two
// weekly ones, each labelled by the week that follows it. A day belongs to the slice that both its
// weeks belong to. FailedPrecondition: also when the windows are no whole weeks (slots not
// divisible by 7) or labels of other days are not known.
absl::StatusOr<SetView> DailyIssues(const EvaluationSet& set);

// Every issue `later` after the weekly one, its window stitched in the same way and labelled by the
// seven days that follow it. FailedPrecondition: also when `later` is not below a week or no whole
// number of the windows' steps.
absl::StatusOr<SetView> IssuedLater(const EvaluationSet& set, absl::Duration later);

// The class of the first `days` days after the issue instead of all seven. FailedPrecondition: also
// when days is not in [1, 6] or labels of other periods are not known.
absl::StatusOr<SetView> ShorterHorizon(const EvaluationSet& set, int days);

// What the catalogue alone told of each region at the issue, in place of what stations measured: the
// classes of the last three weeks, the weeks since an event, how many of the last 12 and 52 weeks had
// one, and how many regions had one in the last week. Few numbers, because the network must be able
// to learn from a hundred weeks what it is to be compared with. FailedPrecondition also when the
// samples have no times.
absl::StatusOr<SetView> CataloguePast(const EvaluationSet& set);

// Each station of each sample as a sample of its own (the paper's unit).
SetView ByStation(const SetView& view);

// Trained without `region`, tested on it alone.
absl::StatusOr<SetView> WithoutRegion(const EvaluationSet& set, const RegionId& region);
// Only the channels marked in `keep` have values; the others are missing everywhere.
absl::StatusOr<SetView> OnlyChannels(const EvaluationSet& set, const std::vector<bool>& keep);
// The newest `fraction` of the training issues.
absl::StatusOr<SetView> NewestTraining(const EvaluationSet& set, double fraction);
// Test samples keep about `fraction` of their stations, at least one.
absl::StatusOr<SetView> FewerTestStations(const EvaluationSet& set, double fraction, uint64_t seed);

}  // namespace tremorcast
