// tremorcast models list|show|promote|rollback|history

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "cli/text/forecast_text.h"
#include "core/base/ids.h"
#include "core/base/number_text.h"
#include "core/forecast/station_question.h"
#include "tremorcast/v1/model_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using Stub = v1::ModelService::Stub;

std::string Scopes(const google::protobuf::RepeatedPtrField<std::string>& scopes) {
  std::vector<std::string> names;
  for (const std::string& scope : scopes) names.push_back(ScopeText(scope));
  return absl::StrJoin(names, ", ");
}

std::string Gain(const v1::Model& model) {
  const auto& scores = model.scores();
  const auto gain = scores.find("gain_over_climatology"), low = scores.find("gain_over_climatology_low"),
             high = scores.find("gain_over_climatology_high");
  if (gain == scores.end()) return "";
  if (low == scores.end() || high == scores.end()) return absl::StrFormat("%+.3f", gain->second);
  return absl::StrFormat("%+.3f [%+.3f, %+.3f]", gain->second, low->second, high->second);
}

class ModelsList final : public Command {
 public:
  std::vector<Flag> Flags() override { return {{"--json", "print JSON", &json_, false, {}}}; }
  ExitCode Run(CommandContext& context) override {
    const auto stub = v1::ModelService::NewStub(context.client.channel());
    v1::ListModelsRequest request;
    request.set_page_size(500);
    std::vector<v1::Model> models;
    do {
      v1::ListModelsResponse response;
      const grpc::Status status = context.client.Call(stub.get(), &Stub::ListModels, request, &response);
      if (!status.ok()) return Report(context.console, context.client, "models list", status);
      for (v1::Model& model : *response.mutable_models()) models.push_back(std::move(model));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    if (json_) {
      context.console.out() << ToJsonList("models", models) << "\n";
      return ExitCode::kOk;
    }
    Table table({"MODEL", "RUNG", "MADE (UTC+8)", "CHAMPION OF", "SERVING", "SKILL", "GAIN, NATS/WEEK", "DATA"});
    for (const v1::Model& m : models) {
      table.Add({LastPart(m.name()), RungText(m.rung()), LocalMinute(m.create_time()), Scopes(m.champion_scopes()),
                 Scopes(m.serving_scopes()), m.demonstrated_skill() ? "demonstrated" : "none shown", Gain(m),
                 m.simulated() ? "simulated" : "real"});
    }
    table.Print(context.console);
    return ExitCode::kOk;
  }

 private:
  bool json_ = false;
};

class ModelsShow final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"MODEL", "version, as in 'models list'", &model_, true, {}},
            {"--manifest", "print the checkpoint's manifest only", &manifest_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }
  ExitCode Run(CommandContext& context) override {
    v1::GetModelRequest request;
    request.set_name(Named("models", model_));
    v1::GetModelResponse response;
    const auto stub = v1::ModelService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::GetModel, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "models show", status);
    const v1::Model& m = response.model();
    std::ostream& out = context.console.out();
    if (manifest_ || json_) {
      out << (manifest_ ? m.manifest_json() : ToJson(m)) << "\n";
      return ExitCode::kOk;
    }
    Table table({"MODEL", LastPart(m.name())});
    if (m.rung() != v1::RUNG_UNSPECIFIED) table.Add({"rung", RungText(m.rung())});
    const std::string question = DescribeQuestion({m.issue_day(), m.horizon_days()});
    if (m.horizon_days() > 0 && !question.empty()) table.Add({"question", question});
    table.Add({"made", LocalMinute(m.create_time())});
    table.Add({"trained on", absl::StrCat(LocalMinute(m.training_start_time()), " to ",
                                          LocalMinute(m.training_end_time()), m.simulated() ? " (simulated)" : "")});
    table.Add({"champion of", Scopes(m.champion_scopes())});
    table.Add({"serving", Scopes(m.serving_scopes())});
    table.Add({"skill", m.standing()});
    table.Add({"gate", m.verdict()});
    table.Add({"gain", Gain(m)});
    table.Add({"size", absl::StrCat(Grouped(m.size_bytes()), " bytes")});
    table.Add({"sha256", m.sha256()});
    table.Add({"features", m.feature_schema_hash()});
    table.Add({"data", m.data_hash()});
    table.Add({"code", m.git_revision()});
    table.Add({"training run", m.training_run()});
    table.Print(context.console);
    return ExitCode::kOk;
  }

 private:
  std::string model_;
  bool manifest_ = false, json_ = false;
};

void PrintPromotion(Console& console, const v1::Promotion& p, bool json) {
  if (json) {
    console.out() << ToJson(p) << "\n";
    return;
  }
  console.out() << LastPart(p.scope()) << ": " << (p.previous_model().empty() ? "none" : LastPart(p.previous_model()))
                << " -> " << (p.model().empty() ? "none" : LastPart(p.model())) << " (entry " << p.sequence() << ", "
                << p.reason() << ")\n";
}

