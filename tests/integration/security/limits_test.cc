// What one client may take: streams of a connection and of a principal, sizes of messages and
// metadata.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/integration/security/security_fixture.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;

class LimitsTest : public SecurityTest {
 protected:
  // An open WatchForecasts.
  struct Watch {
    Watch(const std::shared_ptr<grpc::Channel>& channel, const std::string& token,
          absl::Duration patience = absl::Minutes(2)) {
      context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
      if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
      reader = v1::ForecastService::NewStub(channel)->WatchForecasts(&context, v1::WatchForecastsRequest());
      open = reader->Read(&response);
    }
    grpc::Status End() {
      if (open) context.TryCancel();
      while (reader->Read(&response)) {
      }
      return reader->Finish();
    }
    grpc::ClientContext context;
    v1::WatchForecastsResponse response;
    std::unique_ptr<grpc::ClientReader<v1::WatchForecastsResponse>> reader;
    bool open = false;
  };
};

TEST_F(LimitsTest, APrincipalHasSoManyStreamsOverAllItsConnections) {
  const std::string desk = Admit("desk", kReader), other = Admit("other", kReader);
  ServerOptions options = AskingOptions();
  options.grpc.access.max_streams_per_client = 2;
  StartServer(options);
  auto first = std::make_unique<Watch>(PlainChannel(), desk);
  Watch second(PlainChannel(), desk);
  EXPECT_TRUE(first->open);
  EXPECT_TRUE(second.open);
  Watch third(PlainChannel(), desk);
  EXPECT_FALSE(third.open);
  const grpc::Status refused = third.End();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(DetailsOf(refused)), "TOO_MANY_STREAMS");
  EXPECT_THAT(refused.error_message(), HasSubstr("desk has 2 streams"));
  EXPECT_TRUE(Watch(PlainChannel(), other).open) << "somebody else is not held up";
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, desk).error_code(), grpc::StatusCode::OK) << "unary calls go on";
  first->End();
  // The server may hear of the cancellation a moment later.
  for (bool open = false; !open;) {
    Watch again(PlainChannel(), desk);
    open = again.open;
    const grpc::Status status = again.End();
    ASSERT_TRUE(open || status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  }
}

