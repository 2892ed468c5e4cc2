#include "server/rpc/wire/convert_observation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <absl/strings/escaping.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/status_macros.h"
#include "server/rpc/wire/resource_names.h"
#include "tremorcast/v1/error_details.pb.h"

namespace tremorcast::rpc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1607212800);  // 2020-12-06T00:00:00Z
constexpr int64_t kSlot = 1607212800 - 6000;

void AddRow(v1::ObservationBatch* batch, v1::Signal signal, int64_t seconds, float first_value = 1) {
  v1::ObservationRow* row = batch->add_rows();
  row->set_signal(signal);
  row->mutable_slot_time()->set_seconds(seconds);
  const int count = signal == v1::SIGNAL_MAGN ? kMagnFeatures : kSoundFeatures;
  for (int i = 0; i < count; ++i) row->add_values(first_value + static_cast<float>(i));
}

v1::ObservationBatch SoundBatch() {
  v1::ObservationBatch batch;
  batch.set_station("stations/s1");
  batch.set_batch_id("b1");
  batch.set_source("test");
  batch.set_delivery(v1::DELIVERY_LIVE);
  AddRow(&batch, v1::SIGNAL_MAGN, kSlot);
  AddRow(&batch, v1::SIGNAL_SOUND, kSlot, 100);
  return batch;
}

absl::StatusOr<ObservationBatch> Convert(const v1::ObservationBatch& batch, bool known = true) {
  static const std::vector<Interval> kAlways = {{absl::InfinitePast(), absl::InfiniteFuture()}};
  ASSIGN_OR_RETURN(const auto header, ParseBatchHeader(batch, ParseStationName("batch.station", batch.station())));
  return ToBatch(batch, header, {known ? absl::MakeConstSpan(kAlways) : absl::Span<const Interval>(), kNow, {}});
}

RejectReason ReasonOf(const v1::ObservationBatch& batch, size_t row = 0) {
  const auto converted = Convert(batch);
  EXPECT_TRUE(converted.ok()) << converted.status();
  return converted->checked[row].reason;
}

std::string MessageOf(const v1::ObservationBatch& batch) { return std::string(Convert(batch).status().message()); }

TEST(ConvertObservationTest, CopiesRowsAsTheyCame) {
  const auto batch = Convert(SoundBatch());
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->station.value(), "s1");
  EXPECT_EQ(batch->received_at, kNow);
  EXPECT_EQ(batch->content_hash.size(), 32u);
  ASSERT_EQ(batch->rows.size(), 2u);
  EXPECT_EQ(batch->rows[0].slot.start(), absl::FromUnixSeconds(kSlot));
  EXPECT_EQ(batch->row_values(0)[50], 51);
  EXPECT_EQ(batch->rows[1].signal, Signal::kSound);
  EXPECT_EQ(batch->row_values(1)[0], 100);
}

TEST(ConvertObservationTest, BindsColumnsByName) {
  v1::ObservationBatch batch = SoundBatch();
  const auto names = FeatureNames(Signal::kMagn);
  for (auto it = names.rbegin(); it != names.rend(); ++it)
    batch.mutable_feature_order()->add_magn_features(std::string(*it));
  const auto converted = Convert(batch);
  ASSERT_TRUE(converted.ok()) << converted.status();
  EXPECT_EQ(converted->row_values(0)[0], 51) << "the last column sent is the schema's first";
  EXPECT_EQ(converted->row_values(0)[50], 1);
  EXPECT_EQ(converted->row_values(1)[0], 100) << "the other signal keeps schema order";
}

TEST(ConvertObservationTest, NamesAnUnknownAMissingAndARepeatedColumn) {
  v1::ObservationBatch batch = SoundBatch();
  for (const absl::string_view name : FeatureNames(Signal::kMagn))
    batch.mutable_feature_order()->add_magn_features(std::string(name));
  v1::ObservationBatch unknown = batch, missing = batch, repeated = batch;
  unknown.mutable_feature_order()->set_magn_features(3, "magn@colour");
  EXPECT_THAT(MessageOf(unknown), HasSubstr("magn@colour"));
  EXPECT_THAT(MessageOf(unknown), HasSubstr("batch.feature_order.magn_features"));
  missing.mutable_feature_order()->mutable_magn_features()->RemoveLast();
  EXPECT_THAT(MessageOf(missing), HasSubstr(std::string(FeatureNames(Signal::kMagn)[50])));
  repeated.mutable_feature_order()->set_magn_features(1, repeated.feature_order().magn_features(0));
  EXPECT_THAT(MessageOf(repeated), HasSubstr("twice"));
}

