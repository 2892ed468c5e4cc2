#pragma once

// A small server behind a real gRPC channel, for tests of the client: it keeps rows by their keys
// and gives verdicts as the service does, and breaks in ways a test asks for. Thread safe. Not a
// model of the store: the store has its own tests.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/server.h>

#include "cli/calls/client.h"
#include "cli/text/console.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"

namespace tremorcast::cli {

class TestIngestService final : public v1::IngestService::Service {
 public:
  enum class Fault {
    kNone,
    kUnavailable,       // the stream ends before the batch is stored
    kNoStatus,          // likewise, without a status: what a proxy makes of a server that died
    kLostAnswer,        // the batch is stored, the stream ends before its answer
    kDrain,             // says goodbye instead of taking the batch
    kBatchFailure,      // the batch alone is refused
    kPermissionDenied,  // the stream ends for good
  };

  // What happens to the next batches, one entry each; kNone when it runs out.
  void Script(std::deque<Fault> faults);
  void RegisterStation(const std::string& station);
  // Rows whose slot lies before this get LATE.
  void SealBefore(int64_t unix_seconds);
  // What the trailer of kUnavailable asks for.
  void AskForPause(absl::Duration pause);

  using RowKey = std::tuple<std::string, int, int64_t>;
  std::map<RowKey, std::vector<float>> rows() const;
  std::vector<std::string> batch_ids() const;  // as received, repeats included
  std::vector<v1::Delivery> deliveries() const;
  int64_t position_queries() const;

  grpc::Status StreamObservations(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::StreamObservationsResponse, v1::StreamObservationsRequest>* stream) override;
  grpc::Status GetIngestPosition(grpc::ServerContext* context, const v1::GetIngestPositionRequest* request,
                                 v1::GetIngestPositionResponse* response) override;

 private:
  v1::BatchVerdict Store(const v1::ObservationBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::deque<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> stations_ ABSL_GUARDED_BY(mutex_);
  std::map<RowKey, std::vector<float>> rows_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> positions_ ABSL_GUARDED_BY(mutex_);  // "station source"
  std::map<std::string, v1::BatchVerdict> answered_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> batch_ids_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Delivery> deliveries_ ABSL_GUARDED_BY(mutex_);
  int64_t sealed_before_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t position_queries_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration pause_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
};

// Runs services on a port of its own until destroyed.
class TestServer {
 public:
  explicit TestServer(std::vector<grpc::Service*> services);
  ~TestServer();
  const std::string& address() const { return address_; }
  void Stop();

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

// Time that only moves when somebody waits; waiting takes no time. A test may do something at each
// wait.
class TestPacer final : public Pacer {
 public:
  // Called with the number of the wait (from 1), before it ends. Returns false to interrupt the
  // run.
  explicit TestPacer(std::function<bool(int)> on_wait = nullptr) : on_wait_(std::move(on_wait)) {}
  absl::Time Now() override;
  bool Wait(absl::Duration duration) override;
  bool Interrupted() override;
  std::vector<absl::Duration> waits() const;

 private:
  const std::function<bool(int)> on_wait_;
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1640000000);  // 2021-12-20
  std::vector<absl::Duration> waits_ ABSL_GUARDED_BY(mutex_);
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

// A console on strings.
struct TestConsole {
  std::ostringstream out, err;
  Console console{out, err, Console::Options{}};
};

}  // namespace tremorcast::cli
