// tremorcast watch

#include <algorithm>
#include <atomic>
#include <memory>
#include <ostream>
#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>

#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "cli/text/forecast_text.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

// Cancels a call when the run is interrupted, for as long as it lives.
class CancelOnInterrupt {
 public:
  CancelOnInterrupt(Pacer& pacer, grpc::ClientContext& context)
      : thread_([this, &pacer, &context] {
          while (!done_) {
            if (pacer.Interrupted() || !pacer.Wait(absl::Milliseconds(100))) {
              context.TryCancel();
              return;
            }
          }
        }) {}
  ~CancelOnInterrupt() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

class WatchCommand final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--region", "only these (may be repeated)", &regions_, false, {}},
            {"--purpose", "only these (may be repeated; default: operational and test)", &purposes_, false, {}},
            {"--since", "send first what was archived after this sequence number; 0 is everything", &since_, false, {}},
            {"--count", "end after this many; 0 is never", &count_, false, {}},
            {"--json", "one JSON object per line", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    v1::WatchForecastsRequest request;
    for (const std::string& region : regions_) request.add_regions(Named("regions", region));
    if (!AddPurposes(context.console, request)) return ExitCode::kUsage;
    if (since_ >= 0) request.set_resume_sequence(since_);
    const auto stub = v1::ForecastService::NewStub(context.client.channel());
    bool reached = false;
    absl::Duration pause = absl::Milliseconds(250);
    for (;;) {
      grpc::ClientContext call;
      grpc::Status status;
      {
        const auto reader = stub->WatchForecasts(&call, request);
        const CancelOnInterrupt cancel(context.pacer, call);
        v1::WatchForecastsResponse response;
        while (reader->Read(&response)) {
          reached = true;
          pause = absl::Milliseconds(250);
          request.set_resume_sequence(response.sequence());
          if (response.has_forecast() && Print(context.console, response.forecast())) {
            call.TryCancel();
            (void)reader->Finish();
            return ExitCode::kOk;
          }
        }
        status = reader->Finish();
      }
      if (context.pacer.Interrupted()) return ExitCode::kOk;  // how watching ends
      // A server that ends the stream in order is draining; one that was never there is not waited
      // for.
      if (!status.ok() && !(reached && IsRetryable(status)))
        return Report(context.console, context.client, "watch", status);
      const absl::Duration wait = std::max(pause, RetryDelay(status, call));
      context.console.err() << "the server went away; trying again in "
                            << absl::FormatDuration(absl::Trunc(wait, absl::Milliseconds(10))) << "\n";
      if (!context.pacer.Wait(wait)) return ExitCode::kOk;
      pause = std::min(2 * pause, absl::Seconds(5));
    }
  }

 private:
  bool AddPurposes(Console& console, v1::WatchForecastsRequest& request) const {
    for (const std::string& purpose : purposes_) {
      if (purpose == "operational") {
        request.add_purposes(v1::FORECAST_PURPOSE_OPERATIONAL);
      } else if (purpose == "hindcast") {
        request.add_purposes(v1::FORECAST_PURPOSE_HINDCAST);
      } else if (purpose == "test") {
        request.add_purposes(v1::FORECAST_PURPOSE_TEST);
      } else {
        console.err() << "tremorcast watch: --purpose must be operational, hindcast or test\n";
        return false;
      }
    }
    if (purposes_.empty()) {
      request.add_purposes(v1::FORECAST_PURPOSE_OPERATIONAL);
      request.add_purposes(v1::FORECAST_PURPOSE_TEST);
    }
    return true;
  }

  // Returns true when enough were printed.
  bool Print(Console& console, const v1::Forecast& forecast) {
    if (json_) {
      std::string line = ToJson(forecast);
      std::replace(line.begin(), line.end(), '\n', ' ');
      console.out() << line << "\n" << std::flush;
    } else {
      console.out() << RevisionLine(forecast) << "\n" << std::flush;
    }
    return count_ > 0 && ++printed_ >= count_;
  }

  std::vector<std::string> regions_, purposes_;
  int64_t since_ = -1, count_ = 0, printed_ = 0;
  bool json_ = false;
};

}  // namespace

CommandSpec WatchSpec() {
  return {"watch",
          "Print forecasts and revisions as they come",
          "Goes on after the server went away, without a gap. The first column is the sequence number for --since. "
          "Ends with Ctrl-C.",
          {"tremorcast watch", "tremorcast watch --region area-4 --since 0",
           "tremorcast watch --json | jq .class_probabilities"},
          [] { return std::make_unique<WatchCommand>(); }};
}

}  // namespace tremorcast::cli
