// Checkpoints damaged after they were published, in the real registry: cut at each boundary, a bit
// turned anywhere, or the recorded hash changed. Each is refused, the incumbent serves, and it
// shows; once the bytes are whole again the champion serves without anybody's help.

#include <algorithm>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "model/serving/torch_predictor.h"
#include "server/pipeline/model_host.h"
#include "storage/postgres/pg_connection.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/running_server.h"
#include "tests/support/scrape.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(3);
constexpr size_t kBlock = 8192;  // PostgreSQL's page

// Where the parts of an artifact end: the length, the header, each tensor.
struct Layout {
  size_t header_end = 0;
  std::vector<size_t> tensor_ends;
};
Layout LayoutOf(const std::string& artifact) {
  uint64_t header = 0;
  std::memcpy(&header, artifact.data(), sizeof(header));
  Layout layout;
  layout.header_end = sizeof(header) + header;
  const nlohmann::json entries = nlohmann::json::parse(artifact.substr(sizeof(header), header));
  for (const auto& [name, entry] : entries.items()) {
    if (name != "__metadata__")
      layout.tensor_ends.push_back(layout.header_end + entry["data_offsets"][1].get<size_t>());
  }
  std::sort(layout.tensor_ends.begin(), layout.tensor_ends.end());
  return layout;
}

class BrokenArtifactTest : public testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
    connection_ = *PgConnection::Open(conninfo_, "test", absl::Now() + kPatience);
    incumbent_ = Publish(*store_, TinyArtifact(1));
    artifact_ = TinyArtifact(2);
    candidate_ = Publish(*store_, artifact_);
    // As somebody with the database in hand would, past the trigger that keeps models as they are.
    Exec(
        absl::StrCat("ALTER TABLE model_versions DISABLE TRIGGER ALL; CREATE TABLE originals AS SELECT * FROM "
                     "model_versions WHERE version = '",
                     candidate_.value(), "'"));
  }

  void Exec(const std::string& sql) {
    const auto done = connection_->Exec(sql, absl::Now() + kPatience);
    ASSERT_TRUE(done.ok()) << done.status();
  }
  // `change`: assignments out of o, the candidate as it was published.
  void Damage(const std::string& change) {
    Exec(absl::StrCat("UPDATE model_versions v SET ", change, " FROM originals o WHERE v.version = o.version"));
  }
  void CutTo(size_t size) { Damage(absl::StrCat("artifact = substring(o.artifact FROM 1 FOR ", size, ")")); }
  void TurnBit(size_t at) {
    Damage(
        absl::StrCat("artifact = set_byte(o.artifact, ", at, ", get_byte(o.artifact, ", at, ") # ", 1 << at % 8, ")"));
  }
  void Repair() { Damage("artifact = o.artifact, sha256 = o.sha256"); }

  void Promote(const ModelVersion& version) {
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = version;
    promotion.reason = promotion.actor = "test";
    promotion.promoted_at = absl::Now();
    ASSERT_TRUE(store_->models().Promote(promotion).ok());
  }

  std::string conninfo_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<PgConnection> connection_;
  std::string artifact_;
  ModelVersion incumbent_, candidate_;
};

