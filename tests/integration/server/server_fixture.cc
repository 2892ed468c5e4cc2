#include "tests/integration/server/server_fixture.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "core/base/digest.h"

namespace tremorcast {
namespace {

constexpr char kPrefix[] = "type.googleapis.com/google.rpc.";

template <typename T>
T Detail(const v1::Status& status, const std::string& name) {
  T message;
  for (const auto& detail : status.details()) {
    if (detail.type_url() == kPrefix + name) {
      EXPECT_TRUE(message.ParseFromString(detail.value()));
    }
  }
  return message;
}

}  // namespace

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(2)));
}

void ServerTest::SetUp() {
  auto conninfo = TempCluster::Shared().CreateDatabase();
  ASSERT_TRUE(conninfo.ok()) << conninfo.status();
  conninfo_ = *std::move(conninfo);
}

void ServerTest::TearDown() { StopServer(); }

ServerOptions ServerTest::Options() const {
  ServerOptions options;
  options.conninfo = conninfo_;
  options.grpc.listen = {"127.0.0.1", 0};
  options.http = {"127.0.0.1", 0};
  options.heartbeat = absl::Milliseconds(50);
  options.drain_timeout = absl::Minutes(1);
  // Forecasts come from the tests alone.
  options.jobs.lead = false;
  return options;
}

void ServerTest::StartServer(const ServerOptions& options) {
  auto server = Server::Start(options, {&clock_, &loader_, log_.get()});
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
}

std::shared_ptr<grpc::Channel> ServerTest::Channel() const {
  return grpc::CreateChannel(server_->grpc_address().ToString(), grpc::InsecureChannelCredentials());
}

void ServerTest::RegisterStation(const std::string& id) {
  v1::UpdateStationRequest request;
  request.mutable_station()->set_name("stations/" + id);
  request.mutable_station()->mutable_location()->set_latitude_degrees(30);
  request.mutable_station()->mutable_location()->set_longitude_degrees(103);
  request.mutable_station()->set_magn_updating(true);
  request.mutable_station()->set_sound_updating(true);
  request.set_allow_missing(true);
  v1::UpdateStationResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  const grpc::Status status = Network()->UpdateStation(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

void ServerTest::RegisterRegion(const std::string& id) {
  v1::UpdateRegionRequest request;
  request.mutable_region()->set_name("regions/" + id);
  request.mutable_region()->set_title("Region " + id);
  for (const auto& [latitude, longitude] : {std::pair{29.0, 102.0}, {29.0, 104.0}, {31.0, 104.0}, {31.0, 102.0}}) {
    v1::GeoPoint* point = request.mutable_region()->mutable_polygon()->add_points();
    point->set_latitude_degrees(latitude);
    point->set_longitude_degrees(longitude);
  }
  request.set_allow_missing(true);
  v1::UpdateRegionResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  const grpc::Status status = Network()->UpdateRegion(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

std::string ServerTest::PublishModel(int seed, bool demonstrated_skill) {
  StoreOptions options;
  options.conninfo = conninfo_;
  auto store = OpenStore(options);
  EXPECT_TRUE(store.ok()) << store.status();
  const std::string artifact = FakeArtifact(seed);
  ModelRecord record;
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.model.version = MakeModelVersion(kPresent + absl::Seconds(seed), record.model.weights_sha256);
  record.created_at = kPresent + absl::Seconds(seed);
  record.artifact_bytes = static_cast<int64_t>(artifact.size());
  record.manifest_json = "{\"seed\": 1}";
  record.feature_schema_hash = FeatureSchemaHash();
  record.data_hash = std::string(64, 'd');
  record.model.git_revision = "unknown";
  record.model.training_period = {kWeek - 52 * kWeekLength, kWeek - kWeekLength};
  record.demonstrated_skill = demonstrated_skill;
  record.verdict = "a fake for tests";
  record.scores_json = "{\"gain\": 0.25}";
  const absl::Status published = (*store)->models().Publish(record, artifact, {}, std::nullopt);
  EXPECT_TRUE(published.ok()) << published;
  return record.model.version.value();
}

grpc::Status ServerTest::Send(const v1::ObservationBatch& batch, v1::BatchVerdict* verdict) {
  v1::IngestObservationsRequest request;
  *request.mutable_batch() = batch;
  v1::IngestObservationsResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  const grpc::Status status = Ingest()->IngestObservations(&context, request, &response);
  *verdict = response.verdict();
  return status;
}

std::unique_ptr<PgConnection> ServerTest::Connect() {
  auto connection = PgConnection::Open(conninfo_, "test", absl::Now() + absl::Minutes(1));
  EXPECT_TRUE(connection.ok()) << connection.status();
  return connection.ok() ? *std::move(connection) : nullptr;
}

int64_t ServerTest::Query(const std::string& sql) {
  const auto connection = Connect();
  if (connection == nullptr) return -1;
  const auto result = connection->Exec(sql.c_str(), absl::Now() + absl::Minutes(1));
  EXPECT_TRUE(result.ok()) << result.status();
  int64_t value = -1;
  if (result.ok() && result->size() == 1) {
    EXPECT_TRUE(absl::SimpleAtoi(result->Text(0, 0), &value));
  }
  return value;
}

v1::ObservationBatch MakeBatch(const std::string& station, const std::string& batch_id, absl::Time first, int rows,
                               float salt) {
  v1::ObservationBatch batch;
  batch.set_station("stations/" + station);
  batch.set_batch_id(batch_id);
  batch.set_source("test");
  batch.set_position("after " + batch_id);
  batch.set_delivery(v1::DELIVERY_BACKFILL);
  for (int i = 0; i < rows; ++i) {
    for (const auto& [signal, count] :
         {std::pair{v1::SIGNAL_MAGN, kMagnFeatures}, {v1::SIGNAL_SOUND, kSoundFeatures}}) {
      v1::ObservationRow* row = batch.add_rows();
      row->mutable_slot_time()->set_seconds(absl::ToUnixSeconds(first + i * kSlotLength));
      row->set_signal(signal);
      const int64_t slot = absl::ToUnixSeconds(first) / 600 + i;
      for (int k = 0; k < count; ++k)
        row->add_values(static_cast<float>(slot % 977) + 0.25f * static_cast<float>(k) + salt + 1);
    }
  }
  return batch;
}

v1::Status DetailsOf(const grpc::Status& status) {
  v1::Status proto;
  EXPECT_TRUE(proto.ParseFromString(status.error_details()));
  return proto;
}

std::string ReasonOf(const v1::Status& status) { return Detail<v1::ErrorInfo>(status, "ErrorInfo").reason(); }

std::vector<std::string> FieldsOf(const v1::Status& status) {
  std::vector<std::string> fields;
  const v1::BadRequest bad_request = Detail<v1::BadRequest>(status, "BadRequest");
  for (const auto& violation : bad_request.field_violations()) fields.push_back(violation.field());
  return fields;
}

absl::Duration RetryDelayOf(const v1::Status& status) {
  const auto delay = Detail<v1::RetryInfo>(status, "RetryInfo").retry_delay();
  return absl::Seconds(delay.seconds()) + absl::Nanoseconds(delay.nanos());
}

}  // namespace tremorcast
