#pragma once

// One AETA file on its way to the service. It is read and cut into batches of one station, each
// with the resume point that it ends at, and is taken up where the service's position says it was
// left.
//
// Where a row was not stored as it stands, or a line could not be read, the position stays at the
// batch that holds it: the file is taken up there, and the row judged anew, until it is in order.
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
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "cli/calls/client.h"
#include "cli/ingest/ingest_stream.h"
#include "cli/ingest/position_token.h"
#include "cli/ingest/tally.h"
#include "core/base/digest.h"
#include "core/readers/aeta_csv.h"
#include "files/byte_source.h"
#include "tremorcast/v1/ingest_service.pb.h"

namespace tremorcast::cli {

// The state of a file that the answers to its batches change. It outlives them. Thread safe.
struct FileState {
  std::string path;
  std::atomic<bool> unknown_station{false};
  std::atomic<bool> batch_failed{false};

  // `count` rows or lines of the batch that begins at `begin` were not stored as they stand.
  void LeaveOpen(const PositionToken& begin, int64_t count);
  // The first of those points, with the count of all; none while everything is stored.
  std::optional<PositionToken> open_from() const;

 private:
  mutable absl::Mutex mutex_;
  std::optional<PositionToken> open_from_ ABSL_GUARDED_BY(mutex_);
};

// A batch with the lines its rows came from.
class FileBatch final : public OutgoingBatch {
 public:
  std::shared_ptr<FileState> file;
  PositionToken begin;         // the resume point that it starts from
  std::vector<int64_t> lines;  // none: it only says where the file is to be taken up
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
    // The file counts as the one of this path, whose text it took over when a log was rotated; "":
    // it is itself.
    std::string known_as;
  };
  // Takes a full batch, and blocks while there is no room. A status that is not OK ends the feed.
  using Emit = std::function<grpc::Status(std::shared_ptr<const FileBatch>)>;
  // Asks the service for the position of (station, source).
  using FindPosition =
      std::function<grpc::Status(const std::string& station, const std::string& source, std::string* position)>;

  FileFeed(std::string path, Options options, Tally& tally, FindPosition find_position, Emit emit);

  // From here on it is the file that is at the path now; else the first Pump does so.
  absl::Status Open();
  // Reads what there is now, emits full batches and, at the end of what there is, the rest. It
  // returns false when emitting or asking failed; server_status() says why. Aborted: a growing file
  // was cut or written anew.
  absl::StatusOr<bool> Pump();
  // After Aborted: a feed of the same file, from the start of what it holds now.
  std::unique_ptr<FileFeed> Anew();
  // When every batch is answered: tells the service where the file is to be taken up, if that is not
  // behind its last batch. Emits at most one batch; false as above.
  bool Settle();
  // No more will be written: what there is of an unterminated row is told by the next Pump.
  void StopGrowing() { growing_ = growing_ && !reader_.signal().has_value(); }
  // Whether it reads a growing file that is at `path`, and whether it reads one that is not there any
  // more. Neither, of a packed file and before Open.
  bool Holds(const std::string& path) const;
  bool HasLeft(const std::string& path) const;

  const FileState& state() const { return *state_; }
  const grpc::Status& server_status() const { return server_status_; }
  int64_t rows_read() const { return rows_read_; }
  // The line at which reading began because the lines before it are stored already; 0 when it began
  // at the start.
  int64_t resumed_at_line() const { return resumed_at_line_; }
  // How many rows and lines the position had left open, and -1 when it was silent about that.
  int64_t left_open_before() const { return left_open_before_; }

 private:
  absl::StatusOr<std::unique_ptr<ByteSource>> OpenSource() const;
  absl::StatusOr<bool> Drain();
  // Jumps to the service's position if it is one of this file as it is now, and returns whether it
  // jumped.
  absl::StatusOr<bool> Resume();
  absl::StatusOr<bool> JumpTo(const PositionToken& token);
  bool Add(const AetaCsvRow& row);
  bool EmitBatch();
  // The resume point as far as is known: the batches that are not answered yet may move it back.
  PositionToken Point() const;
  bool Send(std::shared_ptr<FileBatch> batch, const std::string& id, const PositionToken& position);
  void ReportProblem(const CsvProblem& problem);

  const Options options_;
  const FindPosition find_position_;
  const Emit emit_;
  Tally& tally_;
  const std::string base_name_;
  const std::shared_ptr<FileState> state_;

  std::unique_ptr<ByteSource> source_;
  bool growing_;
  AetaCsvReader reader_;
  std::vector<char> buffer_;
  bool ended_ = false;
  std::string identity_;  // known from the first row on
  std::string source_name_;
  bool sent_before_ = false;  // the service may know batches of this file beyond the point it is read from
  grpc::Status server_status_;
  int64_t rows_read_ = 0;
  int64_t resumed_at_line_ = 0;
  int64_t left_open_before_ = 0;
  int64_t open_told_ = 0;  // of what is left open, how much the service's position counts

  std::shared_ptr<FileBatch> batch_;
  int64_t batch_offset_ = 0;  // of its first row
  PositionToken batch_end_;   // and where the next batch begins
  std::string last_row_;      // its text, hashed when the batch is cut
  std::string batch_station_;
  Sha256Stream batch_digest_;
};

}  // namespace tremorcast::cli