TEST_F(BrokenArtifactTest, CutOrAlteredAnywhereIsRefusedAndTheIncumbentServes) {
  prometheus::Registry series;
  ModelMetrics metrics(series);
  FakeClock clock;
  const std::unique_ptr<Log> log = Log::Silent();
  const TorchPredictorLoader loader({.device = "cpu"});
  ModelHost host({}, store_->models(), loader, clock, metrics, *log);
  Promote(incumbent_);
  ASSERT_TRUE(host.ReconcileWithRegistry().ok());
  Promote(candidate_);
  int damages = 0;
  const auto expect_refused = [&](const std::string& what) {
    ASSERT_FALSE(HasFatalFailure());
    clock.Advance(absl::Hours(1));  // past the pause after the one before
    const double refused = metrics.load_attempts["data_loss"].Value();
    ASSERT_TRUE(host.ReconcileWithRegistry().ok());
    ASSERT_EQ(metrics.load_attempts["data_loss"].Value(), refused + 1) << what;
    ASSERT_EQ(host.For(RegionId("any"))->record.model.version, incumbent_) << what;
    ++damages;
  };

  const Layout layout = LayoutOf(artifact_);
  std::vector<size_t> sizes = layout.tensor_ends;
  sizes.back() = artifact_.size() - 1;  // the last one ends where the file does
  for (const size_t part : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, layout.header_end}) sizes.push_back(part);
  for (size_t size = kBlock; size < artifact_.size(); size += kBlock) sizes.push_back(size);
  for (const size_t size : sizes) {
    ASSERT_NO_FATAL_FAILURE(CutTo(size));
    ASSERT_NO_FATAL_FAILURE(expect_refused(absl::StrCat("cut to ", size)));
  }

  std::vector<size_t> places;
  for (size_t at = 0; at < 8; ++at) places.push_back(at);
  for (size_t at = 8; at < layout.header_end; at += 211) places.push_back(at);
  for (const size_t end : layout.tensor_ends) places.insert(places.end(), {end - 1, end - 2});
  for (const size_t at : places) {
    ASSERT_NO_FATAL_FAILURE(TurnBit(at));
    ASSERT_NO_FATAL_FAILURE(expect_refused(absl::StrCat("a bit of byte ", at)));
  }
  for (size_t at = 1; at <= 64; at += 7) {
    ASSERT_NO_FATAL_FAILURE(Damage(absl::StrCat("artifact = o.artifact, sha256 = overlay(o.sha256 PLACING CASE ",
                                                "substring(o.sha256 FROM ", at, " FOR 1) WHEN '0' THEN '1' ELSE '0' ",
                                                "END FROM ", at, ")")));
    ASSERT_NO_FATAL_FAILURE(expect_refused(absl::StrCat("digit ", at, " of the hash")));
  }
  // Bytes that are whole by their hash, because who damaged them counted anew: the format's own
  // checks refuse them.
  const std::string halved = artifact_.substr(0, artifact_.size() / 2);
  ASSERT_NO_FATAL_FAILURE(Damage(absl::StrCat("artifact = substring(o.artifact FROM 1 FOR ", halved.size(),
                                              "), sha256 = '", Sha256Hex(halved), "'")));
  ASSERT_NO_FATAL_FAILURE(expect_refused("half a file under its own hash"));
  std::cout << damages << " damages of " << artifact_.size() << " bytes refused" << std::endl;

  ASSERT_NO_FATAL_FAILURE(Repair());
  clock.Advance(absl::Hours(1));
  ASSERT_TRUE(host.ReconcileWithRegistry().ok());
  EXPECT_EQ(host.For(RegionId("any"))->record.model.version, candidate_);
}

TEST_F(BrokenArtifactTest, ARunningServerKeepsItsModelShowsItAndRecoversByItself) {
  const Simulator simulator = *Simulator::Create(SmallWorld(2));
  const absl::Status loaded =
      LoadSimulatedNetwork(simulator, {store_->observations(), store_->windows(), store_->network(), store_->events()});
  ASSERT_TRUE(loaded.ok()) << loaded;
  Promote(incumbent_);
  auto server = RunningServer::Start(conninfo_, [](ServerOptions& options) { options.jobs.lead = false; });
  ASSERT_TRUE(server.ok()) << server.status();
  const auto forecasts = v1::ForecastService::NewStub((*server)->NewChannel());
  const auto serving = [&] {
    v1::ComputeForecastRequest request;
    request.set_region("regions/sim-0");
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(simulator.Week(1).end));
    request.set_validate_only(true);
    v1::ComputeForecastResponse response;
    const grpc::Status status = Call(*forecasts, &v1::ForecastService::Stub::ComputeForecast, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.forecast().model_use().model();
  };
  const auto await = [&](const std::function<bool(const Scrape&)>& seen) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      if (seen(*Scrape::Of((*server)->server().http_address()))) return true;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return false;
  };
  const std::vector<std::string> network = {absl::StrCat("region=\"", kNetworkScope, "\"")};

  ASSERT_NO_FATAL_FAILURE(CutTo(artifact_.size() / 2));
  ASSERT_NO_FATAL_FAILURE(Promote(candidate_));
  ASSERT_TRUE(await([&](const Scrape& now) { return now.Value("tremorcast_model_failed_attempts", network) >= 2; }));
  const Scrape stuck = *Scrape::Of((*server)->server().http_address());
  EXPECT_EQ(stuck.Value("tremorcast_model_stuck", network), 1);
  EXPECT_GT(stuck.Value("tremorcast_model_stuck_since_timestamp_seconds", network), 0);
  EXPECT_TRUE(stuck.Has("tremorcast_model_info", {absl::StrCat("version=\"", incumbent_.value())}));
  EXPECT_EQ(serving(), absl::StrCat("models/", incumbent_.value()));

  ASSERT_NO_FATAL_FAILURE(Repair());
  ASSERT_TRUE(await([&](const Scrape& now) { return now.Value("tremorcast_model_stuck", network) == 0; }));
  EXPECT_EQ(serving(), absl::StrCat("models/", candidate_.value()));
  const Scrape recovered = *Scrape::Of((*server)->server().http_address());
  EXPECT_EQ(recovered.Value("tremorcast_model_failed_attempts", network), 0);
  EXPECT_FALSE(recovered.Has("tremorcast_model_stuck_since_timestamp_seconds", network));
}

}  // namespace
}  // namespace tremorcast
