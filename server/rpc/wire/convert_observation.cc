#include "server/rpc/wire/convert_observation.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include "core/base/calendar_range.h"
#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/observation/ingest_rules.h"
#include "server/rpc/wire/check_texts.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

static_assert(std::endian::native == std::endian::little, "the content hash takes floats as they lie in memory");

std::optional<Signal> ToSignal(v1::Signal signal) {
  switch (signal) {
    case v1::SIGNAL_MAGN:
      return Signal::kMagn;
    case v1::SIGNAL_SOUND:
      return Signal::kSound;
    default:
      return std::nullopt;
  }
}

absl::Span<const float> ValuesOf(const v1::ObservationRow& row) {
  return absl::MakeConstSpan(row.values().data(), static_cast<size_t>(row.values_size()));
}

// As BatchHeader::columns.
absl::StatusOr<std::vector<int>> BindSignal(Signal signal,
                                            const google::protobuf::RepeatedPtrField<std::string>& columns) {
  if (columns.empty()) return std::vector<int>();
  ASSIGN_OR_RETURN(auto bound, BindColumns(signal, std::vector<std::string>(columns.begin(), columns.end())));
  bool identity = true;
  for (size_t i = 0; i < bound.size(); ++i) identity = identity && bound[i] == static_cast<int>(i);
  if (identity) bound.clear();
  return bound;
}

// The parsed value; without one its error is a violation of `field`.
template <typename T>
T TakeParsed(absl::string_view field, absl::StatusOr<T> parsed, std::vector<FieldViolation>* violations) {
  if (parsed.ok()) return *std::move(parsed);
  violations->push_back(
      {std::string(field), std::string(absl::StripPrefix(parsed.status().message(), absl::StrCat(field, ": ")))});
  return T();
}

void AppendPermuted(absl::Span<const float> values, const std::vector<int>& permutation, std::vector<float>* out) {
  const size_t first = out->size();
  out->resize(first + values.size());
  float* row = out->data() + first;
  if (permutation.empty()) {
    std::memcpy(row, values.data(), values.size() * sizeof(float));
    return;
  }
  for (size_t i = 0; i < values.size(); ++i) row[permutation[i]] = values[i];
}

