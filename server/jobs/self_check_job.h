#pragma once

// Exports what the server finds of itself as tremorcast_check_status{check}, and logs each check
// that changes. Runs on every replica and writes nothing. Errors: those of the stores; the gauges
// then keep their last values.

#include <functional>
#include <map>
#include <string>

#include "server/jobs/job.h"
#include "server/pipeline/self_check.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class SelfCheckJob : public Job {
 public:
  SelfCheckJob(const SelfCheck& self_check, MaintenanceMetrics& metrics, const Log& log,
               absl::Duration period = absl::Minutes(1))
      : self_check_(self_check), metrics_(metrics), log_(log), period_(period) {}
  absl::string_view name() const override { return "self_check"; }
  bool leader_only() const override { return false; }
  absl::Duration period() const override { return period_; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  const SelfCheck& self_check_;
  MaintenanceMetrics& metrics_;
  const Log& log_;
  const absl::Duration period_;
  std::map<std::string, CheckStatus> last_;
};

}  // namespace tremorcast
