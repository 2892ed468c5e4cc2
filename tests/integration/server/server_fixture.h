#pragma once

// A whole server over a real PostgreSQL, reached through a real channel. The clock stands still
// until a test moves it, and models are fakes whose answers depend on the windows and the weights;
// everything else is what runs in production.

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include "server/server.h"
#include "storage/postgres/pg_connection.h"
#include "storage/store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_predictor.h"
#include "tests/support/temp_cluster.h"
#include "tremorcast/v1/admin_service.grpc.pb.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"
#include "tremorcast/v1/error_details.pb.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"
#include "tremorcast/v1/model_service.grpc.pb.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast {

// Sunday 2020-12-06 00:00 UTC+8, the start of a service week, and the present of these tests an
// hour later.
inline const absl::Time kWeek = absl::FromUnixSeconds(1607184000);
inline const absl::Time kPresent = kWeek + absl::Hours(1);

class ServerTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Port 0, no waiting, the database of this test.
  ServerOptions Options() const;
  void StartServer(const ServerOptions& options);
  void StartServer() { StartServer(Options()); }
  void StopServer() { server_ = nullptr; }

  std::shared_ptr<grpc::Channel> Channel() const;
  std::unique_ptr<v1::IngestService::Stub> Ingest() const { return v1::IngestService::NewStub(Channel()); }
  std::unique_ptr<v1::NetworkService::Stub> Network() const { return v1::NetworkService::NewStub(Channel()); }
  std::unique_ptr<v1::CatalogService::Stub> Catalog() const { return v1::CatalogService::NewStub(Channel()); }
  std::unique_ptr<v1::ForecastService::Stub> Forecasts() const { return v1::ForecastService::NewStub(Channel()); }
  std::unique_ptr<v1::AdminService::Stub> Admin() const { return v1::AdminService::NewStub(Channel()); }
  std::unique_ptr<v1::ModelService::Stub> Models() const { return v1::ModelService::NewStub(Channel()); }

  // "stations/{id}", in service for ever, inside RegisterRegion's polygon.
  void RegisterStation(const std::string& id);
  void RegisterRegion(const std::string& id);
  // A fake model in the registry; its version.
  std::string PublishModel(int seed, bool demonstrated_skill = false);
  grpc::Status Send(const v1::ObservationBatch& batch, v1::BatchVerdict* verdict);
  // One number out of the database.
  int64_t Query(const std::string& sql);
  int64_t StoredRows() { return Query("SELECT count(*) FROM observations"); }
  std::unique_ptr<PgConnection> Connect();

  FakeClock clock_{kPresent};
  FakePredictorLoader loader_;
  std::unique_ptr<Log> log_ = Log::Silent();
  std::string conninfo_;
  std::unique_ptr<Server> server_;
};

// A client's deadline: long enough for a loaded machine, never reached by a test that passes.
void SetDeadline(grpc::ClientContext* context);

// `rows` rows of each signal from `first` on, one per slot; values depend on station-independent
// row and column, and on `salt`.
v1::ObservationBatch MakeBatch(const std::string& station, const std::string& batch_id, absl::Time first, int rows,
                               float salt = 0);

v1::Status DetailsOf(const grpc::Status& status);
// The ErrorInfo's reason.
std::string ReasonOf(const v1::Status& status);
std::vector<std::string> FieldsOf(const v1::Status& status);
// Zero when there is no RetryInfo.
absl::Duration RetryDelayOf(const v1::Status& status);

}  // namespace tremorcast