class ModelsPromote final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"MODEL", "version, as in 'models list'", &model_, true, {}},
            {"--reason", "why, for the ledger", &reason_, true, {}},
            {"--region", "for this region alone (default: all without a model of their own)", &region_, false, {}},
            {"--actor", "who, for the ledger", &actor_, false, {}},
            {"--json", "print the ledger's entry as JSON", &json_, false, {}}};
  }
  ExitCode Run(CommandContext& context) override {
    v1::PromoteModelRequest request;
    request.set_name(Named("models", model_));
    if (!region_.empty()) request.set_scope(Named("regions", region_));
    request.set_reason(reason_);
    request.set_actor(actor_);
    v1::PromoteModelResponse response;
    const auto stub = v1::ModelService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::PromoteModel, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "models promote", status);
    PrintPromotion(context.console, response.promotion(), json_);
    return ExitCode::kOk;
  }

 private:
  std::string model_, reason_, region_, actor_;
  bool json_ = false;
};

class ModelsRollback final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--reason", "why, for the ledger", &reason_, true, {}},
            {"--region", "of this region alone (default: the network's champion)", &region_, false, {}},
            {"--actor", "who, for the ledger", &actor_, false, {}},
            {"--json", "print the ledger's entry as JSON", &json_, false, {}}};
  }
  ExitCode Run(CommandContext& context) override {
    v1::RollbackModelRequest request;
    if (!region_.empty()) request.set_scope(Named("regions", region_));
    request.set_reason(reason_);
    request.set_actor(actor_);
    v1::RollbackModelResponse response;
    const auto stub = v1::ModelService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::RollbackModel, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "models rollback", status);
    PrintPromotion(context.console, response.promotion(), json_);
    return ExitCode::kOk;
  }

 private:
  std::string reason_, region_, actor_;
  bool json_ = false;
};

class ModelsHistory final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--region", "of this region alone", &region_, false, {}},
            {"--limit", "at most this many", &limit_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }
  ExitCode Run(CommandContext& context) override {
    v1::ListPromotionsRequest request;
    if (!region_.empty()) request.set_scope(Named("regions", region_));
    request.set_page_size(static_cast<int32_t>(std::clamp<int64_t>(limit_, 1, 500)));
    v1::ListPromotionsResponse response;
    const auto stub = v1::ModelService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::ListPromotions, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "models history", status);
    if (json_) {
      context.console.out() << ToJsonList("promotions", response.promotions()) << "\n";
      return ExitCode::kOk;
    }
    Table table({"ENTRY", "WHEN (UTC+8)", "SCOPE", "KIND", "MODEL", "BEFORE", "WHO", "WHY"}, {0});
    for (const v1::Promotion& p : response.promotions()) {
      const char* kind = p.kind() == v1::PROMOTION_KIND_PROMOTE    ? "promote"
                         : p.kind() == v1::PROMOTION_KIND_ROLLBACK ? "rollback"
                         : p.kind() == v1::PROMOTION_KIND_WITHDRAW ? "withdraw"
                                                                   : "";
      table.Add({absl::StrCat(p.sequence()), LocalMinute(p.promote_time()), LastPart(p.scope()), kind,
                 LastPart(p.model()), LastPart(p.previous_model()), p.actor(), p.reason()});
    }
    table.Print(context.console);
    return ExitCode::kOk;
  }

 private:
  std::string region_;
  int64_t limit_ = 50;
  bool json_ = false;
};

}  // namespace

CommandSpec ModelsListSpec() {
  return {"models list", "List the published models, newest first", "", {"tremorcast models list"}, [] {
            return std::make_unique<ModelsList>();
          }};
}
CommandSpec ModelsShowSpec() {
  return {
      "models show",
      "Show one model",
      "",
      {"tremorcast models show 20261122T153000-1a2b3c4d", "tremorcast models show 20261122T153000-1a2b3c4d --manifest"},
      [] { return std::make_unique<ModelsShow>(); }};
}
CommandSpec ModelsPromoteSpec() {
  return {"models promote",
          "Make a model the champion",
          "Servers swap to it within seconds; forecasts already issued stay as they are. The ledger keeps who and why.",
          {"tremorcast models promote 20261122T153000-1a2b3c4d --reason \"reviewed the report\"",
           "tremorcast models promote 20261122T153000-1a2b3c4d --region area-4 --reason trial"},
          [] { return std::make_unique<ModelsPromote>(); }};
}
CommandSpec ModelsRollbackSpec() {
  return {"models rollback",
          "Go back to the champion before the present one",
          "",
          {"tremorcast models rollback --reason \"alerts since the swap\""},
          [] { return std::make_unique<ModelsRollback>(); }};
}
CommandSpec ModelsHistorySpec() {
  return {"models history",
          "Show the ledger of promotions, newest first",
          "",
          {"tremorcast models history --region area-4"},
          [] { return std::make_unique<ModelsHistory>(); }};
}

}  // namespace tremorcast::cli