// A time that is no time lies on no grid; nor does one that slots cannot count.
absl::Time SlotStart(const v1::ObservationRow& row) {
  const google::protobuf::Timestamp& time = row.slot_time();
  if (!row.has_slot_time() || time.seconds() < kFirstCalendarSecond || time.seconds() > kLastCalendarSecond ||
      time.nanos() < 0 || time.nanos() >= 1000000000) {
    return absl::UnixEpoch() + absl::Nanoseconds(1);
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

void AppendRows(const v1::ObservationBatch& proto, const BatchHeader& header, const RowCheckContext& context,
                ObservationBatch* batch) {
  const size_t rows = static_cast<size_t>(proto.rows_size());
  batch->checked.reserve(rows);
  batch->rows.reserve(rows);
  size_t values = 0;
  for (const v1::ObservationRow& row : proto.rows()) values += static_cast<size_t>(row.values_size());
  batch->values.reserve(values);
  for (const v1::ObservationRow& row : proto.rows()) {
    const SentRow sent = {SlotStart(row), ToSignal(row.signal()), ValuesOf(row)};
    const RowVerdict verdict = CheckRow(sent, context);
    ObservationRow stored;
    if (verdict.verdict != Verdict::kRejected) {
      stored.slot = SlotContaining(sent.slot_start);
      stored.signal = *sent.signal;
      stored.first_value = static_cast<uint32_t>(batch->values.size());
      AppendPermuted(sent.values, header.columns[static_cast<size_t>(*sent.signal)], &batch->values);
    }
    batch->rows.push_back(stored);
    batch->checked.push_back(verdict);
  }
}

v1::Verdict ToProto(Verdict verdict) { return static_cast<v1::Verdict>(verdict); }
static_assert(static_cast<int>(v1::VERDICT_ACCEPTED) == static_cast<int>(Verdict::kAccepted));
static_assert(static_cast<int>(v1::VERDICT_DUPLICATE) == static_cast<int>(Verdict::kDuplicate));
static_assert(static_cast<int>(v1::VERDICT_CONFLICT) == static_cast<int>(Verdict::kConflict));
static_assert(static_cast<int>(v1::VERDICT_LATE) == static_cast<int>(Verdict::kLate));
static_assert(static_cast<int>(v1::VERDICT_REJECTED) == static_cast<int>(Verdict::kRejected));

v1::RejectReason ToProto(RejectReason reason) { return static_cast<v1::RejectReason>(reason); }
static_assert(static_cast<int>(v1::REJECT_REASON_UNKNOWN_STATION) == static_cast<int>(RejectReason::kUnknownStation));
static_assert(static_cast<int>(v1::REJECT_REASON_UNKNOWN_SIGNAL) == static_cast<int>(RejectReason::kUnknownSignal));
static_assert(static_cast<int>(v1::REJECT_REASON_WRONG_VALUE_COUNT) ==
              static_cast<int>(RejectReason::kWrongValueCount));
static_assert(static_cast<int>(v1::REJECT_REASON_NOT_FINITE) == static_cast<int>(RejectReason::kNotFinite));
static_assert(static_cast<int>(v1::REJECT_REASON_OFF_GRID) == static_cast<int>(RejectReason::kOffGrid));
static_assert(static_cast<int>(v1::REJECT_REASON_IN_FUTURE) == static_cast<int>(RejectReason::kInFuture));
static_assert(static_cast<int>(v1::REJECT_REASON_BEYOND_RETENTION) == static_cast<int>(RejectReason::kBeyondRetention));
static_assert(static_cast<int>(v1::REJECT_REASON_STATION_NOT_VALID) ==
              static_cast<int>(RejectReason::kStationNotValid));
static_assert(static_cast<int>(v1::REJECT_REASON_TOO_OLD) == static_cast<int>(RejectReason::kTooOld));

}  // namespace

std::string FieldPath(int64_t row, const RowVerdict& verdict) {
  if (verdict.verdict != Verdict::kRejected) return "";
  switch (verdict.reason) {
    case RejectReason::kNone:
      return absl::StrCat("rows[", row, "]");
    case RejectReason::kUnknownStation:
      return "station";
    case RejectReason::kUnknownSignal:
      return absl::StrCat("rows[", row, "].signal");
    case RejectReason::kWrongValueCount:
      return absl::StrCat("rows[", row, "].values");
    case RejectReason::kNotFinite:
      return absl::StrCat("rows[", row, "].values[", verdict.value_index, "]");
    case RejectReason::kOffGrid:
    case RejectReason::kInFuture:
    case RejectReason::kBeyondRetention:
    case RejectReason::kStationNotValid:
    case RejectReason::kTooOld:
      return absl::StrCat("rows[", row, "].slot_time");
  }
  return "";
}

v1::Signal ToProto(Signal signal) { return signal == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND; }

absl::StatusOr<BatchHeader> ParseBatchHeader(const v1::ObservationBatch& proto, absl::StatusOr<StationId> station) {
  // Size first: nothing below needs to look at the rows of an oversize batch.
  std::vector<FieldViolation> violations;
  BatchHeader header;
  header.bytes = static_cast<int64_t>(proto.ByteSizeLong());
  if (header.bytes > kMaxBatchBytes) {
    violations.push_back({"batch", absl::StrCat("has ", header.bytes, " bytes; at most ", kMaxBatchBytes,
                                                " are allowed: send smaller batches")});
  }
  if (proto.rows_size() > kMaxBatchRows) {
    violations.push_back({"batch.rows", absl::StrCat("has ", proto.rows_size(), " rows; at most ", kMaxBatchRows,
                                                     " are allowed: send smaller batches")});
  }
  header.station = TakeParsed("batch.station", std::move(station), &violations);
  if (proto.batch_id().empty()) violations.push_back({"batch.batch_id", "is required"});
  if (proto.source().empty()) violations.push_back({"batch.source", "is required"});
  AddTextFaults(proto, "batch.", &violations);
  if (proto.delivery() != v1::DELIVERY_LIVE && proto.delivery() != v1::DELIVERY_BACKFILL) {
    violations.push_back({"batch.delivery", "must be DELIVERY_LIVE or DELIVERY_BACKFILL"});
  }
  const v1::FeatureOrder& order = proto.feature_order();
  header.columns[static_cast<size_t>(Signal::kMagn)] =
      TakeParsed("batch.feature_order.magn_features", BindSignal(Signal::kMagn, order.magn_features()), &violations);
  header.columns[static_cast<size_t>(Signal::kSound)] =
      TakeParsed("batch.feature_order.sound_features", BindSignal(Signal::kSound, order.sound_features()), &violations);
  if (!violations.empty()) return InvalidFields(std::move(violations));
  if (!proto.feature_schema_hash().empty() && proto.feature_schema_hash() != FeatureSchemaHash()) {
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat(
            "batch.feature_schema_hash: the service's feature schema is ", FeatureSchemaHash(),
            "; ask NetworkService.GetFeatureSchema for its names and order, or bind columns with feature_order")),
        "FEATURE_SCHEMA_MISMATCH", {{"schema_hash", FeatureSchemaHash()}});
  }
  return header;
}

