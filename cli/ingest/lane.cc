#include "cli/ingest/lane.h"

#include <algorithm>

#include <absl/strings/str_cat.h>

namespace tremorcast::cli {
namespace {

IngestStream::Options StreamOptions(const IngestRunOptions& options) {
  IngestStream::Options result;
  result.retry_for = options.retry_for;
  return result;
}

}  // namespace

Lane::Lane(const Client& client, Pacer& pacer, const IngestRunOptions& options, Tally& tally)
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

FileFeed::Emit Lane::Emit() {
  return [this](std::shared_ptr<const FileBatch> batch) {
    if (pacer_.Interrupted()) return grpc::Status(grpc::StatusCode::CANCELLED, "interrupted");
    return stream_.Send(std::move(batch));
  };
}

FileFeed::FindPosition Lane::FindPosition() {
  return [this](const std::string& station, const std::string& source, std::string* position) {
    v1::GetIngestPositionRequest request;
    request.set_station(absl::StrCat("stations/", station));
    request.set_source(source);
    v1::GetIngestPositionResponse response;
    absl::Duration pause = absl::Milliseconds(250);
    for (absl::Time began = pacer_.Now();; pause = std::min(2 * pause, absl::Seconds(5))) {
      grpc::Status status = client_.Call(stub_.get(), &v1::IngestService::Stub::GetIngestPosition, request, &response);
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

void Lane::SayBreak(const grpc::Status& status, absl::Duration pause) {
  tally_.Say(absl::StrCat("the server went away (", status.ok() ? "it is draining" : Explain(status),
                          "); trying again in ", absl::FormatDuration(absl::Trunc(pause, absl::Milliseconds(100)))));
}

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

ExitCode FileOutcome(const FileFeed& feed, const absl::StatusOr<bool>& pumped, Tally& tally) {
  const FileState& state = feed.state();
  if (feed.left_open_before() > 0) {
    tally.Say(absl::StrCat(state.path, ": ", Count(feed.left_open_before(), "row or line", "rows or lines"),
                           " from line ", std::max<int64_t>(1, feed.resumed_at_line()),
                           " on were not stored as they stand when they were read before; ",
                           Count(feed.rows_read(), "row"), " read again"));
  } else if (feed.resumed_at_line() > 0) {
    tally.Say(absl::StrCat(state.path, ": the lines before ", feed.resumed_at_line(),
                           feed.left_open_before() < 0 ? " were read before; " : " are stored already; ",
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

}  // namespace tremorcast::cli
