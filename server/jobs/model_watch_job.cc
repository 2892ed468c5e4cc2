#include "server/jobs/model_watch_job.h"

namespace tremorcast {

absl::Status ModelWatchJob::Tick(absl::Time, const std::function<bool()>&) { return models_.ReconcileWithRegistry(); }

}  // namespace tremorcast
