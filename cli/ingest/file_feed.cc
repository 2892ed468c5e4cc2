#include "cli/ingest/file_feed.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "core/base/status_macros.h"
#include "core/observation/feature_schema.h"
#include "files/growing_file.h"

namespace tremorcast::cli {
namespace {

constexpr size_t kReadSize = 1 << 18;

// "x.csv.xz" and "x.csv" are the same source, because they have the same text.
std::string BaseName(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  return std::string(WithoutCompression(name));
}

struct ReasonText {
  const char* name;
  const char* text;
};

ReasonText TextOf(v1::RejectReason reason) {
  switch (reason) {
    case v1::REJECT_REASON_UNKNOWN_STATION:
      return {"unknown_station", "the station is not registered"};
    case v1::REJECT_REASON_UNKNOWN_SIGNAL:
      return {"unknown_signal", "the signal is unknown"};
    case v1::REJECT_REASON_WRONG_VALUE_COUNT:
      return {"wrong_value_count", "wrong number of values"};
    case v1::REJECT_REASON_NOT_FINITE:
      return {"not_finite", "the value is not a finite number"};
    case v1::REJECT_REASON_OFF_GRID:
      return {"off_grid", "the time is not on the ten-minute grid"};
    case v1::REJECT_REASON_IN_FUTURE:
      return {"in_future", "the time lies in the future"};
    case v1::REJECT_REASON_BEYOND_RETENTION:
      return {"beyond_retention", "the time lies before the retention limit"};
    case v1::REJECT_REASON_STATION_NOT_VALID:
      return {"station_not_valid", "the station was not in service then"};
    case v1::REJECT_REASON_TOO_OLD:
      return {"too_old", "the row is older than this sender may send"};
    default:
      return {"unknown", "no reason was given"};
  }
}

std::string ColumnAtFault(const v1::ObservationRow& row, v1::RejectReason reason) {
  switch (reason) {
    case v1::REJECT_REASON_UNKNOWN_STATION:
    case v1::REJECT_REASON_STATION_NOT_VALID:
      return "StationID";
    case v1::REJECT_REASON_NOT_FINITE: {
      const auto fault =
          std::find_if(row.values().begin(), row.values().end(), [](float value) { return !std::isfinite(value); });
      const size_t index = static_cast<size_t>(fault - row.values().begin());
      const auto names = FeatureNames(row.signal() == v1::SIGNAL_MAGN ? Signal::kMagn : Signal::kSound);
      return index < names.size() ? std::string(names[index]) : "";
    }
    case v1::REJECT_REASON_UNKNOWN_SIGNAL:
    case v1::REJECT_REASON_WRONG_VALUE_COUNT:
      return "";
    default:
      return "TimeStamp";
  }
}

std::string RowText(const FileBatch& batch, size_t row) {
  if (row >= batch.text_ends.size()) return "";
  const size_t begin = row == 0 ? 0 : batch.text_ends[row - 1];
  return batch.texts.substr(begin, batch.text_ends[row] - begin);
}

// `said` tells that the run before it had the same fault, which is one of the whole file.
void ListRun(const FileBatch& batch, const v1::VerdictRun& run, bool said, Tally& tally) {
  const bool rejected = run.verdict() == v1::VERDICT_REJECTED;
  const ReasonText reason =
      rejected ? TextOf(run.reason()) : ReasonText{"conflict", "other values are stored for this slot"};
  const bool whole_file = run.reason() == v1::REJECT_REASON_UNKNOWN_STATION;  // one line on the screen is enough
  if (rejected) tally.AddRejectReason(reason.name, run.row_count());
  for (int i = run.first_row(); i < run.first_row() + run.row_count(); ++i) {
    const size_t row = static_cast<size_t>(i);
    if (row >= batch.lines.size()) return;
    tally.AddFault(
        {batch.file->path, batch.lines[row], rejected ? ColumnAtFault(batch.request.batch().rows(i), run.reason()) : "",
         rejected ? "rejected" : "conflict", rejected ? absl::StrCat(reason.name, ": ", reason.text) : reason.text,
         RowText(batch, row), said || (whole_file && i > run.first_row())});
  }
}

}  // namespace

void CountAnswer(const FileBatch& batch, const v1::StreamObservationsResponse& response, Tally& tally) {
  if (response.has_failure()) {
    batch.file->batch_failed = true;
    const int64_t rows = static_cast<int64_t>(batch.lines.size());
    tally.AddFailedRows(rows);
    batch.file->LeaveOpen(batch.begin, rows);
    const std::string what =
        rows == 0 ? "its position" : absl::StrCat("lines ", batch.lines.front(), " to ", batch.lines.back());
    const v1::Status& status = response.failure().status();
    tally.Say(absl::StrCat(batch.file->path, ": ", what, rows == 0 ? " was refused: " : " were refused: ",
                           CodeName(static_cast<grpc::StatusCode>(status.code())), ": ", status.message()));
    return;
  }
  if (batch.lines.empty()) return;
  const v1::BatchVerdict& verdict = response.verdict();
  VerdictCounts counts;
  counts.accepted = verdict.accepted_count();
  counts.duplicate = verdict.duplicate_count();
  counts.conflict = verdict.conflict_count();
  counts.late = verdict.late_count();
  counts.rejected = verdict.rejected_count();
  tally.AddVerdicts(counts, verdict.replayed(), batch.text_bytes);
  if (counts.rejected + counts.conflict > 0) batch.file->LeaveOpen(batch.begin, counts.rejected + counts.conflict);
  for (const v1::VerdictRun& run : verdict.runs()) {
    bool said = false;
    if (run.verdict() == v1::VERDICT_REJECTED && run.reason() == v1::REJECT_REASON_UNKNOWN_STATION) {
      said = batch.file->unknown_station.exchange(true);
    }
    if (run.verdict() == v1::VERDICT_REJECTED || run.verdict() == v1::VERDICT_CONFLICT)
      ListRun(batch, run, said, tally);
  }
}

void FileState::LeaveOpen(const PositionToken& begin, int64_t count) {
  absl::MutexLock lock(&mutex_);
  const int64_t before = open_from_.has_value() ? open_from_->not_stored : 0;
  if (!open_from_.has_value() || begin.offset < open_from_->offset) open_from_ = begin;
  open_from_->not_stored = before + count;
}

std::optional<PositionToken> FileState::open_from() const {
  absl::MutexLock lock(&mutex_);
  return open_from_;
}

FileFeed::FileFeed(std::string path, Options options, Tally& tally, FindPosition find_position, Emit emit)
    : options_(options),
      find_position_(std::move(find_position)),
      emit_(std::move(emit)),
      tally_(tally),
      base_name_(BaseName(options_.known_as.empty() ? path : options_.known_as)),
      state_(std::make_shared<FileState>()),
      growing_(options.growing),
      reader_(AetaCsvReader::Options{options.accept_unterminated, options.sentinels}),
      buffer_(kReadSize) {
  state_->path = std::move(path);
}

absl::Status FileFeed::Open() {
  if (source_ != nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(source_, OpenSource());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ByteSource>> FileFeed::OpenSource() const {
  std::error_code error;
  // What is no regular file, a pipe say, cannot be looked at again.
  if (!options_.growing || !std::filesystem::is_regular_file(state_->path, error)) return OpenBytes(state_->path);
  ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> file, GrowingFile::Open(state_->path));
  return file;
}

bool FileFeed::Holds(const std::string& path) const {
  const auto* file = dynamic_cast<const GrowingFile*>(source_.get());
  return file != nullptr && file->IsAt(path);
}

bool FileFeed::HasLeft(const std::string& path) const {
  const auto* file = dynamic_cast<const GrowingFile*>(source_.get());
  return file != nullptr && !file->IsAt(path);
}

std::unique_ptr<FileFeed> FileFeed::Anew() {
  auto anew = std::make_unique<FileFeed>(state_->path, options_, tally_, find_position_, emit_);
  if (auto* file = dynamic_cast<GrowingFile*>(source_.get())) file->Rewind();
  anew->source_ = std::move(source_);
  return anew;
}

absl::StatusOr<bool> FileFeed::Pump() {
  RETURN_IF_ERROR(Open());
  while (!ended_ && !state_->unknown_station && !state_->batch_failed) {
    const absl::StatusOr<size_t> n = source_->Read(buffer_.data(), buffer_.size());
    if (!n.ok()) {
      if (!EmitBatch()) return false;  // what was read before the fault is good
      return n.status();
    }
    if (*n > 0) {
      reader_.Feed(absl::string_view(buffer_.data(), *n));
    } else if (growing_) {
      return EmitBatch();
    } else {
      reader_.FinishInput();
      ended_ = true;
    }
    const absl::StatusOr<bool> drained = Drain();
    if (!drained.ok() || !*drained) return drained;
  }
  return EmitBatch();
}

absl::StatusOr<bool> FileFeed::Drain() {
  for (;;) {
    switch (reader_.Next()) {
      case AetaCsvReader::Step::kRow:
        if (identity_.empty()) {
          const AetaCsvRow& row = reader_.row();
          if (!reader_.extra_columns().empty()) {
            tally_.Say(absl::StrCat(state_->path, ": these columns are no features and were passed over: ",
                                    absl::StrJoin(reader_.extra_columns(), ", ")));
          }
          identity_ = FileIdentity(base_name_, SignalName(*reader_.signal()), row.text);
          source_name_ = SourceName(base_name_, identity_);
          batch_station_ = std::string(row.station);
          ASSIGN_OR_RETURN(const bool jumped, Resume());
          if (!server_status_.ok()) return false;
          if (jumped) return true;  // the bytes fed so far are behind us
        }
        if (!Add(reader_.row())) return false;
        if (state_->unknown_station || state_->batch_failed) return true;
        break;
      case AetaCsvReader::Step::kProblem:
        ReportProblem(reader_.problem());
        break;
      case AetaCsvReader::Step::kNeedInput:
      case AetaCsvReader::Step::kEnd:
        return true;
    }
  }
}

absl::StatusOr<bool> FileFeed::Resume() {
  sent_before_ = options_.from_start;
  if (options_.from_start) return false;
  std::string position;
  server_status_ = find_position_(std::string(reader_.row().station), source_name_, &position);
  if (!server_status_.ok()) return false;
  const std::optional<PositionToken> token = PositionToken::Decode(position);
  if (!token.has_value() || token->identity != identity_) return false;
  left_open_before_ = token->not_stored;
  open_told_ = std::max<int64_t>(0, token->not_stored);
  sent_before_ = token->not_stored > 0;  // they are to be judged anew
  if (token->offset == 0) return false;
  const absl::StatusOr<bool> jumped = JumpTo(*token);
  if (jumped.ok() && !*jumped) {
    sent_before_ = true;
    tally_.Say(absl::StrCat(state_->path, ": changed since it was read last; read again from its start"));
    // The first row was read already and is in the reader; the source goes on behind what was fed.
  }
  return jumped;
}

absl::StatusOr<bool> FileFeed::JumpTo(const PositionToken& token) {
  // Another pass over the file, because a packed one cannot go back to check the row before the
  // position.
  ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, OpenSource());
  if (const absl::Status status = source->SkipTo(token.offset - token.last_row_bytes); !status.ok()) {
    return absl::IsOutOfRange(status) ? absl::StatusOr<bool>(false) : absl::StatusOr<bool>(status);
  }
  std::string last_row(static_cast<size_t>(token.last_row_bytes), '\0');
  for (size_t have = 0; have < last_row.size();) {
    ASSIGN_OR_RETURN(const size_t n, source->Read(last_row.data() + have, last_row.size() - have));
    if (n == 0) return false;
    have += n;
  }
  if ((last_row.back() != '\n' && last_row.back() != '\r') || RowHash(last_row) != token.last_row_hash) return false;
  source_ = std::move(source);
  reader_.ResumeAt(token.offset, token.next_line);
  ended_ = false;
  resumed_at_line_ = token.next_line;
  batch_end_ = token;
  batch_end_.not_stored = 0;
  return true;
}

bool FileFeed::Add(const AetaCsvRow& row) {
  if (batch_ != nullptr && row.station != batch_station_ && !EmitBatch()) return false;
  if (batch_ == nullptr) {
    batch_ = std::make_shared<FileBatch>();
    batch_->file = state_;
    batch_->begin = batch_end_;
    batch_offset_ = row.begin_offset;
    batch_station_ = std::string(row.station);
    batch_digest_ = Sha256Stream();
    batch_->request.mutable_batch()->mutable_rows()->Reserve(options_.rows_per_batch);
  }
  v1::ObservationRow* out = batch_->request.mutable_batch()->add_rows();
  out->mutable_slot_time()->set_seconds(row.time_unix);
  out->set_signal(*reader_.signal() == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND);
  out->mutable_values()->Add(row.values.begin(), row.values.end());
  batch_->lines.push_back(row.line);
  batch_->text_bytes += row.end_offset - row.begin_offset;
  batch_digest_.UpdateField(row.text);
  if (tally_.keeps_text()) {
    batch_->texts.append(row.text.data(), row.text.size());
    batch_->text_ends.push_back(batch_->texts.size());
  }
  last_row_.assign(row.text.data(), row.text.size());
  batch_end_ = {identity_, row.end_offset, row.line + 1, row.end_offset - row.begin_offset, "", 0};
  ++rows_read_;
  return batch_->request.batch().rows_size() < options_.rows_per_batch || EmitBatch();
}

bool FileFeed::EmitBatch() {
  if (batch_ == nullptr) return true;
  batch_end_.last_row_hash = RowHash(last_row_);
  const std::string id =
      absl::StrCat(identity_, "-", batch_offset_, "-", batch_end_.offset, "-",
                   HexOf(batch_digest_.Finish()).substr(0, 16), sent_before_ ? absl::StrCat("-", options_.run_id) : "");
  return Send(std::exchange(batch_, nullptr), id, Point());
}

bool FileFeed::Settle() {
  const PositionToken point = Point();
  // The service keeps no position of a station that it does not know.
  if (identity_.empty() || state_->unknown_station || point.not_stored == open_told_) return true;
  auto batch = std::make_shared<FileBatch>();
  batch->file = state_;
  batch->begin = point;
  return Send(std::move(batch), absl::StrCat(identity_, "-open-", point.not_stored, "-", options_.run_id), point);
}

PositionToken FileFeed::Point() const {
  PositionToken point = state_->open_from().value_or(batch_end_);
  point.identity = identity_;  // a fault may come before the first row, which it is made of
  return point;
}

bool FileFeed::Send(std::shared_ptr<FileBatch> batch, const std::string& id, const PositionToken& position) {
  v1::ObservationBatch* out = batch->request.mutable_batch();
  out->set_station(absl::StrCat("stations/", batch_station_));
  out->set_batch_id(id);
  out->set_source(source_name_);
  out->set_position(position.Encode());
  out->set_delivery(options_.delivery);
  out->set_feature_schema_hash(FeatureSchemaHash());
  open_told_ = position.not_stored;
  server_status_ = emit_(std::move(batch));
  return server_status_.ok();
}

void FileFeed::ReportProblem(const CsvProblem& problem) {
  const Fault fault{state_->path,
                    problem.line,
                    problem.column,
                    "unreadable",
                    absl::StrCat(CsvProblemName(problem.kind), ": ", problem.message),
                    ""};
  if (problem.kind == CsvProblemKind::kRepeatedHeader) {
    tally_.AddFault(fault);  // nothing is lost
  } else {
    tally_.AddUnreadable(fault);
    state_->LeaveOpen(batch_ != nullptr ? batch_->begin : batch_end_, 1);
  }
}

}  // namespace tremorcast::cli
