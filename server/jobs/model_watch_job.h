#pragma once

// Keeps the serving models equal to the registry's champions, by polling and whenever poked
// (NOTIFY). Runs on every replica.
// Errors: the registry did not answer. A champion that cannot be loaded is no error of this job:
// the incumbent serves, ModelHost tries again by itself, and a backoff here would only delay the
// next, better champion.

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "server/jobs/job.h"
#include "server/pipeline/model_host.h"

namespace tremorcast {

class ModelWatchJob : public Job {
 public:
  explicit ModelWatchJob(ModelHost& models, absl::Duration period = absl::Seconds(2))
      : models_(models), period_(period) {}
  absl::string_view name() const override { return "models"; }
  bool leader_only() const override { return false; }
  absl::Duration period() const override { return period_; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  ModelHost& models_;
  const absl::Duration period_;
};

}  // namespace tremorcast
