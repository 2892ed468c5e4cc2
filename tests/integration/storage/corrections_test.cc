// Corrections of stored rows: on record, one station-week, and nothing "as of" an earlier moment
// changes.

#include <gmock/gmock.h>

#include "tests/integration/storage/storage_test.h"

namespace tremorcast {
namespace {

const absl::Time kSealed = TestWeek() + kWeekLength + absl::Hours(1);
const absl::Time kCorrected = TestWeek() + kWeekLength + absl::Hours(48);

class CorrectionsTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    store_ = Open();
    ASSERT_NE(store_, nullptr);
    for (const char* station : {"ST1", "ST2"}) {
      ASSERT_TRUE(Ingest(*store_, {BatchMaker(station, "b1").Rows(0, 6).Make()}).front().ok());
    }
  }
  void SealAll() {
    for (const char* station : {"ST1", "ST2"}) {
      ASSERT_TRUE(store_->windows().Seal(StationId(station), TestWeek(), kSealed).ok());
    }
  }
  static CorrectionRequest Request(std::vector<std::pair<int, float>> values = {{3, 42.5f}}) {
    return {StationId("ST1"), Signal::kMagn, TestSlot(2), std::move(values), "spike from a thunderstorm", "ada",
            kCorrected};
  }
  absl::StatusOr<Correction> Correct(const CorrectionRequest& request) {
    return store_->maintenance().Correct(request);
  }

  std::unique_ptr<Store> store_;
};

TEST_F(CorrectionsTest, AConflictKeepsTheFirstValuesUntilSomebodyCorrectsThem) {
  const auto conflict = Ingest(*store_, {BatchMaker("ST1", "b2").Rows(2, 1, Signal::kMagn, /*salt=*/7).Make()}).front();
  ASSERT_TRUE(conflict.ok());
  EXPECT_EQ(conflict->verdicts[0].verdict, Verdict::kConflict);
  CorrectionRequest request = Request({});
  for (int c = 0; c < kMagnFeatures; ++c) {
    request.values.emplace_back(c, TestValue(TestSlot(2), Signal::kMagn, c, 7));
  }
  const auto corrected = Correct(request);
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  for (int c = 0; c < kMagnFeatures; ++c) {
    EXPECT_EQ(corrected->old_values[c], TestValue(TestSlot(2), Signal::kMagn, c));
    EXPECT_EQ(corrected->new_values[c], TestValue(TestSlot(2), Signal::kMagn, c, 7));
  }
  const auto again = Ingest(*store_, {BatchMaker("ST1", "b3").Rows(2, 1, Signal::kMagn, 7).Make()}).front();
  EXPECT_EQ(again->verdicts[0].verdict, Verdict::kDuplicate) << "the corrected values are the stored ones";
}

TEST_F(CorrectionsTest, DirtyExactlyTheirStationWeekAndMakeItsNextRevision) {
  SealAll();
  const auto corrected = Correct(Request());
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_TRUE(corrected->week_was_sealed);
  const auto dirty = store_->windows().Dirty(absl::InfiniteFuture(), 10);
  ASSERT_TRUE(dirty.ok());
  EXPECT_THAT(*dirty, testing::ElementsAre(StationWeek{StationId("ST1"), TestWeek()}));
  const auto sealed = store_->windows().Seal(StationId("ST1"), TestWeek(), kCorrected + absl::Hours(1));
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(sealed->key.revision, 2);
  const auto window = store_->windows().Read(sealed->key);
  ASSERT_TRUE(window.ok());
  EXPECT_EQ((*window)->values[3 * kSlotsPerWeek + 2], 42.5f);
}

TEST_F(CorrectionsTest, ChangeNothingAsOfAnEarlierMoment) {
  SealAll();
  ASSERT_TRUE(Correct(Request()).ok());
  ASSERT_TRUE(store_->windows().Seal(StationId("ST1"), TestWeek(), kCorrected + absl::Hours(1)).ok());
  const auto before = store_->windows().Find(StationId("ST1"), TestWeek(), kCorrected - absl::Hours(1));
  const auto after = store_->windows().Find(StationId("ST1"), TestWeek(), kCorrected);
  ASSERT_TRUE(before.ok() && before->has_value() && after.ok() && after->has_value());
  EXPECT_EQ((*before)->key.revision, 1) << "a forecast replayed or trained as of then sees what was known then";
  EXPECT_EQ((*after)->key.revision, 2);
}

