#pragma once

// One AETA file on its way to the service. It is read and cut into batches of one station, each
// with the resume point that it ends at, and is taken up where the service's position says it was
// left.
//
// Batches are cut by row count and by what was readable, so the same file read again from the same
// point gives the same batches; their ids name the bytes they hold, so a batch that is sent again
// is recognised and one with other content is another batch.
//
// Use by one thread at a time; Open and Pump block on I/O. Errors are those of ByteSource, and
// those of the position query, which are gRPC statuses in server_status().

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "cli/calls/client.h"
#include "cli/ingest/ingest_stream.h"
#include "cli/ingest/position_token.h"
#include "cli/ingest/tally.h"
#include "core/base/digest.h"
#include "core/readers/aeta_csv.h"
#include "files/byte_source.h"
#include "tremorcast/v1/ingest_service.pb.h"

namespace tremorcast::cli {

// The state of a file that the answers to its batches change. It outlives them.
struct FileState {
  std::string path;
  std::atomic<bool> unknown_station{false};
  std::atomic<bool> batch_failed{false};
};

// A batch with the lines its rows came from.
class FileBatch final : public OutgoingBatch {
 public:
  std::shared_ptr<FileState> file;
  std::vector<int64_t> lines;
  int64_t text_bytes = 0;
  // The texts of the rows one after the other, and where each ends. Both are empty when nobody asks
  // for them.
  std::string texts;
  std::vector<size_t> text_ends;
};

// Counts an answer, and lists the rows that were not stored as they stand.
void CountAnswer(const FileBatch& batch, const v1::StreamObservationsResponse& response, Tally& tally);

class FileFeed {
 public:
  struct Options {
    int rows_per_batch = 2000;
    v1::Delivery delivery = v1::DELIVERY_BACKFILL;
    bool from_start = false;           // pay no regard to the service's position
    bool accept_unterminated = false;  // see AetaCsvReader
    std::vector<float> sentinels = AetaCsvReader::Options().sentinels;
    // Tells this run from others in the ids of batches that may have been sent before: the service
    // would answer those with the verdicts it gave then, and a run that stores nothing should hear
    // so. Batches of an ordinary run need none.
    std::string run_id;
    bool growing = false;  // the end of the file is not its end: an unterminated line is read when it is whole
  };
  // Takes a full batch, and blocks while there is no room. A status that is not OK ends the feed.
  using Emit = std::function<grpc::Status(std::shared_ptr<const FileBatch>)>;
  // Asks the service for the position of (station, source).
  using FindPosition =
      std::function<grpc::Status(const std::string& station, const std::string& source, std::string* position)>;

  FileFeed(std::string path, Options options, Tally& tally, FindPosition find_position, Emit emit);

  // Reads what there is now, emits full batches and, at the end of what there is, the rest. It
  // returns false when emitting or asking failed; server_status() says why.
  absl::StatusOr<bool> Pump();

  const FileState& state() const { return *state_; }
  const grpc::Status& server_status() const { return server_status_; }
  int64_t rows_read() const { return rows_read_; }
  // The line at which reading began because the lines before it are stored already; 0 when it began
  // at the start.
  int64_t resumed_at_line() const { return resumed_at_line_; }
  // Byte of the text after the last row read.
  int64_t offset() const { return offset_; }

 private:
  absl::Status Open();
  absl::StatusOr<bool> Drain();
  // Jumps to the service's position if it is one of this file as it is now, and returns whether it
  // jumped.
  absl::StatusOr<bool> Resume();
  absl::StatusOr<bool> JumpTo(const PositionToken& token);
  bool Add(const AetaCsvRow& row);
  bool EmitBatch();
  void ReportProblem(const CsvProblem& problem);

  const Options options_;
  const FindPosition find_position_;
  const Emit emit_;
  Tally& tally_;
  const std::string base_name_;
  const std::shared_ptr<FileState> state_;

  std::unique_ptr<ByteSource> source_;
  AetaCsvReader reader_;
  std::vector<char> buffer_;
  bool ended_ = false;
  std::string identity_;  // known from the first row on
  std::string source_name_;
  bool sent_before_ = false;  // the service may know batches of this file beyond the point it is read from
  grpc::Status server_status_;
  int64_t rows_read_ = 0;
  int64_t resumed_at_line_ = 0;
  int64_t offset_ = 0;

  std::shared_ptr<FileBatch> batch_;
  int64_t batch_begin_ = 0;  // offset of its first row
  PositionToken batch_end_;
  std::string last_row_;  // its text, hashed when the batch is cut
  std::string batch_station_;
  Sha256Stream batch_digest_;
};

}  // namespace tremorcast::cli
