// tremorcast status

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "cli/calls/freshness.h"
#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "cli/text/forecast_text.h"
#include "core/base/duration_text.h"
#include "core/base/ids.h"
#include "core/base/status_macros.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"
#include "tremorcast/v1/model_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using grpc::health::v1::HealthCheckResponse;

constexpr const char* kServices[] = {"",
                                     "tremorcast.v1.IngestService",
                                     "tremorcast.v1.CatalogService",
                                     "tremorcast.v1.NetworkService",
                                     "tremorcast.v1.ForecastService",
                                     "tremorcast.v1.ModelService",
                                     "tremorcast.v1.AdminService"};

std::string HealthText(const grpc::Status& status, HealthCheckResponse::ServingStatus serving) {
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return "unknown";
  if (!status.ok()) return CodeName(status.error_code());
  return serving == HealthCheckResponse::SERVING       ? "serving"
         : serving == HealthCheckResponse::NOT_SERVING ? "not serving"
                                                       : "unknown";
}

struct Snapshot {
  std::vector<std::pair<std::string, std::string>> health;
  Freshness freshness;
  std::vector<v1::Model> models;
  std::vector<v1::Forecast> forecasts;  // the newest of each region that has one
  int64_t stations = 0, enrolled = 0, regions = 0;
};

grpc::Status FetchModels(const Client& client, std::vector<v1::Model>& models) {
  const auto stub = v1::ModelService::NewStub(client.channel());
  v1::ListModelsRequest request;
  request.set_page_size(500);
  do {
    v1::ListModelsResponse response;
    RETURN_IF_ERROR(client.Call(stub.get(), &v1::ModelService::Stub::ListModels, request, &response));
    for (v1::Model& model : *response.mutable_models()) models.push_back(std::move(model));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

grpc::Status FetchNewest(const Client& client, const std::vector<v1::Region>& regions,
                         std::vector<v1::Forecast>& forecasts) {
  const auto stub = v1::ForecastService::NewStub(client.channel());
  for (const v1::Region& region : regions) {
    v1::GetForecastRequest request;
    request.set_name(absl::StrCat(region.name(), "/forecasts/latest"));
    v1::GetForecastResponse response;
    const grpc::Status status = client.Call(stub.get(), &v1::ForecastService::Stub::GetForecast, request, &response);
    if (status.ok()) {
      forecasts.push_back(std::move(*response.mutable_forecast()));
    } else if (status.error_code() != grpc::StatusCode::NOT_FOUND) {
      return status;
    }
  }
  return grpc::Status::OK;
}

grpc::Status Fetch(const Client& client, Snapshot& snapshot) {
  const auto health = grpc::health::v1::Health::NewStub(client.channel());
  for (const char* service : kServices) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const grpc::Status status =
        client.Call(health.get(), &grpc::health::v1::Health::Stub::Check, request, &response, absl::Seconds(10));
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) return status;
    const std::string name = *service == '\0' ? "server" : LastPart(std::string(service).replace(0, 14, "/"));
    snapshot.health.emplace_back(name, HealthText(status, response.status()));
  }
  RETURN_IF_ERROR(FetchFreshness(client, snapshot.freshness));
  RETURN_IF_ERROR(FetchModels(client, snapshot.models));
  std::vector<v1::Station> stations;
  RETURN_IF_ERROR(FetchStations(client, stations));
  snapshot.stations = static_cast<int64_t>(stations.size());
  snapshot.enrolled = std::count_if(stations.begin(), stations.end(),
                                    [](const v1::Station& s) { return s.magn_updating() && s.sound_updating(); });
  std::vector<v1::Region> regions;
  RETURN_IF_ERROR(FetchRegions(client, regions));
  snapshot.regions = static_cast<int64_t>(regions.size());
  return FetchNewest(client, regions, snapshot.forecasts);
}

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// Every champion runs in the answering server, and there is at least one.
bool ChampionsServe(const std::vector<v1::Model>& models) {
  bool any = false;
  for (const v1::Model& model : models) {
    for (const std::string& scope : model.champion_scopes()) {
      if (!Contains(model.serving_scopes(), scope)) return false;
      any = true;
    }
  }
  return any;
}

