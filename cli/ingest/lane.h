#pragma once

// What the ingest of files and the following of them share: the connection of one worker, and the
// words for how a file and a run went.

#include <memory>
#include <string>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <grpcpp/support/status.h>

#include "cli/calls/client.h"
#include "cli/ingest/file_feed.h"
#include "cli/ingest/ingest_run.h"
#include "cli/ingest/ingest_stream.h"
#include "cli/ingest/tally.h"
#include "cli/text/console.h"
#include "cli/text/exit_code.h"

namespace tremorcast::cli {

// A stream that mends itself, and position queries beside it. Belongs to one thread.
class Lane {
 public:
  Lane(const Client& client, Pacer& pacer, const IngestRunOptions& options, Tally& tally);

  FileFeed::Emit Emit();
  FileFeed::FindPosition FindPosition();
  IngestStream& stream() { return stream_; }

 private:
  void SayBreak(const grpc::Status& status, absl::Duration pause);

  const Client& client_;
  Pacer& pacer_;
  const IngestRunOptions options_;
  Tally& tally_;
  const std::unique_ptr<v1::IngestService::Stub> stub_;
  IngestStream stream_;
  bool reached_ = false;
};

FileFeed::Options FeedOptions(const IngestRunOptions& options, bool growing);

// Says how a file went, apart from what its rows got.
ExitCode FileOutcome(const FileFeed& feed, const absl::StatusOr<bool>& pumped, Tally& tally);
// Says why the run ends where the server ends it.
ExitCode ServerOutcome(const grpc::Status& status, const Client& client, Tally& tally);

}  // namespace tremorcast::cli
