#include "cli/ingest/ingest_run.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "cli/ingest/file_feed.h"
#include "cli/ingest/file_list.h"
#include "cli/ingest/ingest_stream.h"
#include "core/base/status_macros.h"
#include "core/readers/aeta_csv.h"
#include "files/byte_source.h"

namespace tremorcast::cli {
namespace {

// The connection that one worker uses: a stream that mends itself, and position queries beside it.
class Lane {
 public:
  Lane(const Client& client, Pacer& pacer, const IngestRunOptions& options, Tally& tally)
      : client_(client),
        pacer_(pacer),
        options_(options),
        tally_(tally),
        stub_(v1::IngestService::NewStub(client.channel())),
        stream_(
            client, pacer, StreamOptions(options),
            [&tally](const OutgoingBatch& batch, const v1::StreamObservationsResponse& response) {
              CountAnswer(static_cast<const FileBatch&>(batch), response, tally);
            },
            [this](const grpc::Status& status, absl::Duration pause) { SayBreak(status, pause); }) {}

  FileFeed::Emit Emit() {
    return [this](std::shared_ptr<const FileBatch> batch) {
      if (pacer_.Interrupted()) return grpc::Status(grpc::StatusCode::CANCELLED, "interrupted");
      return stream_.Send(std::move(batch));
    };
  }

  FileFeed::FindPosition FindPosition() {
    return [this](const std::string& station, const std::string& source, std::string* position) {
      v1::GetIngestPositionRequest request;
      request.set_station(absl::StrCat("stations/", station));
      request.set_source(source);
      v1::GetIngestPositionResponse response;
      absl::Duration pause = absl::Milliseconds(250);
      for (absl::Time began = pacer_.Now();; pause = std::min(2 * pause, absl::Seconds(5))) {
        const grpc::Status status =
            client_.Call(stub_.get(), &v1::IngestService::Stub::GetIngestPosition, request, &response);
        // A station nobody has registered yet has no position; its rows will be told so.
        if (status.error_code() == grpc::StatusCode::NOT_FOUND) return grpc::Status::OK;
        // The first contact must succeed; later the server may be away for a while.
        const bool again = IsRetryable(status) && reached_ && pacer_.Now() - began < options_.retry_for;
        if (!again) {
          reached_ = reached_ || status.ok();
          *position = response.position();
          return status;
        }
        SayBreak(status, pause);
        if (!pacer_.Wait(pause))
          return grpc::Status(grpc::StatusCode::CANCELLED, "interrupted while waiting for the server");
      }
    };
  }

  IngestStream& stream() { return stream_; }

 private:
  static IngestStream::Options StreamOptions(const IngestRunOptions& options) {
    IngestStream::Options result;
    result.retry_for = options.retry_for;
    return result;
  }

  void SayBreak(const grpc::Status& status, absl::Duration pause) {
    tally_.Say(absl::StrCat("the server went away (", status.ok() ? "it is draining" : Explain(status),
                            "); trying again in ", absl::FormatDuration(absl::Trunc(pause, absl::Milliseconds(100)))));
  }

  const Client& client_;
  Pacer& pacer_;
  const IngestRunOptions options_;
  Tally& tally_;
  const std::unique_ptr<v1::IngestService::Stub> stub_;
  IngestStream stream_;
  bool reached_ = false;
};

FileFeed::Options FeedOptions(const IngestRunOptions& options, bool growing) {
  FileFeed::Options result;
  result.rows_per_batch = options.rows_per_batch;
  result.delivery = options.live ? v1::DELIVERY_LIVE : v1::DELIVERY_BACKFILL;
  result.from_start = !options.resume;
  result.accept_unterminated = options.accept_unterminated;
  result.sentinels = options.sentinels;
  result.run_id = options.run_id;
  result.growing = growing;
  return result;
}

// Says how a file went, apart from what its rows got.
ExitCode FileOutcome(const FileFeed& feed, const absl::StatusOr<bool>& pumped, Tally& tally) {
  const FileState& state = feed.state();
  if (feed.resumed_at_line() > 0) {
    tally.Say(absl::StrCat(state.path, ": the lines before ", feed.resumed_at_line(), " are stored already; ",
                           Count(feed.rows_read(), "new row")));
  }
  if (!pumped.ok()) {
    tally.Say(absl::StrCat("tremorcast: ", pumped.status().message()));
    return ExitCode::kFailed;
  }
  if (state.unknown_station) {
    tally.Say(absl::StrCat(state.path,
                           ": its station is not registered, the rest of the file was not sent. Register it with "
                           "'tremorcast stations import FILE' and run this again."));
    return ExitCode::kPartial;
  }
  if (state.batch_failed) return ExitCode::kFailed;
  return ExitCode::kOk;
}

ExitCode ServerOutcome(const grpc::Status& status, const Client& client, Tally& tally) {
  if (status.ok()) return ExitCode::kOk;
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    tally.Say("interrupted; run the same command again to go on from here");
    return ExitCode::kFailed;
  }
  tally.Say(absl::StrCat("tremorcast: ", client.address(), ": ", Explain(status)));
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    // Details come from the service itself, which therefore is there and said what is wrong.
    const bool answered = !status.error_details().empty();
    tally.Say(absl::StrCat("  ",
                           answered ? ""
                                    : "Is tremorcast-server running there? Choose another with --server HOST:PORT or "
                                      "TREMORCAST_SERVER. ",
                           "What was answered is stored; run the same command again to go on."));
  }
  return ExitCodeFor(status);
}

