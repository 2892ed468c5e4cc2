#include "tests/support/test_service.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include <absl/strings/str_cat.h>
#include <grpcpp/server_builder.h>

namespace tremorcast::cli {

void TestIngestService::Script(std::deque<Fault> faults) {
  absl::MutexLock lock(&mutex_);
  faults_ = std::move(faults);
}
void TestIngestService::RegisterStation(const std::string& station) {
  absl::MutexLock lock(&mutex_);
  stations_.insert(absl::StrCat("stations/", station));
}
void TestIngestService::SealBefore(int64_t unix_seconds) {
  absl::MutexLock lock(&mutex_);
  sealed_before_ = unix_seconds;
}
void TestIngestService::AskForPause(absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  pause_ = pause;
}
std::map<TestIngestService::RowKey, std::vector<float>> TestIngestService::rows() const {
  absl::MutexLock lock(&mutex_);
  return rows_;
}
std::vector<std::string> TestIngestService::batch_ids() const {
  absl::MutexLock lock(&mutex_);
  return batch_ids_;
}
std::vector<v1::Delivery> TestIngestService::deliveries() const {
  absl::MutexLock lock(&mutex_);
  return deliveries_;
}
int64_t TestIngestService::position_queries() const {
  absl::MutexLock lock(&mutex_);
  return position_queries_;
}

v1::BatchVerdict TestIngestService::Store(const v1::ObservationBatch& batch) {
  const std::string key = absl::StrCat(batch.station(), " ", batch.batch_id());
  if (const auto before = answered_.find(key); before != answered_.end()) {
    v1::BatchVerdict verdict = before->second;
    verdict.set_replayed(true);
    return verdict;
  }
  v1::BatchVerdict verdict;
  verdict.set_batch_id(batch.batch_id());
  const bool known = stations_.count(batch.station()) > 0;
  for (int i = 0; i < batch.rows_size(); ++i) {
    const v1::ObservationRow& row = batch.rows(i);
    v1::VerdictRun* run = verdict.add_runs();
    run->set_first_row(i);
    run->set_row_count(1);
    const std::vector<float> values(row.values().begin(), row.values().end());
    const bool finite = std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
    const auto reject = [&](v1::RejectReason reason) {
      run->set_verdict(v1::VERDICT_REJECTED);
      run->set_reason(reason);
      verdict.set_rejected_count(verdict.rejected_count() + 1);
    };
    if (!known) {
      reject(v1::REJECT_REASON_UNKNOWN_STATION);
    } else if (!finite) {
      reject(v1::REJECT_REASON_NOT_FINITE);
    } else if (row.slot_time().seconds() % 600 != 0) {
      reject(v1::REJECT_REASON_OFF_GRID);
    } else {
      const auto [it, inserted] =
          rows_.emplace(RowKey{batch.station(), row.signal(), row.slot_time().seconds()}, values);
      if (!inserted) {
        run->set_verdict(it->second == values ? v1::VERDICT_DUPLICATE : v1::VERDICT_CONFLICT);
        it->second == values ? verdict.set_duplicate_count(verdict.duplicate_count() + 1)
                             : verdict.set_conflict_count(verdict.conflict_count() + 1);
      } else if (row.slot_time().seconds() < sealed_before_) {
        run->set_verdict(v1::VERDICT_LATE);
        verdict.set_late_count(verdict.late_count() + 1);
      } else {
        run->set_verdict(v1::VERDICT_ACCEPTED);
        verdict.set_accepted_count(verdict.accepted_count() + 1);
      }
    }
  }
  if (!known) return verdict;
  positions_[absl::StrCat(batch.station(), " ", batch.source())] = batch.position();
  verdict.set_position(batch.position());
  answered_[key] = verdict;
  return verdict;
}

grpc::Status TestIngestService::StreamObservations(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::StreamObservationsResponse, v1::StreamObservationsRequest>* stream) {
  v1::StreamObservationsRequest request;
  while (stream->Read(&request)) {
    Fault fault = Fault::kNone;
    v1::StreamObservationsResponse response;
    {
      absl::MutexLock lock(&mutex_);
      if (!faults_.empty()) {
        fault = faults_.front();
        faults_.pop_front();
      }
      batch_ids_.push_back(request.batch().batch_id());
      deliveries_.push_back(request.batch().delivery());
      if (fault == Fault::kUnavailable && pause_ > absl::ZeroDuration()) {
        context->AddTrailingMetadata("grpc-retry-pushback-ms", absl::StrCat(absl::ToInt64Milliseconds(pause_)));
      }
      if (fault == Fault::kNone || fault == Fault::kLostAnswer) *response.mutable_verdict() = Store(request.batch());
    }
    switch (fault) {
      case Fault::kUnavailable:
      case Fault::kLostAnswer:
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone for a test");
      case Fault::kNoStatus:
        return grpc::Status(grpc::StatusCode::UNKNOWN, "No status received");
      case Fault::kPermissionDenied:
        return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not for you");
      case Fault::kDrain:
        response.mutable_draining();
        stream->Write(response);
        return grpc::Status::OK;
      case Fault::kBatchFailure:
        response.mutable_failure()->set_batch_id(request.batch().batch_id());
        response.mutable_failure()->mutable_status()->set_code(grpc::StatusCode::FAILED_PRECONDITION);
        response.mutable_failure()->mutable_status()->set_message("another feature schema");
        break;
      case Fault::kNone:
        break;
    }
    stream->Write(response);
  }
  return grpc::Status::OK;
}

grpc::Status TestIngestService::GetIngestPosition(grpc::ServerContext*, const v1::GetIngestPositionRequest* request,
                                                  v1::GetIngestPositionResponse* response) {
  absl::MutexLock lock(&mutex_);
  ++position_queries_;
  const auto found = positions_.find(absl::StrCat(request->station(), " ", request->source()));
  if (found == positions_.end()) return grpc::Status::OK;
  response->set_found(true);
  response->set_position(found->second);
  return grpc::Status::OK;
}

TestServer::TestServer(std::vector<grpc::Service*> services) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  address_ = absl::StrCat("127.0.0.1:", port);
}
TestServer::~TestServer() { Stop(); }
void TestServer::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_ = nullptr;
}

absl::Time TestPacer::Now() {
  absl::MutexLock lock(&mutex_);
  return now_;
}
bool TestPacer::Wait(absl::Duration duration) {
  int number = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (interrupted_) return false;
    now_ += duration;
    waits_.push_back(duration);
    number = static_cast<int>(waits_.size());
  }
  if (on_wait_ == nullptr || on_wait_(number)) return true;
  absl::MutexLock lock(&mutex_);
  interrupted_ = true;
  return false;
}
bool TestPacer::Interrupted() {
  absl::MutexLock lock(&mutex_);
  return interrupted_;
}
std::vector<absl::Duration> TestPacer::waits() const {
  absl::MutexLock lock(&mutex_);
  return waits_;
}

}  // namespace tremorcast::cli
