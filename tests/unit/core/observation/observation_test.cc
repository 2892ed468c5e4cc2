#include "core/observation/observation.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "core/observation/observation_check.h"

namespace tremorcast {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1606752000);

class CheckRowTest : public ::testing::Test {
 protected:
  RowVerdict Check(absl::Time slot_start, std::optional<Signal> signal, const std::vector<float>& values) {
    return CheckRow({slot_start, signal, values}, {validity_, kNow, limits_});
  }
  static RowVerdict Rejected(RejectReason reason, int index = -1) { return {Verdict::kRejected, reason, index}; }

  std::vector<Interval> validity_ = {{absl::InfinitePast(), absl::InfiniteFuture()}};
  ObservationLimits limits_;
  std::vector<float> magn_ = std::vector<float>(kMagnFeatures, 1.5f);
  std::vector<float> sound_ = std::vector<float>(kSoundFeatures, 0.0f);
};

TEST_F(CheckRowTest, AcceptsAWholeRowOnTheGrid) {
  EXPECT_EQ(Check(kNow - kSlotLength, Signal::kMagn, magn_), RowVerdict());
  EXPECT_EQ(Check(kNow - kSlotLength, Signal::kSound, sound_), RowVerdict());
}

TEST_F(CheckRowTest, RejectsRowsOfUnknownStationsAndSignals) {
  EXPECT_EQ(Check(kNow, std::nullopt, magn_), Rejected(RejectReason::kUnknownSignal));
  validity_.clear();
  EXPECT_EQ(Check(kNow, Signal::kMagn, magn_), Rejected(RejectReason::kUnknownStation));
}

TEST_F(CheckRowTest, RejectsAWrongCountOfValues) {
  EXPECT_EQ(Check(kNow, Signal::kMagn, sound_), Rejected(RejectReason::kWrongValueCount));
  EXPECT_EQ(Check(kNow, Signal::kMagn, {}), Rejected(RejectReason::kWrongValueCount));
}

TEST_F(CheckRowTest, RejectsTimesOffTheGrid) {
  EXPECT_EQ(Check(kNow - absl::Seconds(1), Signal::kMagn, magn_), Rejected(RejectReason::kOffGrid));
  EXPECT_EQ(Check(kNow - absl::Nanoseconds(1), Signal::kMagn, magn_), Rejected(RejectReason::kOffGrid));
}

TEST_F(CheckRowTest, ForgivesClockSkewAndNoMore) {
  EXPECT_EQ(Check(kNow + absl::Minutes(20), Signal::kMagn, magn_), RowVerdict());
  EXPECT_EQ(Check(kNow + absl::Minutes(30), Signal::kMagn, magn_), Rejected(RejectReason::kInFuture));
}

TEST_F(CheckRowTest, TakesRowsOfTwentyYearsUntilRetentionIsSet) {
  EXPECT_EQ(Check(kNow - 1040 * kWeekLength, Signal::kMagn, magn_), RowVerdict());
  EXPECT_EQ(Check(kNow - 1040 * kWeekLength - kSlotLength, Signal::kMagn, magn_), Rejected(RejectReason::kTooOld));
  EXPECT_EQ(Check(absl::UnixEpoch(), Signal::kMagn, magn_), Rejected(RejectReason::kTooOld));
  limits_.retention = absl::Hours(1);
  EXPECT_EQ(Check(kNow - absl::Minutes(60), Signal::kMagn, magn_), RowVerdict());
  EXPECT_EQ(Check(kNow - absl::Minutes(70), Signal::kMagn, magn_), Rejected(RejectReason::kBeyondRetention));
}

TEST_F(CheckRowTest, TakesRowsOnlyWhileTheStationWorksThere) {
  validity_ = {{absl::UnixEpoch(), kNow - absl::Hours(2)}, {kNow - absl::Hours(1), absl::InfiniteFuture()}};
  EXPECT_EQ(Check(kNow - absl::Hours(1), Signal::kMagn, magn_), RowVerdict());
  EXPECT_EQ(Check(kNow - absl::Hours(2), Signal::kMagn, magn_), Rejected(RejectReason::kStationNotValid));
  EXPECT_EQ(Check(kNow - absl::Hours(3), Signal::kMagn, magn_), RowVerdict());
}

TEST_F(CheckRowTest, NamesTheFirstValueThatIsNotFinite) {
  magn_[50] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Check(kNow, Signal::kMagn, magn_), Rejected(RejectReason::kNotFinite, 50));
  magn_[3] = std::nanf("");
  EXPECT_EQ(Check(kNow, Signal::kMagn, magn_), Rejected(RejectReason::kNotFinite, 3));
}

TEST(FirstNotFiniteTest, KnowsTheLargestAndSmallestNumbers) {
  const float most = std::numeric_limits<float>::max();
  EXPECT_EQ(FirstNotFinite({most, -most, std::numeric_limits<float>::denorm_min(), -0.0f}), -1);
  EXPECT_EQ(FirstNotFinite({0, -std::numeric_limits<float>::infinity()}), 1);
}

TEST(VerdictCountsTest, CountsStoredRowsAsAcceptedOrLate) {
  VerdictCounts counts;
  counts.Add(Verdict::kAccepted, 5);
  counts.Add(Verdict::kLate);
  counts.Add(Verdict::kDuplicate);
  VerdictCounts more;
  more.Add(Verdict::kConflict);
  more.Add(Verdict::kRejected, 2);
  counts += more;
  EXPECT_EQ(counts.stored(), 6);
  EXPECT_EQ(counts.total(), 10);
}

TEST(VerdictNameTest, NamesEveryVerdictAndReason) {
  EXPECT_EQ(VerdictName(Verdict::kLate), "late");
  EXPECT_EQ(RejectReasonName(RejectReason::kBeyondRetention), "beyond_retention");
}

}  // namespace
}  // namespace tremorcast
