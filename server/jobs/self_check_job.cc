#include "server/jobs/self_check_job.h"

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {

absl::Status SelfCheckJob::Tick(absl::Time, const std::function<bool()>&) {
  ASSIGN_OR_RETURN(const SelfCheck::Result result, self_check_.Run());
  for (const Check& check : result.checks) {
    metrics_.check_status.Set({check.name}, static_cast<double>(check.status));
    CheckStatus& last = last_.emplace(check.name, CheckStatus::kOk).first->second;
    if (last == check.status) continue;
    last = check.status;
    const bool ok = check.status == CheckStatus::kOk;
    log_.Write(ok ? LogLevel::kInfo : LogLevel::kWarning,
               absl::StrCat("check ", check.name, ": ", check.summary, check.advice.empty() ? "" : "; ", check.advice),
               {{"event", "check"}, {"check", check.name}});
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