TEST_F(LimitsTest, CountsStreamsOfObservationsAndOfHealthToo) {
  const std::string relay = Admit("relay", kWriter | kReader, {"s1"});
  ServerOptions options = AskingOptions();
  options.grpc.access.max_streams_per_client = 1;
  StartServer(options);
  Watch watch(PlainChannel(), relay);
  EXPECT_TRUE(watch.open);
  EXPECT_EQ(CallEmpty(PlainChannel(), "/tremorcast.v1.IngestService/StreamObservations", relay).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(CallEmpty(PlainChannel(), "/grpc.health.v1.Health/Watch", relay).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(LimitsTest, AWriterOpensSoManyWeeksAndAnAdministratorMore) {
  const std::string relay = Admit("relay", kWriter, {"s1"}), ops = Admit("ops", kAdmin);
  StartServer();
  RegisterStation("s1");
  StopServer();
  ServerOptions options = AskingOptions();
  options.writers.rows_back = 8 * kWeekLength;
  options.writers.old_weeks_per_day = 3;
  StartServer(options);
  const auto tables = [this] {
    return Query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'observations'::regclass");
  };
  const int64_t before = tables();
  const auto of_week = [](int weeks_ago) {
    return MakeBatch("s1", "week-" + std::to_string(weeks_ago), kWeek - weeks_ago * kWeekLength, 1);
  };
  v1::BatchVerdict verdict;
  // Too old for a writer: the row's own verdict, and the batch may be sent again by somebody else.
  ASSERT_TRUE(SendAs(PlainChannel(), relay, of_week(9), &verdict).ok());
  ASSERT_EQ(verdict.rejected_count(), 2);
  EXPECT_EQ(verdict.runs(0).reason(), v1::REJECT_REASON_TOO_OLD);
  EXPECT_EQ(verdict.runs(0).field_path(), "rows[0].slot_time");
  for (int weeks_ago = 0; weeks_ago < 5; ++weeks_ago) {
    ASSERT_TRUE(SendAs(PlainChannel(), relay, of_week(weeks_ago), &verdict).ok()) << weeks_ago;
    EXPECT_EQ(verdict.accepted_count(), 2);
  }
  ASSERT_TRUE(SendAs(PlainChannel(), relay, of_week(5), &verdict).ok());
  ASSERT_EQ(verdict.rejected_count(), 2);
  EXPECT_EQ(verdict.runs(0).reason(), v1::REJECT_REASON_TOO_OLD);
  EXPECT_EQ(tables(), before + 5);
  for (const int weeks_ago : {5, 9}) {
    ASSERT_TRUE(SendAs(PlainChannel(), ops, of_week(weeks_ago), &verdict).ok());
    EXPECT_EQ(verdict.accepted_count(), 2);
  }
  // Nobody opens a week of another age.
  ASSERT_TRUE(SendAs(PlainChannel(), ops, MakeBatch("s1", "old", kWeek - 1100 * kWeekLength, 1), &verdict).ok());
  EXPECT_EQ(verdict.runs(0).reason(), v1::REJECT_REASON_TOO_OLD);
  EXPECT_EQ(tables(), before + 7);
}

TEST_F(LimitsTest, DoesNotCountThisMachinesCallersWhoHaveNoName) {
  ServerOptions options = Options();
  options.grpc.access.max_streams_per_client = 1;
  StartServer(options);
  Watch first(PlainChannel(), ""), second(PlainChannel(), "");
  EXPECT_TRUE(first.open);
  EXPECT_TRUE(second.open);
}

TEST_F(LimitsTest, AConnectionHasSoManyCallsAtOnce) {
  ServerOptions options = Options();
  options.grpc.max_streams_per_connection = 2;
  StartServer(options);
  const auto channel = PlainChannel();
  auto first = std::make_unique<Watch>(channel, "");
  Watch second(channel, "");
  ASSERT_TRUE(first->open);
  ASSERT_TRUE(second.open);
  Watch waits(channel, "", absl::Milliseconds(500));
  EXPECT_FALSE(waits.open) << "it waits in the client, and its patience ends there";
  EXPECT_EQ(waits.End().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Watch(PlainChannel(), "").open) << "another connection";
  first->End();
  EXPECT_TRUE(Watch(channel, "").open);
}

TEST_F(LimitsTest, RefusesMetadataThatIsTooLarge) {
  const std::string desk = Admit("desk", kReader);
  StartServer(AskingOptions());
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, desk, {{"x-note", std::string(4 << 10, 'x')}}).error_code(),
            grpc::StatusCode::OK);
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, desk, {{"x-note", std::string(9 << 10, 'x')}}).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(LimitsTest, RefusesCompressedRequestsAndAnswersTheNext) {
  StartServer();
  const auto channel = PlainChannel();
  for (const bool compressed : {true, false}) {
    grpc::ClientContext context;
    SetDeadline(&context);
    if (compressed) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    v1::ListStationsRequest request;
    request.set_page_token(std::string(100000, 'x'));
    v1::ListStationsResponse response;
    const grpc::Status status = v1::NetworkService::NewStub(channel)->ListStations(&context, request, &response);
    EXPECT_EQ(status.error_code(), compressed ? grpc::StatusCode::UNIMPLEMENTED : grpc::StatusCode::INVALID_ARGUMENT)
        << status.error_message();
  }
}

// A connection that says nothing, from an address of this machine's own.
class Stranger {
 public:
  Stranger(int port, const char* from) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here = {}, there = {};
    here.sin_family = there.sin_family = AF_INET;
    inet_pton(AF_INET, from, &here.sin_addr);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&here), sizeof(here)), 0);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&there), sizeof(there)), 0);
  }
  ~Stranger() { close(socket_); }
  // gRPC speaks first: its settings. A connection that is refused is closed instead.
  bool Taken() {
    char first;
    return read(socket_, &first, 1) == 1;
  }

 private:
  const int socket_;
};

TEST_F(LimitsTest, AClientHasSoManyConnectionsAndItsNeighboursHaveTheirs) {
  ServerOptions options = Options();
  options.grpc.connections.max_connections_per_client = 2;
  StartServer(options);
  const int port = server_->grpc_address().port;
  auto first = std::make_unique<Stranger>(port, "127.0.0.2");
  Stranger second(port, "127.0.0.2");
  EXPECT_TRUE(first->Taken());
  EXPECT_TRUE(second.Taken());
  EXPECT_FALSE(Stranger(port, "127.0.0.2").Taken());
  EXPECT_TRUE(Stranger(port, "127.0.0.3").Taken());
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, "").error_code(), grpc::StatusCode::OK);
  first = nullptr;
  // The server hears of it a moment later.
  while (!Stranger(port, "127.0.0.2").Taken()) std::this_thread::yield();
}

TEST_F(LimitsTest, TheServerHasSoManyConnectionsAndReachesItselfBesides) {
  ServerOptions options = Options();
  options.grpc.connections.max_connections = 2;
  options.readiness.period = absl::Milliseconds(10);
  StartServer(options);
  const int port = server_->grpc_address().port;
  Stranger first(port, "127.0.0.2"), second(port, "127.0.0.3");
  EXPECT_TRUE(first.Taken());
  EXPECT_TRUE(second.Taken());
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(Stranger(port, "127.0.0.4").Taken());
    EXPECT_NE(server_->readiness().state, Readiness::State::kNotReady);
  }
}

TEST_F(LimitsTest, CutsACallWhoseMessageIsFarTooLarge) {
  StartServer();
  v1::ObservationBatch batch = MakeBatch("s1", "b1", kWeek, 1);
  batch.mutable_rows(0)->mutable_values()->Resize(5 << 20, 1.0f);  // 20 MiB
  v1::BatchVerdict verdict;
  const grpc::Status status = SendAs(PlainChannel(), "", batch, &verdict);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("larger than max"));
}

}  // namespace
}  // namespace tremorcast
