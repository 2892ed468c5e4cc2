#pragma once

// How the service finds itself: facts in, one line per check out, each with what to do about it.
// Pure; thread safe.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/catalogue/completeness.h"
#include "core/operation/maintenance.h"

namespace tremorcast {

enum class CheckStatus : int8_t { kOk = 0, kWarning = 1, kFailure = 2 };

struct Check {
  std::string name;  // stable, for programs: "partitions"
  CheckStatus status = CheckStatus::kOk;
  std::string summary;
  std::string advice;  // empty when there is nothing to do
};

// One moment's state, gathered without judging.
struct DiagnosisFacts {
  absl::Time now;       // by the service's clock
  bool replay = false;  // which is a replay's
  StoreState store;
  absl::Duration database_ahead;  // the database's clock minus the server's

  // Which credentials of the access list expire, and in how long by the machine's clock: "desk's token
  // 1f3a9c02"; below zero: they did.
  std::vector<std::pair<std::string, absl::Duration>> credentials_left;

  bool ready = true;                       // this server answers
  std::vector<std::string> ready_reasons;  // why not, or why degraded

  absl::Duration retention = absl::InfiniteDuration();
  bool drop_expired = false;
  int expired_droppable = 0, expired_kept = 0;  // weeks

  std::optional<absl::Time> newest_slot;          // of all stored rows
  int stations_enrolled = 0, stations_fresh = 0;  // with a row of the last hour

  int models_published = 0, models_never_promoted = 0;
  std::vector<std::string> orphaned_scopes;    // have a champion, but there is no such region
  std::vector<std::string> withdrawn_scopes;   // the ledger's last word is a withdrawal
  std::vector<std::string> running_trainings;  // ids of runs that say they run
  std::optional<absl::Time> last_training;     // end of the newest that reached a verdict

  std::vector<Completeness> completeness;  // statements that stand
  // Of the catalogue, where they stay without harm: dated after tomorrow, before 1900.
  int64_t events_in_future = 0, events_ancient = 0;

  std::map<std::string, std::optional<absl::Time>> newest_issue;  // region -> valid_from of its newest forecast
  std::optional<absl::Time> last_verified_at;
  int unverified = 0;  // scored forecasts whose week and settling time are over
};

struct DiagnosisPolicy {
  int partitions_ahead_weeks = 2;    // fewer: warning; none for the present week: failure
  int whole_statements_warning = 4;  // over all weeks that find locks at once; fewer: warning
  int whole_statements_failure = 1;
  absl::Duration dirty_warning = absl::Minutes(30);  // since the oldest mark
  absl::Duration dirty_failure = absl::Hours(6);
  absl::Duration unsealed_warning = absl::Hours(6);  // since the week ended
  absl::Duration unsealed_failure = absl::Hours(48);
  absl::Duration clock_warning = absl::Seconds(2);
  absl::Duration clock_failure = absl::Minutes(1);
  absl::Duration catalogue_warning = absl::Hours(24 * 10);   // behind the present
  absl::Duration issue_grace = absl::Hours(6);               // after the week began
  absl::Duration credential_warning = absl::Hours(24 * 14);  // before it expires
};

// Always the same checks, in the same order.
std::vector<Check> Diagnose(const DiagnosisFacts& facts, const DiagnosisPolicy& policy = {});
// The difference of two clocks, as a check; also the client's, against the server.
Check CheckClock(const std::string& name, const std::string& whose, absl::Duration ahead,
                 const DiagnosisPolicy& policy = {});

}  // namespace tremorcast