// Files are handed out one by one, so that a large one does not hold up the others.
class FileQueue {
 public:
  explicit FileQueue(const std::vector<std::string>& files) : files_(files) {}
  const std::string* Next() {
    const size_t i = next_.fetch_add(1);
    return i < files_.size() && !stop_ ? &files_[i] : nullptr;
  }
  void Stop() { stop_ = true; }

 private:
  const std::vector<std::string>& files_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
};

int64_t SizeOf(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

ExitCode RunLane(FileQueue& queue, const IngestRunOptions& options, const Client& client, Pacer& pacer, Tally& tally,
                 ProgressCounters& counters) {
  Lane lane(client, pacer, options, tally);
  ExitCode code = ExitCode::kOk;
  while (const std::string* path = queue.Next()) {
    FileFeed feed(*path, FeedOptions(options, false), tally, lane.FindPosition(), lane.Emit());
    const absl::StatusOr<bool> pumped = feed.Pump();
    grpc::Status status = feed.server_status();
    if (status.ok()) status = lane.stream().Flush();  // the answers say whether the file was taken
    code = Worse(code, FileOutcome(feed, pumped, tally));
    if (!status.ok()) {
      queue.Stop();
      return Worse(code, ServerOutcome(status, client, tally));
    }
    counters.bytes_done += SizeOf(*path);
    ++counters.files_done;
  }
  return Worse(code, ServerOutcome(lane.stream().Close(), client, tally));
}

// A file that is watched for growth.
struct Followed {
  std::unique_ptr<FileFeed> feed;
  ino_t inode = 0;
  bool given_up = false;
};

class Follower {
 public:
  Follower(const IngestRunOptions& options, const Client& client, Pacer& pacer, Tally& tally)
      : options_(options), tally_(tally), lane_(client, pacer, options, tally) {}

  // Looks at every file once.
  grpc::Status Look(const std::vector<std::string>& files) {
    for (const std::string& path : files) {
      RETURN_IF_ERROR(LookAt(path));
    }
    return lane_.stream().Flush();
  }
  grpc::Status Close() { return lane_.stream().Close(); }
  ExitCode code() const { return code_; }

 private:
  grpc::Status LookAt(const std::string& path) {
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0) return grpc::Status::OK;  // gone for now
    Followed& file = files_[path];
    const bool growing = !IsCompressed(path);
    if (file.feed != nullptr && !growing) return grpc::Status::OK;  // a compressed file is whole: read once
    const bool replaced = file.feed != nullptr && (info.st_ino != file.inode || info.st_size < file.feed->offset());
    if (replaced) tally_.Say(absl::StrCat(path, ": was replaced; read from its start"));
    if (file.feed == nullptr || replaced) {
      file.feed =
          std::make_unique<FileFeed>(path, FeedOptions(options_, growing), tally_, lane_.FindPosition(), lane_.Emit());
      file.inode = info.st_ino;
      file.given_up = false;
    }
    if (file.given_up) return grpc::Status::OK;
    const absl::StatusOr<bool> pumped = file.feed->Pump();
    if (!file.feed->server_status().ok()) return file.feed->server_status();
    if (!pumped.ok() || file.feed->state().unknown_station || file.feed->state().batch_failed) {
      RETURN_IF_ERROR(lane_.stream().Flush());
      code_ = Worse(code_, FileOutcome(*file.feed, pumped, tally_));
      file.given_up = true;
    }
    return grpc::Status::OK;
  }

  const IngestRunOptions options_;
  Tally& tally_;
  Lane lane_;
  std::map<std::string, Followed> files_;
  ExitCode code_ = ExitCode::kOk;
};

}  // namespace

std::string NewRunId() { return absl::StrFormat("%08x", std::random_device{}()); }

ExitCode IngestFiles(const std::vector<std::string>& files, const IngestRunOptions& options, const Client& client,
                     Pacer& pacer, Tally& tally, ProgressCounters& counters) {
  counters.files_total = static_cast<int64_t>(files.size());
  for (const std::string& file : files) counters.bytes_total += SizeOf(file);
  FileQueue queue(files);
  const size_t lanes = std::clamp<size_t>(files.size(), 1, static_cast<size_t>(std::max(1, options.jobs)));
  std::vector<ExitCode> codes(lanes, ExitCode::kOk);
  std::vector<std::thread> threads;
  for (size_t i = 1; i < lanes; ++i) {
    threads.emplace_back([&, i] { codes[i] = RunLane(queue, options, client, pacer, tally, counters); });
  }
  codes[0] = RunLane(queue, options, client, pacer, tally, counters);
  for (std::thread& thread : threads) thread.join();
  ExitCode code = ExitCode::kOk;
  for (ExitCode one : codes) code = Worse(code, one);
  return code;
}

ExitCode FollowFiles(const std::vector<std::string>& paths, const IngestRunOptions& options, const Client& client,
                     Pacer& pacer, Tally& tally) {
  Follower follower(options, client, pacer, tally);
  for (;;) {
    const absl::StatusOr<AetaFiles> files = ListAetaFiles(paths, true);
    grpc::Status status;
    if (files.ok()) status = follower.Look(files->files);
    if (pacer.Interrupted() || !pacer.Wait(options.poll_interval)) {
      // Asked to stop is how a follow ends; what was read is answered or will be read again.
      if (status.ok()) status = follower.Close();
      return status.ok() || status.error_code() == grpc::StatusCode::CANCELLED
                 ? follower.code()
                 : Worse(follower.code(), ServerOutcome(status, client, tally));
    }
    if (!status.ok()) return Worse(follower.code(), ServerOutcome(status, client, tally));
  }
}

}  // namespace tremorcast::cli
