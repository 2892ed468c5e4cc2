// tremorcast forecast

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include <absl/strings/str_cat.h>

#include "cli/calls/freshness.h"
#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "cli/text/forecast_text.h"
#include "core/base/ids.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using Stub = v1::ForecastService::Stub;

class ForecastCommand final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {
        {"--region", "this region alone, with everything that is known about it", &region_, false, {}},
        {"--all", "every region (what happens without --region)", &all_, false, {}},
        {"--history", "every archived forecast and revision, newest first", &history_, false, {}},
        {"--purpose",
         "only these (default: operational; test for simulated regions)",
         &purpose_,
         false,
         {"operational", "hindcast", "test"}},
        {"--at", "compute what would have been said at this time from what was known then", &at_, false, {}},
        {"--compute-latest",
         "the same at the newest start of a week that rows lead up to",
         &compute_latest_,
         false,
         {}},
        {"--horizon",
         "what is said of so many days from the issue on: 1, 7, 30 or 365; 0: the week's forecasts",
         &horizon_,
         false,
         {}},
        {"--model", "with --at or --compute-latest: this model instead of the champion", &model_, false, {}},
        {"--dry-run", "with --at or --compute-latest: do not archive the answer", &dry_run_, false, {}},
        {"--replay", "compute this archived forecast again and compare the bits", &replay_, false, {}},
        {"--limit", "with --history: at most this many", &limit_, false, {}},
        {"--json", "print JSON", &json_, false, {}},
    };
  }

  ExitCode Run(CommandContext& context) override {
    const int modes = history_ + !at_.empty() + compute_latest_ + !replay_.empty();
    if (modes > 1 || (all_ && !region_.empty())) {
      context.console.err() << "tremorcast forecast: "
                            << (modes > 1 ? "--history, --at, --compute-latest and --replay exclude each other"
                                          : "--all and --region exclude each other")
                            << "\n";
      return ExitCode::kUsage;
    }
    if (horizon_ < 0 || (horizon_ > 0 && (json_ || modes > 0))) {
      context.console.err() << "tremorcast forecast: --horizon wants a number of days, and stands alone or with "
                               "--region, --all and --purpose; JSON has all of them\n";
      return ExitCode::kUsage;
    }
    stub_ = v1::ForecastService::NewStub(context.client.channel());
    if (!replay_.empty()) return Replay(context);
    if (history_) return History(context);
    std::vector<std::string> regions;
    if (!region_.empty()) {
      regions.push_back(Named("regions", region_));
    } else {
      std::vector<v1::Region> all;
      if (const grpc::Status status = FetchRegions(context.client, all); !status.ok())
        return Report(context.console, context.client, "forecast", status);
      for (const v1::Region& region : all) regions.push_back(region.name());
      if (all.empty()) context.console.err() << "No region is registered: tremorcast regions import FILE\n";
    }
    if (!at_.empty() || compute_latest_) return Compute(context, regions);
    return Latest(context, regions);
  }

 private:
  ExitCode Show(CommandContext& context, const std::vector<v1::Forecast>& forecasts) const {
    if (json_) {
      context.console.out() << ToJsonList("forecasts", forecasts) << "\n";
    } else if (!region_.empty() && forecasts.size() == 1) {
      PrintBulletin(context.console, forecasts[0]);
    } else if (!forecasts.empty()) {
      PrintForecastTable(context.console, forecasts);
    }
    return ExitCode::kOk;
  }

  ExitCode Latest(CommandContext& context, const std::vector<std::string>& regions) {
    std::vector<v1::Forecast> forecasts;
    std::vector<std::string> without;
    for (const std::string& region : regions) {
      v1::GetForecastRequest request;
      request.set_name(absl::StrCat(region, "/forecasts/latest"));
      request.set_purpose(ParsePurpose(purpose_).value_or(v1::FORECAST_PURPOSE_UNSPECIFIED));
      v1::GetForecastResponse response;
      const grpc::Status status = context.client.Call(stub_.get(), &Stub::GetForecast, request, &response);
      if (status.error_code() == grpc::StatusCode::NOT_FOUND && region_.empty()) {
        without.push_back(LastPart(region));
        continue;
      }
      if (!status.ok()) return Report(context.console, context.client, LastPart(region), status);
      forecasts.push_back(std::move(*response.mutable_forecast()));
    }
    for (const std::string& region : without) context.console.err() << region << ": no forecast has been issued yet\n";
    if (horizon_ > 0) {
      PrintHorizonTable(context.console, forecasts, static_cast<double>(horizon_));
      return ExitCode::kOk;
    }
    return Show(context, forecasts);
  }

  ExitCode History(CommandContext& context) {
    v1::ListForecastsRequest request;
    request.set_parent(Named("regions", region_.empty() ? "-" : region_));
    request.set_all_revisions(true);
    for (const auto kind : {v1::ISSUE_KIND_WEEKLY, v1::ISSUE_KIND_DAILY, v1::ISSUE_KIND_EVENT})
      request.add_issue_kinds(kind);
    if (const auto purpose = ParsePurpose(purpose_)) {
      request.add_purposes(*purpose);
    } else {
      for (const auto any :
           {v1::FORECAST_PURPOSE_OPERATIONAL, v1::FORECAST_PURPOSE_HINDCAST, v1::FORECAST_PURPOSE_TEST})
        request.add_purposes(any);
    }
    std::vector<v1::Forecast> forecasts;
    const size_t most = static_cast<size_t>(std::max<int64_t>(1, limit_));
    do {
      request.set_page_size(static_cast<int32_t>(std::min<size_t>(500, most - forecasts.size())));
      v1::ListForecastsResponse response;
      const grpc::Status status = context.client.Call(stub_.get(), &Stub::ListForecasts, request, &response);
      if (!status.ok()) return Report(context.console, context.client, "forecast", status);
      for (v1::Forecast& forecast : *response.mutable_forecasts()) forecasts.push_back(std::move(forecast));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty() && forecasts.size() < most);
    region_.clear();  // a list is a table, also with one entry
    return Show(context, forecasts);
  }

  // The start of the week that the newest row lies in: the newest moment with a whole week of rows
  // behind it.
  grpc::Status LatestIssue(CommandContext& context, absl::Time& issue) const {
    Freshness freshness;
    RETURN_IF_ERROR(FetchFreshness(context.client, freshness));
    if (freshness.rows.empty()) return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "no rows are stored yet");
    issue = WeekGrid::Service().Containing(std::min(freshness.newest + kSlotLength, context.pacer.Now())).begin;
    return grpc::Status::OK;
  }

  ExitCode Compute(CommandContext& context, const std::vector<std::string>& regions) {
    absl::Time issue;
    if (compute_latest_) {
      if (const grpc::Status status = LatestIssue(context, issue); !status.ok())
        return Report(context.console, context.client, "forecast", status);
    } else {
      const absl::StatusOr<absl::Time> time = ParseTime(at_);
      if (!time.ok()) {
        context.console.err() << "tremorcast forecast: " << time.status().message() << "\n";
        return ExitCode::kUsage;
      }
      issue = *time;
    }
    std::vector<v1::Forecast> forecasts;
    ExitCode code = ExitCode::kOk;
    for (const std::string& region : regions) {
      v1::ComputeForecastRequest request;
      request.set_region(region);
      FillTime(issue, request.mutable_issue_time());
      if (!model_.empty()) request.set_model(Named("models", model_));
      request.set_validate_only(dry_run_);
      v1::ComputeForecastResponse response;
      const grpc::Status status =
          context.client.Call(stub_.get(), &Stub::ComputeForecast, request, &response, absl::Minutes(2));
      if (status.ok()) {
        forecasts.push_back(std::move(*response.mutable_forecast()));
      } else {
        code = Worse(code, Report(context.console, context.client, LastPart(region), status));
        if (ExitCodeFor(status) == ExitCode::kUnavailable) break;
      }
    }
    return Worse(code, Show(context, forecasts));
  }

  ExitCode Replay(CommandContext& context) {
    v1::ReplayForecastRequest request;
    request.set_name(replay_);
    v1::ReplayForecastResponse response;
    const grpc::Status status =
        context.client.Call(stub_.get(), &Stub::ReplayForecast, request, &response, absl::Minutes(2));
    if (!status.ok()) return Report(context.console, context.client, replay_, status);
    std::ostream& out = context.console.out();
    if (json_) {
      out << ToJson(response) << "\n";
    } else if (response.identical()) {
      out << "identical to the bit\n";
    } else {
      out << "NOT identical: largest difference " << response.max_difference() << "\n  " << response.explanation()
          << "\n  archived on " << response.archived_runtime() << "\n  replayed on " << response.replay_runtime()
          << "\n";
    }
    return response.identical() ? ExitCode::kOk : ExitCode::kFailed;
  }

  std::unique_ptr<Stub> stub_;
  std::string region_, purpose_, at_, model_, replay_;
  bool all_ = false, history_ = false, compute_latest_ = false, dry_run_ = false, json_ = false;
  int64_t limit_ = 50;
  int64_t horizon_ = 0;  // not asked for
};

}  // namespace

CommandSpec ForecastSpec() {
  return {
      "forecast",
      "Show the weekly forecasts",
      "Probabilities that the largest earthquake in a region during the week is at least so large. USUAL is what the "
      "same week usually brings "
      "(climatology). Research use: nobody can predict the exact time or place of an earthquake.",
      {"tremorcast forecast", "tremorcast forecast --region area-4", "tremorcast forecast --all --horizon 30",
       "tremorcast forecast --region area-4 --history --json", "tremorcast forecast --region area-4 --at 2020-12-27",
       "tremorcast forecast --replay regions/area-4/forecasts/20201227T000000-hindcast-r1"},
      [] { return std::make_unique<ForecastCommand>(); }};
}

}  // namespace tremorcast::cli
