#include "server/rpc/ingest/week_allowance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"

namespace tremorcast::rpc {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1607184000) + absl::Hours(30);  // in a week that began on 2020-12-05

ObservationBatch Of(const std::string& station, const std::vector<int>& weeks_ago) {
  ObservationBatch batch;
  batch.station = StationId(station);
  for (const int weeks : weeks_ago) {
    batch.rows.push_back({SlotContaining(kNow - weeks * kWeekLength), Signal::kMagn, 0});
    batch.checked.emplace_back();
  }
  return batch;
}

// Which rows may be stored.
std::vector<bool> Passed(WeekAllowance& allowance, ObservationBatch batch, absl::Time now = kNow) {
  allowance.Apply(now, &batch);
  std::vector<bool> passed;
  for (const RowVerdict& row : batch.checked) {
    passed.push_back(row.verdict != Verdict::kRejected);
    EXPECT_TRUE(passed.back() || row.reason == RejectReason::kTooOld);
  }
  return passed;
}

TEST(WeekAllowanceTest, CountsTheOldWeeksOfAStationInADay) {
  WeekAllowance allowance(2);
  EXPECT_THAT(Passed(allowance, Of("s1", {0, 1, 0, 1})), Each(true)) << "the last week and this one cost nothing";
  EXPECT_THAT(Passed(allowance, Of("s1", {2, 2, 3})), Each(true));
  EXPECT_THAT(Passed(allowance, Of("s1", {3, 4, 0, 2, 5})), ElementsAre(true, false, true, true, false))
      << "weeks that were counted, and what is new, go on";
  EXPECT_THAT(Passed(allowance, Of("s2", {4})), Each(true)) << "another station has its own";
  EXPECT_THAT(Passed(allowance, Of("s1", {4, 5}), kNow + absl::Hours(24)), Each(true)) << "the next day";
}

TEST(WeekAllowanceTest, RowsThatAreRejectedCostNothing) {
  WeekAllowance allowance(1);
  ObservationBatch batch = Of("s1", {2, 3});
  batch.checked[0] = {Verdict::kRejected, RejectReason::kTooOld, -1};
  EXPECT_THAT(Passed(allowance, batch), ElementsAre(false, true));
}

}  // namespace
}  // namespace tremorcast::rpc
