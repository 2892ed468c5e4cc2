// An observation batch from the wire: parsed, checked against a small network by the intake of the
// service, and every row has a verdict that survives being stored and read back.

#include <memory>
#include <optional>
#include <string>

#include <absl/synchronization/notification.h>

#include "core/observation/ingest_rules.h"
#include "server/pipeline/bounded_executor.h"
#include "server/pipeline/network_directory.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/ingest/batch_intake.h"
#include "server/rpc/wire/convert_observation.h"
#include "server/telemetry/access_log.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "storage/ingest/verdict_codec.h"
#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fuzz/fuzz.h"
#include "tremorcast/v1/observation.pb.h"

namespace tremorcast {
namespace {

// As in a server; built once, because none of it remembers a batch.
struct Intake {
  Intake() {
    Station station;
    station.id = StationId("s1");
    station.location = {30, 103};
    FUZZ_CHECK(network.UpsertStation(station).ok());
    FUZZ_CHECK(directory.Refresh().ok());
  }
  FakeClock clock{absl::FromUnixSeconds(1607212800)};
  FakeNetworkStore network;
  NetworkDirectory directory{network, clock};
  prometheus::Registry registry;
  ServerMetrics metrics{registry};
  BoundedExecutor database{{"database", 1, 256}, metrics.database_executor};
  std::unique_ptr<Log> log = Log::Silent();
  AccessLog access_log{*log, std::nullopt};
  rpc::AccessControl access{{}, metrics.access, *log, access_log};
  rpc::BatchIntake intake{directory,
                          database,
                          clock,
                          ObservationLimits{absl::Minutes(20), absl::Hours(24 * 365)},
                          rpc::BatchIntake::WriterLimits(),
                          access};
};

void EveryRowHasAVerdict(const v1::ObservationBatch& proto, const ObservationBatch& batch) {
  FUZZ_CHECK(batch.checked.size() == static_cast<size_t>(proto.rows_size()));
  if (!ValidateBatch(batch).ok()) {
    // The one rule that the rows are not checked against one by one.
    FUZZ_CHECK(proto.rows_size() > kMaxWeeksPerBatch);
    return;
  }
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    if (batch.checked[i].verdict == Verdict::kRejected) {
      FUZZ_CHECK(!rpc::FieldPath(static_cast<int64_t>(i), batch.checked[i]).empty());
    } else {
      FUZZ_CHECK(FirstNotFinite(batch.row_values(i)) < 0);
    }
  }
  const auto decoded = DecodeVerdicts(EncodeVerdicts(batch.checked), batch.checked.size());
  FUZZ_CHECK(decoded.ok() && *decoded == batch.checked);
  BatchResult result;
  result.verdicts = batch.checked;
  v1::BatchVerdict answer;
  rpc::FillVerdict(rpc::LabelOf(batch), result, &answer);
  int64_t rows = 0;
  for (const v1::VerdictRun& run : answer.runs()) rows += run.row_count();
  FUZZ_CHECK(rows == proto.rows_size());
  FUZZ_CHECK(answer.accepted_count() + answer.rejected_count() == rows);
  FUZZ_CHECK(rpc::BatchContentHash(proto) == batch.content_hash);
}

}  // namespace

void FuzzOne(absl::string_view input) {
  static auto* const intake = new Intake;
  v1::ObservationBatch proto;
  if (!proto.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  std::optional<absl::StatusOr<rpc::CheckedBatch>> checked;
  absl::Notification done;
  intake->intake.Check(proto, rpc::Credential{}, [&](absl::StatusOr<rpc::CheckedBatch> answer) {
    checked = std::move(answer);
    done.Notify();
  });
  done.WaitForNotification();
  if (checked->ok()) EveryRowHasAVerdict(proto, (*checked)->batch);
}

}  // namespace tremorcast