class StatusCommand final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--wait-sealed", "wait until no ended week waits to be sealed", &wait_sealed_, false, {}},
            {"--wait-serving", "wait until every champion model runs in the server", &wait_serving_, false, {}},
            {"--timeout", "wait at most this long", &timeout_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    const absl::StatusOr<absl::Duration> timeout = ParseDurationText(timeout_);
    if (!timeout.ok()) {
      context.console.err() << "tremorcast status: --timeout must be like 30s, 10m or 2h\n";
      return ExitCode::kUsage;
    }
    if (wait_sealed_ || wait_serving_) {
      if (const ExitCode code = Wait(context, *timeout); code != ExitCode::kOk) return code;
    }
    Snapshot snapshot;
    if (const grpc::Status status = Fetch(context.client, snapshot); !status.ok())
      return Report(context.console, context.client, "status", status);
    json_ ? PrintJson(context.console, snapshot) : Print(context, snapshot);
    const bool serving = std::all_of(snapshot.health.begin(), snapshot.health.end(),
                                     [](const auto& one) { return one.second == "serving"; });
    return serving ? ExitCode::kOk : ExitCode::kFailed;
  }

 private:
  ExitCode Wait(CommandContext& context, absl::Duration timeout) const {
    const absl::Time until = context.pacer.Now() + timeout;
    int64_t said = -1;
    for (;;) {
      Freshness freshness;
      std::vector<v1::Model> models;
      grpc::Status status = wait_sealed_ ? FetchFreshness(context.client, freshness) : grpc::Status::OK;
      if (status.ok() && wait_serving_) status = FetchModels(context.client, models);
      if (!status.ok()) return Report(context.console, context.client, "status", status);
      if (wait_sealed_ && !freshness.unsealed_weeks.has_value()) {
        context.console.err() << "tremorcast status: the server does not say how many weeks wait to be sealed\n";
        return ExitCode::kFailed;
      }
      const int64_t waiting = wait_sealed_ ? *freshness.unsealed_weeks : 0;
      if (waiting == 0 && (!wait_serving_ || ChampionsServe(models))) return ExitCode::kOk;
      if (waiting != said && waiting > 0) context.console.err() << Count(waiting, "station-week") << " to seal\n";
      said = waiting;
      if (context.pacer.Now() >= until || !context.pacer.Wait(absl::Milliseconds(500))) {
        context.console.err() << "tremorcast status: gave up waiting for "
                              << (waiting > 0 ? "weeks to be sealed" : "the champion to serve") << "\n";
        return ExitCode::kFailed;
      }
    }
  }

  static void Print(CommandContext& context, const Snapshot& s) {
    Console& console = context.console;
    std::ostream& out = console.out();
    out << console.Bold(absl::StrCat("Server ", context.client.address())) << "\n";
    for (const auto& [service, text] : s.health)
      out << "  " << absl::StrFormat("%-16s", service) << (text == "serving" ? text : console.Warning(text)) << "\n";
    out << console.Bold("Network") << "\n  " << Count(s.stations, "station") << ", " << s.enrolled << " enrolled; "
        << Count(s.regions, "region") << "\n";
    PrintRows(context, s.freshness);
    out << console.Bold("Models") << "\n";
    bool champion = false;
    for (const v1::Model& model : s.models) {
      for (const std::string& scope : model.champion_scopes()) {
        champion = true;
        out << "  " << ScopeText(scope) << ": " << LastPart(model.name()) << ", "
            << (Contains(model.serving_scopes(), scope) ? "serving" : console.Warning("not serving yet")) << ", "
            << (model.demonstrated_skill() ? "demonstrated skill" : "no demonstrated skill") << "\n";
      }
    }
    if (!champion) out << "  no champion; " << Count(static_cast<int64_t>(s.models.size()), "model") << " published\n";
    out << console.Bold("Forecasts") << "\n";
    for (const v1::Forecast& f : s.forecasts) out << "  " << RevisionLine(f) << "\n";
    if (s.forecasts.empty()) out << "  none issued yet\n";
  }

  static void PrintRows(CommandContext& context, const Freshness& freshness) {
    std::ostream& out = context.console.out();
    out << context.console.Bold("Rows") << "\n";
    if (freshness.rows.empty()) {
      out << "  none stored yet\n";
      return;
    }
    std::set<std::string> stations, fresh;
    for (const v1::StationFreshness& row : freshness.rows) {
      stations.insert(row.station());
      if (ToTime(row.last_slot_time()) > context.pacer.Now() - absl::Hours(1)) fresh.insert(row.station());
    }
    google::protobuf::Timestamp newest;
    FillTime(freshness.newest, &newest);
    out << "  " << Count(static_cast<int64_t>(stations.size()), "station") << " with rows, newest slot "
        << LocalMinute(newest) << " UTC+8; " << fresh.size() << " sent within the last hour\n";
    if (freshness.unsealed_weeks.has_value())
      out << "  " << Count(*freshness.unsealed_weeks, "station-week") << " to seal\n";
  }

  static void PrintJson(Console& console, const Snapshot& s) {
    using Json = nlohmann::json;
    Json json;
    for (const auto& [service, text] : s.health) json["health"][service] = text;
    json["stations"] = s.stations;
    json["enrolled"] = s.enrolled;
    json["regions"] = s.regions;
    json["freshness"] = Json::array();
    for (const auto& row : s.freshness.rows) json["freshness"].push_back(Json::parse(ToJson(row)));
    json["unsealed_weeks"] = s.freshness.unsealed_weeks.has_value() ? Json(*s.freshness.unsealed_weeks) : Json();
    json["models"] = Json::array();
    for (const auto& model : s.models) json["models"].push_back(Json::parse(ToJson(model)));
    json["forecasts"] = Json::array();
    for (const auto& forecast : s.forecasts) json["forecasts"].push_back(Json::parse(ToJson(forecast)));
    console.out() << json.dump(2) << "\n";
  }

  bool wait_sealed_ = false, wait_serving_ = false, json_ = false;
  std::string timeout_ = "30m";
};

}  // namespace

CommandSpec StatusSpec() {
  return {"status",
          "Show the server's health, rows, models and last forecasts",
          "Exit code 1 when a service is not serving.",
          {"tremorcast status", "tremorcast status --json", "tremorcast status --wait-sealed --timeout 10m"},
          [] { return std::make_unique<StatusCommand>(); }};
}

}  // namespace tremorcast::cli