TEST_F(CorrectionsTest, StayOnRecordWithWhoWhenWhyAndBothValues) {
  ASSERT_TRUE(Correct(Request()).ok());
  CorrectionRequest second = Request({{0, -1.f}, {50, 0.1f}});
  second.station = StationId("ST2");
  ASSERT_TRUE(Correct(second).ok());
  const auto all = store_->maintenance().Corrections(std::nullopt, INT64_MAX, 10);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].station, StationId("ST2"));
  EXPECT_EQ((*all)[0].new_values[50], 0.1f) << "to the bit";
  EXPECT_FALSE((*all)[0].week_was_sealed);
  const Correction& first = (*all)[1];
  EXPECT_EQ(first.actor, "ada");
  EXPECT_EQ(first.reason, "spike from a thunderstorm");
  EXPECT_EQ(first.corrected_at, kCorrected);
  EXPECT_EQ(first.slot, TestSlot(2));
  EXPECT_EQ(first.old_values[3], TestValue(TestSlot(2), Signal::kMagn, 3));
  EXPECT_EQ(first.new_values[3], 42.5f);
  EXPECT_EQ(store_->maintenance().Corrections(StationId("ST1"), INT64_MAX, 10)->size(), 1u);
  EXPECT_EQ(store_->maintenance().Corrections(std::nullopt, (*all)[0].sequence, 10)->size(), 1u);
  for (const char* sql : {"UPDATE observation_corrections SET actor = 'eve'", "DELETE FROM observation_corrections"}) {
    EXPECT_FALSE(watch_->Exec(sql, Soon()).ok()) << sql;
  }
}

TEST_F(CorrectionsTest, SentAgainGiveTheFirstEntry) {
  const auto first = Correct(Request());
  CorrectionRequest again = Request();
  again.corrected_at += absl::Minutes(1);
  const auto second = Correct(again);
  ASSERT_TRUE(first.ok() && second.ok()) << second.status();
  EXPECT_EQ(first->sequence, second->sequence);
  again.reason = "another";
  EXPECT_EQ(Correct(again).status().code(), absl::StatusCode::kFailedPrecondition) << "it has these values already";
  EXPECT_EQ(Number("SELECT count(*) FROM observation_corrections"), 1);
}

TEST_F(CorrectionsTest, RefuseWhatCannotBeCorrected) {
  CorrectionRequest absent = Request();
  absent.slot = TestSlot(900);
  EXPECT_EQ(Correct(absent).status().code(), absl::StatusCode::kNotFound);
  for (const CorrectionRequest& bad : {Request({}), Request({{51, 1.f}}), Request({{-1, 1.f}}),
                                       Request({{1, 1.f}, {1, 2.f}}), Request({{1, std::nanf("")}})}) {
    EXPECT_EQ(Correct(bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
  CorrectionRequest nobody = Request();
  nobody.actor.clear();
  EXPECT_EQ(Correct(nobody).status().code(), absl::StatusCode::kInvalidArgument);
  SealAll();
  ASSERT_TRUE(store_->maintenance().DropWeek(TestWeek(), kCorrected).ok());
  const auto dropped = Correct(Request());
  EXPECT_EQ(dropped.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(dropped.status().message()), testing::HasSubstr("dropped by retention"));
}

// The sealer has read its rows and cannot write yet: a correction in between would be neither in
// the window nor marked.
TEST_F(CorrectionsTest, WaitForASealInProgress) {
  Hand("BEGIN; LOCK TABLE weekly_windows IN SHARE MODE");
  absl::StatusOr<WindowInfo> sealed;
  absl::StatusOr<Correction> corrected;
  Background seal([&] { sealed = store_->windows().Seal(StationId("ST1"), TestWeek(), kSealed); });
  AwaitBlocked(1, "relation");
  Background correct([&] { corrected = Correct(Request()); });
  AwaitBlocked(1, "advisory");
  Hand("COMMIT");
  seal.Join();
  correct.Join();
  ASSERT_TRUE(sealed.ok() && corrected.ok()) << corrected.status();
  EXPECT_TRUE(corrected->week_was_sealed);
  EXPECT_EQ(store_->windows().Dirty(absl::InfiniteFuture(), 10)->size(), 1u);
}

}  // namespace
}  // namespace tremorcast