TEST(ConvertObservationTest, RejectsBadRowsAloneAndNamesTheirFields) {
  v1::ObservationBatch batch = SoundBatch();
  AddRow(&batch, v1::SIGNAL_MAGN, kSlot + 1);      // 2
  AddRow(&batch, v1::SIGNAL_MAGN, kSlot + 86400);  // 3
  AddRow(&batch, v1::SIGNAL_MAGN, kSlot + 600);    // 4
  batch.mutable_rows(4)->set_values(7, std::nanf(""));
  AddRow(&batch, v1::SIGNAL_SOUND, kSlot + 600);  // 5
  batch.mutable_rows(5)->mutable_values()->RemoveLast();
  AddRow(&batch, v1::SIGNAL_SOUND, kSlot + 1200);  // 6
  batch.mutable_rows(6)->set_signal(v1::SIGNAL_UNSPECIFIED);
  AddRow(&batch, v1::SIGNAL_SOUND, kSlot + 1200);  // 7
  batch.mutable_rows(7)->set_values(0, -std::numeric_limits<float>::infinity());
  AddRow(&batch, v1::SIGNAL_SOUND, kSlot + 1800);  // 8
  batch.mutable_rows(8)->clear_slot_time();
  AddRow(&batch, v1::SIGNAL_SOUND, kSlot + 2400);  // 9: fine
  const auto converted = Convert(batch);
  ASSERT_TRUE(converted.ok()) << converted.status();
  std::vector<std::string> paths;
  for (size_t i = 0; i < converted->checked.size(); ++i)
    paths.push_back(FieldPath(static_cast<int64_t>(i), converted->checked[i]));
  EXPECT_THAT(paths, ElementsAre("", "", "rows[2].slot_time", "rows[3].slot_time", "rows[4].values[7]",
                                 "rows[5].values", "rows[6].signal", "rows[7].values[0]", "rows[8].slot_time", ""));
  EXPECT_EQ(converted->checked[2].reason, RejectReason::kOffGrid);
  EXPECT_EQ(converted->checked[3].reason, RejectReason::kInFuture);
  EXPECT_EQ(converted->row_values(9)[0], 1) << "good rows behind bad ones keep their values";
}

TEST(ConvertObservationTest, NamesTheColumnAsSentWhenColumnsAreBound) {
  v1::ObservationBatch batch = SoundBatch();
  const auto names = FeatureNames(Signal::kMagn);
  for (auto it = names.rbegin(); it != names.rend(); ++it)
    batch.mutable_feature_order()->add_magn_features(std::string(*it));
  batch.mutable_rows(0)->set_values(2, std::nanf(""));
  const auto converted = Convert(batch);
  EXPECT_EQ(FieldPath(0, converted->checked[0]), "rows[0].values[2]");
}

TEST(ConvertObservationTest, TakesNanosecondsOffTheGridSeriously) {
  v1::ObservationBatch batch = SoundBatch();
  batch.mutable_rows(0)->mutable_slot_time()->set_nanos(1);
  EXPECT_EQ(ReasonOf(batch), RejectReason::kOffGrid);
  batch.mutable_rows(0)->mutable_slot_time()->set_nanos(-1);
  EXPECT_EQ(ReasonOf(batch), RejectReason::kOffGrid);
}

TEST(ConvertObservationTest, SurvivesTimesAtTheEdgesOfTheirType) {
  v1::ObservationBatch batch = SoundBatch();
  for (const int64_t seconds : {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 7}) {
    batch.mutable_rows(0)->mutable_slot_time()->set_seconds(seconds);
    EXPECT_NE(ReasonOf(batch), RejectReason::kNone) << seconds;
  }
}

