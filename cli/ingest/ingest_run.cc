#include "cli/ingest/ingest_run.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <random>
#include <system_error>
#include <thread>

#include <absl/strings/str_format.h>

#include "cli/ingest/file_feed.h"
#include "cli/ingest/lane.h"

namespace tremorcast::cli {
namespace {

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
    if (status.ok() && !feed.Settle()) status = feed.server_status();
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

}  // namespace tremorcast::cli