ObservationBatch ToBatch(const v1::ObservationBatch& proto, const BatchHeader& header, const RowCheckContext& context) {
  ObservationBatch batch;
  batch.station = header.station;
  batch.batch_id = proto.batch_id();
  batch.source = proto.source();
  batch.position = proto.position();
  batch.delivery = proto.delivery() == v1::DELIVERY_LIVE ? Delivery::kLive : Delivery::kBackfill;
  batch.received_at = context.now;
  batch.content_hash = BatchContentHash(proto);
  AppendRows(proto, header, context, &batch);
  return batch;
}

std::string BatchContentHash(const v1::ObservationBatch& proto) {
  Sha256Stream hash;
  hash.UpdateField("tremorcast.batch.1");
  hash.UpdateField(proto.station());
  hash.UpdateField(proto.source());
  hash.UpdateField(proto.position());
  const auto add_numbers = [&hash](auto... numbers) {
    const int64_t fixed[] = {static_cast<int64_t>(numbers)...};
    hash.Update(absl::string_view(reinterpret_cast<const char*>(fixed), sizeof(fixed)));
  };
  const v1::FeatureOrder& order = proto.feature_order();
  add_numbers(proto.delivery(), order.magn_features_size(), order.sound_features_size(), proto.rows_size());
  for (const std::string& name : order.magn_features()) hash.UpdateField(name);
  for (const std::string& name : order.sound_features()) hash.UpdateField(name);
  for (const v1::ObservationRow& row : proto.rows()) {
    add_numbers(row.has_slot_time(), row.slot_time().seconds(), row.slot_time().nanos(), row.signal(),
                row.values_size());
    const absl::Span<const float> values = ValuesOf(row);
    hash.Update(absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
  }
  return hash.Finish();
}

BatchLabel LabelOf(const ObservationBatch& batch) {
  return {batch.batch_id, BatchIsRecorded(batch) ? batch.position : std::string()};
}

void FillVerdict(const BatchLabel& label, const BatchResult& result, v1::BatchVerdict* proto) {
  proto->set_batch_id(label.batch_id);
  proto->set_replayed(result.replayed);
  proto->set_position(label.position);
  VerdictCounts counts;
  v1::VerdictRun* run = nullptr;
  for (size_t i = 0; i < result.verdicts.size(); ++i) {
    const RowVerdict& verdict = result.verdicts[i];
    counts.Add(verdict.verdict);
    if (run != nullptr && run->verdict() == ToProto(verdict.verdict) && run->reason() == ToProto(verdict.reason)) {
      run->set_row_count(run->row_count() + 1);
      continue;
    }
    run = proto->add_runs();
    run->set_first_row(static_cast<int32_t>(i));
    run->set_row_count(1);
    run->set_verdict(ToProto(verdict.verdict));
    run->set_reason(ToProto(verdict.reason));
    if (verdict.verdict == Verdict::kRejected) run->set_field_path(FieldPath(static_cast<int64_t>(i), verdict));
  }
  proto->set_accepted_count(counts.accepted);
  proto->set_duplicate_count(counts.duplicate);
  proto->set_conflict_count(counts.conflict);
  proto->set_late_count(counts.late);
  proto->set_rejected_count(counts.rejected);
}

}  // namespace tremorcast::rpc
