#pragma once

#include <memory>
#include <vector>

#include "server/jobs/issue_job.h"
#include "server/jobs/storage_jobs.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {

inline bool Always() { return true; }

class IssueJobTest : public ServiceFixture {
 protected:
  IssueJobTest() : seal_({}, observations_, network_, metrics_.windows, *log_), job_(MakeJob({})) {}

  std::unique_ptr<IssueJob> MakeJob(const IssueJob::Options& options) {
    return std::make_unique<IssueJob>(options, forecaster_, network_, observations_, events_, forecasts_, models_,
                                      clock_, *log_);
  }
  void FillAll(absl::Time week) {
    for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, week);
  }
  absl::Status TickAt(absl::Time now) {
    clock_.Set(now);
    return job_->Tick(now, Always);
  }
  std::vector<Forecast> Archived() {
    ForecastQuery query;
    query.purposes = {};
    query.issues = {};
    query.latest_revision_only = false;
    return *forecasts_.List(query);
  }

  SealJob seal_;
  std::unique_ptr<IssueJob> job_;
};

}  // namespace tremorcast
