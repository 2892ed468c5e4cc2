#include "cli/ingest/follow_run.h"

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>

#include "cli/ingest/file_feed.h"
#include "cli/ingest/file_list.h"
#include "cli/ingest/lane.h"
#include "core/base/status_macros.h"
#include "files/byte_source.h"

namespace tremorcast::cli {
namespace {

// A file that is watched for growth.
struct Followed {
  std::unique_ptr<FileFeed> feed;
  bool given_up = false;
  int64_t rows = 0;     // read at the last look
  int quiet_looks = 0;  // without a new row, once its name is gone
};

// Follows the files behind names, whatever is done to the names. A file that was moved away is read
// on through its descriptor; what came and went between two looks, or was copied before its file was
// cut, is looked for under the names that rotations give.
class Follower {
 public:
  Follower(const IngestRunOptions& options, const Client& client, Pacer& pacer, Tally& tally)
      : options_(options), tally_(tally), lane_(client, pacer, options, tally) {}

  // Looks at every file once.
  grpc::Status Look(const std::vector<std::string>& files) {
    RETURN_IF_ERROR(SetAsideWhatMoved());
    // A numbered rotation of a file that is or was followed is read as what it was.
    names_.insert(files.begin(), files.end());
    for (const std::string& path : files) {
      if (files_.count(path) == 0 && names_.count(RotatedName(path)) == 0) RETURN_IF_ERROR(Begin(path));
    }
    for (auto& [path, file] : files_) {
      bool rewritten = false;
      RETURN_IF_ERROR(Pump(file, &rewritten));
      if (!rewritten) continue;
      RETURN_IF_ERROR(CatchUp(path, *file.feed));  // a copy may have been made first
      RETURN_IF_ERROR(PumpAnew(file));
    }
    for (Followed& file : moved_) {
      RETURN_IF_ERROR(PumpMoved(file));
    }
    RETURN_IF_ERROR(Settle());
    moved_.remove_if([](const Followed& file) { return file.quiet_looks > kQuietLooks; });
    return grpc::Status::OK;
  }
  // There will be no more looks.
  grpc::Status Close() {
    for (Followed& file : moved_) {
      RETURN_IF_ERROR(End(file));
    }
    return lane_.stream().Close();
  }
  ExitCode code() const { return code_; }

 private:
  // A writer may go on with a file that was moved away until it is told to open the new one.
  static constexpr int kQuietLooks = 60;

  std::unique_ptr<FileFeed> NewFeed(const std::string& path, bool growing, const std::string& known_as) {
    FileFeed::Options options = FeedOptions(options_, growing);
    options.known_as = known_as;
    return std::make_unique<FileFeed>(path, options, tally_, lane_.FindPosition(), lane_.Emit());
  }

  grpc::Status SetAsideWhatMoved() {
    for (auto it = files_.begin(); it != files_.end();) {
      if (!it->second.feed->HasLeft(it->first)) {
        ++it;
        continue;
      }
      Followed& file = moved_.emplace_back(std::move(it->second));
      it = files_.erase(it);
      RETURN_IF_ERROR(PumpMoved(file));
    }
    return grpc::Status::OK;
  }

  // Reads `path` from now on, after what went before it. A packed file is whole, and read once.
  grpc::Status Begin(const std::string& path) {
    // Opened first: what is moved away from now on is noticed, and what was before is found.
    Followed file{NewFeed(path, !IsCompressed(path), "")};
    if (absl::IsNotFound(file.feed->Open())) return grpc::Status::OK;  // a rotation is at work
    RETURN_IF_ERROR(CatchUp(path, *file.feed));
    files_[path] = std::move(file);
    return grpc::Status::OK;
  }

  grpc::Status CatchUp(const std::string& path, const FileFeed& current) {
    for (const std::string& rotated : RotatedFrom(path)) {
      struct stat info = {};
      if (::stat(rotated.c_str(), &info) != 0) continue;
      const FileVersion version(info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
      const bool held =
          current.Holds(rotated) ||
          std::any_of(moved_.begin(), moved_.end(), [&](const Followed& file) { return file.feed->Holds(rotated); }) ||
          std::any_of(files_.begin(), files_.end(), [&](const auto& file) { return file.second.feed->Holds(rotated); });
      if (held || caught_up_.count(version) > 0) continue;
      RETURN_IF_ERROR(lane_.stream().Flush());  // the service then knows how far the file was read
      const std::unique_ptr<FileFeed> feed = NewFeed(rotated, false, path);
      const absl::StatusOr<bool> pumped = feed->Pump();
      if (!feed->server_status().ok()) return feed->server_status();
      RETURN_IF_ERROR(lane_.stream().Flush());
      if (!feed->Settle()) return feed->server_status();
      if (!pumped.ok()) {
        // It may be in the making, and is tried again after the next rotation.
        tally_.Say(absl::StrCat("tremorcast: ", pumped.status().message()));
      } else if (feed->state().unknown_station || feed->state().batch_failed) {
        code_ = Worse(code_, FileOutcome(*feed, pumped, tally_));
      } else {
        caught_up_.insert(version);
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status PumpMoved(Followed& file) {
    bool rewritten = false;
    RETURN_IF_ERROR(Pump(file, &rewritten));
    if (rewritten) RETURN_IF_ERROR(PumpAnew(file));
    file.quiet_looks = file.feed->rows_read() == file.rows ? file.quiet_looks + 1 : 0;
    file.rows = file.feed->rows_read();
    return file.quiet_looks > kQuietLooks ? End(file) : grpc::Status::OK;
  }

  grpc::Status PumpAnew(Followed& file) {
    tally_.Say(absl::StrCat(file.feed->state().path, ": was cut or written anew; read from its start"));
    file.feed = file.feed->Anew();
    bool rewritten = false;  // if once more, the next look tells
    return Pump(file, &rewritten);
  }

  grpc::Status End(Followed& file) {
    bool rewritten = false;
    file.feed->StopGrowing();
    file.quiet_looks = kQuietLooks + 1;
    return Pump(file, &rewritten);
  }

  grpc::Status Pump(Followed& file, bool* rewritten) {
    if (file.given_up) return grpc::Status::OK;
    const absl::StatusOr<bool> pumped = file.feed->Pump();
    if (!file.feed->server_status().ok()) return file.feed->server_status();
    *rewritten = absl::IsAborted(pumped.status());
    if ((!pumped.ok() && !*rewritten) || file.feed->state().unknown_station || file.feed->state().batch_failed) {
      RETURN_IF_ERROR(lane_.stream().Flush());
      code_ = Worse(code_, FileOutcome(*file.feed, pumped, tally_));
      file.given_up = true;
    }
    return grpc::Status::OK;
  }

  grpc::Status Settle() {
    RETURN_IF_ERROR(lane_.stream().Flush());
    for (auto& [path, file] : files_) {
      if (!file.feed->Settle()) return file.feed->server_status();
    }
    for (Followed& file : moved_) {
      if (!file.feed->Settle()) return file.feed->server_status();
    }
    return lane_.stream().Flush();
  }

  using FileVersion = std::tuple<dev_t, ino_t, off_t, time_t, long>;

  const IngestRunOptions options_;
  Tally& tally_;
  Lane lane_;
  std::set<std::string> names_;  // seen so far
  std::map<std::string, Followed> files_;
  std::list<Followed> moved_;  // what other names, or none, lead to by now
  std::set<FileVersion> caught_up_;
  ExitCode code_ = ExitCode::kOk;
};

}  // namespace

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
