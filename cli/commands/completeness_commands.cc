// tremorcast catalog complete|completeness|revoke

#include <memory>
#include <ostream>
#include <utility>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/time_grid.h"
#include "core/catalogue/completeness.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

std::string BasisText(v1::CompletenessBasis basis) {
  switch (basis) {
    case v1::COMPLETENESS_BASIS_STATED:
      return "stated";
    case v1::COMPLETENESS_BASIS_INFERRED:
      return "inferred";
    case v1::COMPLETENESS_BASIS_CARRIED_OVER:
      return "carried over";
    default:
      return "";
  }
}

void PrintStatements(Console& console, const std::vector<v1::CompletenessStatement>& statements) {
  Table table({"ID", "SOURCE", "REGION", "FROM (UTC+8)", "UNTIL (UTC+8)", "MAG", "BASIS", "STATE", "NOTE"}, {0, 5});
  for (const v1::CompletenessStatement& one : statements) {
    table.Add({absl::StrCat(one.id()), one.source(), one.region().empty() ? "all" : LastPart(one.region()),
               one.has_complete_from_time() ? LocalMinute(one.complete_from_time()) : "not said",
               LocalMinute(one.complete_until_time()), absl::StrFormat("%.1f", one.magnitude()), BasisText(one.basis()),
               one.has_revoke_time() ? absl::StrCat("revoked ", LocalMinute(one.revoke_time())) : "stands",
               one.note()});
  }
  table.Print(console);
}

void PrintStatement(Console& console, const v1::CompletenessStatement& statement, bool json) {
  if (json) {
    console.out() << ToJson(statement) << "\n";
  } else {
    PrintStatements(console, {statement});
  }
}

class CatalogComplete final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"SOURCE", "the catalogue: cenc, eqlst, comcat, fdsn:isc, ...", &source_, true, {}},
            {"--until", "it lists every event before this time", &until_, false, {}},
            {"--from", "and from this time on (default: since when it did before)", &from_, false, {}},
            {"--magnitude", "of at least this magnitude", &magnitude_, false, {}},
            {"--region", "in this region (default: wherever the network looks)", &region_, false, {}},
            {"--note", "why you know", &note_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    Completeness statement;
    statement.source = source_;
    statement.magnitude = magnitude_;
    statement.note = note_;
    if (!region_.empty()) statement.region = RegionId(region_);
    const absl::StatusOr<absl::Time> until = ParseTime(until_);
    const absl::StatusOr<absl::Time> from = from_.empty() ? absl::InfinitePast() : ParseTime(from_);
    absl::Status fault = until.status();
    fault.Update(from.status());
    if (fault.ok()) {
      statement.period = {*from, *until};
      fault = ValidateCompleteness(statement);
    }
    if (!fault.ok()) {
      context.console.err() << "tremorcast catalog complete: "
                            << (until_.empty() ? "--until is needed" : std::string(fault.message())) << "\n";
      return ExitCode::kUsage;
    }
    v1::CompletenessStatement standing;
    if (const grpc::Status status = StateCompleteness(context.client, statement, false, &standing); !status.ok()) {
      return Report(context.console, context.client, "catalog complete", status);
    }
    PrintStatement(context.console, standing, json_);
    return ExitCode::kOk;
  }

 private:
  std::string source_, until_, from_, region_, note_;
  double magnitude_ = kJudgedMagnitude;
  bool json_ = false;
};

class CatalogCompleteness final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--all", "those that were revoked or replaced, too", &all_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    const auto stub = v1::CatalogService::NewStub(context.client.channel());
    v1::ListCompletenessRequest request;
    request.set_include_revoked(all_);
    v1::ListCompletenessResponse response;
    const grpc::Status status =
        context.client.Call(stub.get(), &v1::CatalogService::Stub::ListCompleteness, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "catalog completeness", status);
    if (json_) {
      context.console.out() << ToJsonList("statements", response.statements()) << "\n";
    } else {
      PrintStatements(context.console, {response.statements().begin(), response.statements().end()});
    }
    return ExitCode::kOk;
  }

 private:
  bool all_ = false, json_ = false;
};

class CatalogRevoke final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"ID", "number of the statement: see 'tremorcast catalog completeness'", &id_, true, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    v1::RevokeCompletenessRequest request;
    int64_t id = 0;
    if (!absl::SimpleAtoi(id_, &id)) {
      context.console.err() << "tremorcast catalog revoke: '" << id_ << "' is no number of a statement\n";
      return ExitCode::kUsage;
    }
    request.set_id(id);
    const auto stub = v1::CatalogService::NewStub(context.client.channel());
    v1::RevokeCompletenessResponse response;
    const grpc::Status status =
        context.client.Call(stub.get(), &v1::CatalogService::Stub::RevokeCompleteness, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "catalog revoke", status);
    PrintStatement(context.console, response.statement(), json_);
    return ExitCode::kOk;
  }

 private:
  std::string id_;
  bool json_ = false;
};

}  // namespace

CommandSpec CatalogCompleteSpec() {
  return {
      "catalog complete",
      "Say for which time a catalogue is complete",
      "Weeks are verified and counted into climatology only inside such a time. The statement replaces those of the "
      "same source and region that it overlaps, so one that ends earlier lowers. Weeks that no statement covers "
      "any more leave the track records.",
      {"tremorcast catalog complete cenc --from 2012-05-01 --until 2022-05-03",
       "tremorcast catalog complete eqlst --until 2020-11-30 --magnitude 3.5 --note 'AETA competition'"},
      [] { return std::make_unique<CatalogComplete>(); }};
}
CommandSpec CatalogCompletenessSpec() {
  return {"catalog completeness",
          "List what is said of the completeness of catalogues",
          "",
          {"tremorcast catalog completeness", "tremorcast catalog completeness --all"},
          [] { return std::make_unique<CatalogCompleteness>(); }};
}
CommandSpec CatalogRevokeSpec() {
  return {"catalog revoke",
          "Take back a statement of completeness",
          "It stays on record. Weeks that were verified on its word leave the track records until another covers them.",
          {"tremorcast catalog revoke 3"},
          [] { return std::make_unique<CatalogRevoke>(); }};
}

}  // namespace tremorcast::cli
