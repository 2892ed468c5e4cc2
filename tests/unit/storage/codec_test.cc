#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/observation/feature_schema.h"
#include "core/observation/window.h"
#include "storage/ingest/copy_rows.h"
#include "storage/ingest/verdict_codec.h"
#include "storage/postgres/byte_order.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/pg_status.h"
#include "storage/schema/partitions.h"
#include "storage/stores/window_codec.h"
#include "tests/support/batches.h"

namespace tremorcast {
namespace {

TEST(VerdictCodecTest, GivesBackWhatItWasGiven) {
  std::vector<RowVerdict> verdicts(300);
  verdicts[3] = {Verdict::kRejected, RejectReason::kNotFinite, 50};
  verdicts[4] = {Verdict::kRejected, RejectReason::kNotFinite, 200'000};
  for (size_t i = 100; i < 250; ++i) verdicts[i] = {Verdict::kDuplicate, RejectReason::kNone, -1};
  const std::string bytes = EncodeVerdicts(verdicts);
  EXPECT_LT(bytes.size(), 40u);
  const auto decoded = DecodeVerdicts(bytes, verdicts.size());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, verdicts);
  EXPECT_FALSE(AllAccepted(verdicts));
  EXPECT_TRUE(AllAccepted(std::vector<RowVerdict>(5)));
}

TEST(VerdictCodecTest, RefusesEveryTruncationAndAWrongCount) {
  std::vector<RowVerdict> verdicts(300);
  verdicts[7].verdict = Verdict::kLate;
  const std::string bytes = EncodeVerdicts(verdicts);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeVerdicts(absl::string_view(bytes).substr(0, length), verdicts.size()).ok()) << length;
  }
  EXPECT_FALSE(DecodeVerdicts(bytes, 299).ok());
  EXPECT_FALSE(DecodeVerdicts(bytes, 301).ok());
}

TEST(VerdictCodecTest, RefusesWhatNoVerdictIs) {
  const std::string verdict = {1, 9, 0, 0, 1}, reason = {1, 5, 77, 0, 1};
  const std::string index = {1, 5, 4, '\x80', '\x80', '\x80', '\x80', 8, 1};  // 2^31
  for (const std::string& bytes : {verdict, reason, index}) {
    EXPECT_EQ(DecodeVerdicts(bytes, 1).status().code(), absl::StatusCode::kDataLoss) << static_cast<int>(bytes[1]);
  }
}

TEST(WindowCodecTest, KeepsEveryBit) {
  std::vector<float> values(95 * 1008, kMissing);
  for (size_t i = 0; i < values.size(); i += 3)
    values[i] = std::bit_cast<float>(static_cast<uint32_t>(i * 2654435761u));
  values[5] = -0.0f;
  const auto bytes = EncodeWindowValues(values);
  ASSERT_TRUE(bytes.ok());
  const auto back = DecodeWindowValues(kWindowCodec, *bytes, values.size());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(std::memcmp(back->data(), values.data(), values.size() * sizeof(float)), 0);
}

TEST(WindowCodecTest, RefusesTruncatedBytesAndUnknownCodecs) {
  const auto bytes = EncodeWindowValues(std::vector<float>(1000, 1.5f));
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(
      DecodeWindowValues(kWindowCodec, absl::string_view(*bytes).substr(0, bytes->size() - 1), 1000).status().code(),
      absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeWindowValues(kWindowCodec, *bytes, 999).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeWindowValues(9, *bytes, 1000).status().code(), absl::StatusCode::kFailedPrecondition);
}

// A slow second writing of the format, field by field.
std::string Reference(const ObservationBatch& batch) {
  std::string out("PGCOPY\n\377\r\n\0", 11);
  out.append(8, '\0');
  const auto put = [&](auto value) { AppendBigEndian(&out, value); };
  for (const ObservationRow& row : batch.rows) {
    put(uint16_t{7});
    put(uint32_t{8});
    put(static_cast<uint64_t>(absl::ToUnixMicros(row.slot.start()) - 946'684'800'000'000));
    put(uint32_t{2});
    put(static_cast<uint16_t>(row.signal));
    put(uint32_t{8});
    put(static_cast<uint64_t>(absl::ToUnixMicros(batch.received_at) - 946'684'800'000'000));
    put(uint32_t{2});
    put(static_cast<uint16_t>(batch.delivery));
    put(static_cast<uint32_t>(batch.station.value().size()));
    out += batch.station.value();
    put(static_cast<uint32_t>(batch.source.size()));
    out += batch.source;
    const int count = FeatureCount(row.signal);
    put(static_cast<uint32_t>(20 + 8 * count));
    for (uint32_t word : {1u, 0u, 700u, static_cast<uint32_t>(count), 1u}) put(word);
    for (int i = 0; i < count; ++i) {
      put(uint32_t{4});
      put(std::bit_cast<uint32_t>(batch.values[row.first_value + i]));
    }
  }
  put(uint16_t{0xffff});
  return out;
}

TEST(CopyEncoderTest, WritesTheBinaryFormatOverAnyNumberOfPieces) {
  for (const int rows : {0, 1, 3, 2000}) {
    const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, rows).Rows(0, rows, Signal::kSound).Make();
    const ObservationBatch* one = &batch;
    const IngestGroup group = PlanIngest({&one, 1});
    std::string bytes;
    CopyEncoder encoder(group, false, [&](absl::string_view piece) {
      bytes.append(piece.data(), piece.size());
      return absl::OkStatus();
    });
    for (const PlannedRow& row : group.rows) ASSERT_TRUE(encoder.Add(row).ok());
    ASSERT_TRUE(encoder.Finish().ok());
    EXPECT_EQ(bytes, Reference(batch)) << rows;
  }
}

TEST(LockKeysTest, NeverChange) {
  // Other replicas, perhaps of another version, must take the same lock.
  EXPECT_EQ(LockKey(""), static_cast<int64_t>(0xcbf29ce484222325u));
  EXPECT_EQ(LockKey("a"), static_cast<int64_t>(0xaf63dc4c8601ec8cu));
  EXPECT_NE(StationWeekLock(StationId("ST1"), TestWeek()), StationWeekLock(StationId("ST1"), TestWeek() + kWeekLength));
}

TEST(PartitionNameTest, NamesTheSundayInNetworkTime) {
  EXPECT_EQ(PartitionName(absl::FromCivil(absl::CivilSecond(2020, 12, 6), NetworkTimeZone())),
            "observations_w20201206");
}

TEST(PgStatusTest, SortsErrorsByWhatTheCallerCanDo) {
  EXPECT_EQ(StatusFromSqlState("57014", "m", "d").code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(StatusFromSqlState("08006", "m", "d").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusFromSqlState("57P01", "m", "d").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusFromSqlState("53300", "m", "d").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusFromSqlState("40P01", "m", "d").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusFromSqlState("22021", "m", "d").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(StatusFromSqlState("28P01", "m", "d").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(StatusFromSqlState("42P01", "m", "d").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(StatusFromSqlState("42601", "m", "d").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(SqlStateOf(StatusFromSqlState("23505", "m", "d")), kUniqueViolation);
  EXPECT_EQ(SqlStateOf(absl::InternalError("x")), "");
}

}  // namespace
}  // namespace tremorcast
