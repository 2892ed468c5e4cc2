#pragma once

// From a batch as sent to one that may be offered to the pipeline: its station against the sender,
// header and rows against the schema, the clock and the network. Shared by the unary and the
// streaming call.
//
// Thread safety: all of it. Check blocks only as AccessControl does: a station that the cached
// network does not know is looked up on the database executor.

#include <functional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/base/clock.h"
#include "core/observation/observation.h"
#include "server/pipeline/bounded_executor.h"
#include "server/pipeline/ingest_pipeline.h"
#include "server/pipeline/network_directory.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/ingest/week_allowance.h"
#include "server/rpc/wire/convert_observation.h"
#include "tremorcast/v1/observation.pb.h"

namespace tremorcast::rpc {

struct CheckedBatch {
  ObservationBatch batch;
  int64_t bytes = 0;  // what it costs the pipeline's queue
};

class BatchIntake {
 public:
  // What writers may send beyond the limits of everybody. Administrators, and everybody where there
  // is no access list, may send any row that ObservationLimits allow.
  struct WriterLimits {
    absl::Duration rows_back = absl::Hours(24 * 7 * 53);
    int old_weeks_per_day = 60;  // of a station: WeekAllowance

    // InvalidArgument: less than the two weeks that are always open, or less than a week a day.
    absl::Status Validate() const;
  };

  BatchIntake(NetworkDirectory& directory, BoundedExecutor& database, const Clock& clock,
              const ObservationLimits& limits, const WriterLimits& writers, AccessControl& access)
      : directory_(directory),
        database_(database),
        clock_(clock),
        limits_(limits),
        writers_(writers),
        old_weeks_(writers.old_weeks_per_day),
        access_(access) {}

  using Ready = std::function<void(absl::StatusOr<CheckedBatch>)>;
  // Calls `ready` exactly once, on this thread or one of the executor's. `proto` must stay until
  // then.
  // Errors: PermissionDenied for a station the sender does not own, Unauthenticated for one that is
  // known no more; those of ParseBatchHeader; ResourceExhausted and Unavailable when the station
  // could not be looked up.
  void Check(const v1::ObservationBatch& proto, const Credential& sender, Ready ready);
  // The clock batches are checked against.
  absl::Time Now() const { return clock_.Now(); }

 private:
  // `limited`: by what writers may send.
  CheckedBatch CheckRows(const v1::ObservationBatch& proto, const BatchHeader& header, const NetworkSnapshot& network,
                         bool limited);

  NetworkDirectory& directory_;
  BoundedExecutor& database_;
  const Clock& clock_;
  const ObservationLimits limits_;
  const WriterLimits writers_;
  WeekAllowance old_weeks_;
  AccessControl& access_;
};

// What the store or the pipeline said about a batch, as clients should see it: reasons added, and a
// commit whose outcome is unknown turned into UNAVAILABLE, because sending the same batch again is
// safe and settles it.
absl::Status BatchStatus(const absl::Status& status, const std::string& batch_id);
// The same for a refused admission.
absl::Status AdmissionStatus(const IngestPipeline::Admission& admission);

}  // namespace tremorcast::rpc