TEST(ConvertObservationTest, RejectsEveryRowOfAnUnknownStation) {
  const auto converted = Convert(SoundBatch(), false);
  ASSERT_TRUE(converted.ok());
  EXPECT_EQ(converted->checked[1].reason, RejectReason::kUnknownStation);
  EXPECT_EQ(LabelOf(*converted).position, "") << "such a batch is not recorded";
}

TEST(ConvertObservationTest, ReportsEveryFaultOfTheHeaderAtOnce) {
  v1::ObservationBatch batch;
  batch.set_batch_id(std::string(129, 'x'));
  const absl::Status status = Convert(batch).status();
  v1::BadRequest bad;
  ASSERT_TRUE(bad.ParseFromString(std::string(*status.GetPayload("type.googleapis.com/google.rpc.BadRequest"))));
  std::vector<std::string> fields;
  for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, UnorderedElementsAre("batch.station", "batch.batch_id", "batch.source", "batch.delivery"));
}

TEST(ConvertObservationTest, RefusesTooManyRowsAndTooManyBytes) {
  v1::ObservationBatch rows = SoundBatch();
  for (int i = 0; i < kMaxBatchRows; ++i) rows.add_rows();
  EXPECT_THAT(MessageOf(rows), HasSubstr("batch.rows"));
  v1::ObservationBatch bytes = SoundBatch();
  bytes.mutable_rows(0)->mutable_values()->Resize(3 << 20, 0.0f);
  EXPECT_THAT(MessageOf(bytes), HasSubstr("8388608"));
}

TEST(ConvertObservationTest, RefusesAForeignSchemaAndTakesItsOwn) {
  v1::ObservationBatch batch = SoundBatch();
  batch.set_feature_schema_hash(FeatureSchemaHash());
  EXPECT_TRUE(Convert(batch).ok());
  batch.set_feature_schema_hash(std::string(64, '0'));
  EXPECT_EQ(Convert(batch).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(BatchContentHashTest, ChangesWithEveryPartOfTheContentAndOnlyThen) {
  const v1::ObservationBatch base = SoundBatch();
  EXPECT_EQ(BatchContentHash(base), BatchContentHash(SoundBatch()));
  std::vector<v1::ObservationBatch> others(8, base);
  others[0].set_source("other");
  others[1].set_position("p");
  others[2].set_delivery(v1::DELIVERY_BACKFILL);
  others[3].mutable_rows(0)->set_values(0, -1);
  others[4].mutable_rows(0)->mutable_slot_time()->set_seconds(kSlot + 600);
  others[5].mutable_rows()->SwapElements(0, 1);
  others[6].mutable_feature_order()->add_magn_features("magn@var");
  others[7].mutable_rows()->RemoveLast();
  std::vector<std::string> hashes = {BatchContentHash(base)};
  for (const auto& other : others) hashes.push_back(BatchContentHash(other));
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

TEST(BatchContentHashTest, StandsStillAcrossVersions) {
  // The hash is stored with each batch id: when it changes, every batch in flight over an upgrade
  // is refused.
  EXPECT_EQ(absl::BytesToHexString(BatchContentHash(SoundBatch())),
            "8f8cab4a45678e3d522fcd0a735825e85e4b9ed365caeb6074809bf149d46842");
}

TEST(FillVerdictTest, JoinsEqualNeighboursAndCoversEveryRowOnce) {
  BatchResult result;
  const RowVerdict accepted = {}, nan = {Verdict::kRejected, RejectReason::kNotFinite, 3};
  result.verdicts = {accepted, accepted, nan, nan, accepted, {Verdict::kLate}};
  v1::BatchVerdict proto;
  FillVerdict({"b1", "p1"}, result, &proto);
  ASSERT_EQ(proto.runs_size(), 4);
  EXPECT_EQ(proto.runs(1).first_row(), 2);
  EXPECT_EQ(proto.runs(1).row_count(), 2);
  EXPECT_EQ(proto.runs(1).field_path(), "rows[2].values[3]");
  EXPECT_EQ(proto.accepted_count(), 3);
  EXPECT_EQ(proto.rejected_count(), 2);
  EXPECT_EQ(proto.late_count(), 1);
  EXPECT_EQ(proto.position(), "p1");
}

}  // namespace
}  // namespace tremorcast::rpc
