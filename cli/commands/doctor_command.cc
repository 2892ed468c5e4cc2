// tremorcast doctor

#include <algorithm>
#include <memory>
#include <ostream>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/clock.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/operation/diagnosis.h"
#include "tremorcast/v1/admin_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

CheckStatus FromProto(v1::CheckStatus status) {
  switch (status) {
    case v1::CHECK_STATUS_OK:
      return CheckStatus::kOk;
    case v1::CHECK_STATUS_WARNING:
      return CheckStatus::kWarning;
    default:
      return CheckStatus::kFailure;
  }
}

const char* StatusWord(CheckStatus status) {
  return status == CheckStatus::kOk ? "ok" : status == CheckStatus::kWarning ? "warn" : "fail";
}

class DoctorCommand final : public Command {
 public:
  std::vector<Flag> Flags() override { return {{"--json", "print JSON", &json_, false, {}}}; }

  ExitCode Run(CommandContext& context) override {
    const auto stub = v1::AdminService::NewStub(context.client.channel());
    v1::GetDiagnosisResponse response;
    // This asks the machine's own clock and not the pacer's, because it is the one that is looked
    // at.
    const absl::Time asked = absl::Now();
    const grpc::Status status =
        context.client.Call(stub.get(), &v1::AdminService::Stub::GetDiagnosis, v1::GetDiagnosisRequest(), &response);
    if (!status.ok()) return Report(context.console, context.client, "doctor", status);
    std::vector<Check> checks;
    for (const v1::Check& check : response.diagnosis().checks()) {
      checks.push_back({check.check(), FromProto(check.status()), check.summary(), check.advice()});
    }
    // The server answered in between, so the middle is off by half the call at most.
    const absl::Time answered = absl::Now();
    absl::Duration ahead = asked + (answered - asked) / 2 - ToTime(response.diagnosis().server_time());
    if (absl::AbsDuration(ahead) <= (answered - asked) / 2) ahead = absl::ZeroDuration();
    checks.push_back(CheckClock("client_clock", "this machine's clock", ahead));
    json_ ? PrintJson(context.console, checks) : Print(context.console, checks);
    const bool failed = std::any_of(checks.begin(), checks.end(),
                                    [](const Check& check) { return check.status == CheckStatus::kFailure; });
    return failed ? ExitCode::kFailed : ExitCode::kOk;
  }

 private:
  static void Print(Console& console, const std::vector<Check>& checks) {
    std::ostream& out = console.out();
    int counts[3] = {0, 0, 0};
    for (const Check& check : checks) {
      ++counts[static_cast<int>(check.status)];
      const std::string word = absl::StrFormat("%-4s", StatusWord(check.status));
      out << (check.status == CheckStatus::kOk ? word : console.Warning(word)) << "  "
          << absl::StrFormat("%-20s", check.name) << check.summary << "\n";
      if (!check.advice.empty()) out << std::string(26, ' ') << "-> " << check.advice << "\n";
    }
    out << Count(static_cast<int64_t>(checks.size()), "check") << ": " << counts[0] << " ok, "
        << Count(counts[1], "warning") << ", " << Count(counts[2], "failure") << "\n";
  }

  static void PrintJson(Console& console, const std::vector<Check>& checks) {
    nlohmann::ordered_json json = {{"checks", nlohmann::ordered_json::array()}};
    for (const Check& check : checks) {
      json["checks"].push_back({{"check", check.name},
                                {"status", StatusWord(check.status)},
                                {"summary", check.summary},
                                {"advice", check.advice}});
    }
    console.out() << json.dump(2) << "\n";
  }

  bool json_ = false;
};

}  // namespace

CommandSpec DoctorSpec() {
  return {"doctor",
          "Check tables, jobs, models, catalogue and clocks, and say what to do",
          "Changes nothing. Each line is ok, warn or fail, with what to do below it. Exit code 1 when a check fails; "
          "warnings alone end with 0. The server exports the same as the metric tremorcast_check_status.",
          {"tremorcast doctor", "tremorcast doctor --json"},
          [] { return std::make_unique<DoctorCommand>(); }};
}

}  // namespace tremorcast::cli
