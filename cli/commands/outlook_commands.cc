// tremorcast outlook rates, outlook catalogues: what the catalogue rung simulated for a forecast, as
// files.

#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include <absl/functional/function_ref.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include "bulletin/simulation_files.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "files/text_file.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using Stub = v1::ForecastService::Stub;

constexpr absl::Duration kTimeout = absl::Minutes(2);  // a drawing, and those before it

// What both commands have: whose forecast, and where to.
class OutlookCommand : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--region", "of the newest forecast of this region", &region_, false, {}},
            {"--forecast", "of this one: regions/REGION/forecasts/FORECAST", &forecast_, false, {}},
            {"--out", "write to this file (default: the standard output)", &out_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    if (region_.empty() == forecast_.empty()) {
      context.console.err() << "tremorcast " << path() << ": give one of --region and --forecast\n";
      return ExitCode::kUsage;
    }
    stub_ = v1::ForecastService::NewStub(context.client.channel());
    return Write(context, forecast_.empty() ? absl::StrCat(Named("regions", region_), "/forecasts/latest") : forecast_);
  }

 protected:
  virtual const char* path() const = 0;
  virtual ExitCode Write(CommandContext& context, std::string name) = 0;

  // Writes what `make` makes. Where that fails because of a call, the call says why.
  ExitCode WriteOut(CommandContext& context, absl::FunctionRef<grpc::Status(std::ostream& out)> make) {
    grpc::Status called;
    const auto made = [&](std::ostream& out) {
      called = make(out);
      return called.ok() ? absl::OkStatus() : absl::CancelledError();
    };
    absl::Status written = out_.empty() ? made(context.console.out()) : WriteTextFile(out_, made);
    if (out_.empty() && !context.console.out().flush()) {
      written.Update(absl::PermissionDeniedError("cannot write the standard output"));
    }
    if (!called.ok()) return Report(context.console, context.client, path(), called);
    if (written.ok()) return ExitCode::kOk;
    context.console.err() << "tremorcast " << path() << ": " << written.message() << "\n";
    return ExitCode::kFailed;
  }

  static std::string Origin(const v1::SimulationInfo& from) {
    return absl::StrFormat("forecast %s, model %s, seed %d", from.forecast(), LastPart(from.model()), from.seed());
  }

  std::unique_ptr<Stub> stub_;

 private:
  std::string region_, forecast_, out_;
};

class OutlookRates final : public OutlookCommand {
 public:
  std::vector<Flag> Flags() override {
    std::vector<Flag> flags = OutlookCommand::Flags();
    flags.push_back({"--days", "within 1 or 7 days", &days_, false, {}});
    flags.push_back({"--format",
                     "csep is the gridded forecast that pyCSEP loads (name the file .dat); geojson is for maps",
                     &format_,
                     false,
                     {"csep", "geojson"}});
    return flags;
  }

 private:
  const char* path() const override { return "outlook rates"; }

  ExitCode Write(CommandContext& context, std::string name) override {
    v1::GetRateMapRequest request;
    request.set_name(std::move(name));
    request.set_days(static_cast<double>(days_));
    v1::GetRateMapResponse response;
    const grpc::Status status = context.client.Call(stub_.get(), &Stub::GetRateMap, request, &response, kTimeout);
    if (!status.ok()) return Report(context.console, context.client, path(), status);
    const v1::RateMap& map = response.rate_map();
    const ExitCode code = WriteOut(context, [&](std::ostream& out) {
      out << (format_ == "csep" ? bulletin::RatesDat(map) : bulletin::RatesGeoJson(map));
      return grpc::Status::OK;
    });
    if (code != ExitCode::kOk) return code;
    double expected = 0;
    for (const v1::RateCell& cell : map.cells()) expected += cell.expected_events();
    context.console.err() << absl::StrFormat("%.3g events of M %.1f or more expected in %s within %g days; %s\n",
                                             expected, map.simulation().magnitude_edges(0),
                                             Count(map.cells_size(), "cell"), map.days(), Origin(map.simulation()));
    return ExitCode::kOk;
  }

  int64_t days_ = 7;
  std::string format_ = "csep";
};

class OutlookCatalogues final : public OutlookCommand {
  const char* path() const override { return "outlook catalogues"; }

  ExitCode Write(CommandContext& context, std::string name) override {
    v1::GetForecastRequest named;
    named.set_name(std::move(name));
    v1::GetForecastResponse forecast;
    if (const grpc::Status status = context.client.Call(stub_.get(), &Stub::GetForecast, named, &forecast);
        !status.ok()) {
      return Report(context.console, context.client, path(), status);
    }
    v1::ListSimulatedCataloguesRequest request;
    request.set_parent(forecast.forecast().name());
    v1::ListSimulatedCataloguesResponse page;
    int64_t events = 0;
    // Page by page: neither side ever holds more than one.
    const ExitCode code = WriteOut(context, [&](std::ostream& out) {
      out << bulletin::kCataloguesCsvHeader;
      do {
        page.Clear();
        grpc::Status status =
            context.client.Call(stub_.get(), &Stub::ListSimulatedCatalogues, request, &page, kTimeout);
        if (!status.ok()) return status;
        std::string csv;
        for (const v1::SimulatedCatalogue& catalogue : page.catalogues()) {
          bulletin::AppendCatalogueCsv(catalogue, &csv);
          events += catalogue.events_size();
        }
        out << csv;
        request.set_page_token(page.next_page_token());
      } while (!request.page_token().empty() && out.good());
      return grpc::Status::OK;
    });
    if (code != ExitCode::kOk) return code;
    const v1::SimulationInfo& from = page.simulation();
    context.console.err() << absl::StrFormat("%s with %s of M %.1f or more in the seven days from %s on; %s\n",
                                             Count(from.catalogues(), "catalogue"), Count(events, "event"),
                                             from.magnitude_edges(0),
                                             FormatUtc(bulletin::ToTime(from.valid_from_time())), Origin(from));
    return ExitCode::kOk;
  }
};

}  // namespace

CommandSpec OutlookRatesSpec() {
  return {"outlook rates",
          "Write where a forecast expects earthquakes",
          "Expected numbers of earthquakes in cells of .1 degrees (larger ones where a box around all regions has more "
          "than 20,000), from the catalogue rung (ETAS) before its pool with climatology. It is drawn again from what "
          "the forecast recorded: the same forecast gives the same file.",
          {"tremorcast outlook rates --region area-4 --out rates.dat",
           "tremorcast outlook rates --region area-4 --days 1 --format geojson --out rates.geojson"},
          [] { return std::make_unique<OutlookRates>(); }};
}

CommandSpec OutlookCataloguesSpec() {
  return {"outlook catalogues",
          "Write the catalogues that a forecast simulated",
          "CSV that pyCSEP loads as a catalogue forecast: the seven days from the start of the forecast, drawn again "
          "from what it recorded, with every event in the cells of its region. The same forecast gives the same file.",
          {"tremorcast outlook catalogues --region area-4 --out catalogues.csv",
           "tremorcast outlook catalogues --forecast regions/area-4/forecasts/20201227T000000-hindcast-r1"},
          [] { return std::make_unique<OutlookCatalogues>(); }};
}

}  // namespace tremorcast::cli
