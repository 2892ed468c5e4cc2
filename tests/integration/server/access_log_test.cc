// The access log and the traces of calls, on a real server.

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "server/telemetry/trace_context.h"
#include "tests/fakes/log_lines.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/http_get.h"

namespace tremorcast {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kParent[] = "00f067aa0ba902b7";

std::string Traceparent() { return absl::StrCat("00-", kTrace, "-", kParent, "-01"); }

class AccessLogTest : public ServerTest {
 protected:
  void TearDown() override { StopServer(); }  // before its log
  void StartLogging(std::optional<double> sample) {
    log_ = lines_.NewLog();
    ServerOptions options = Options();
    options.access_log_sample = sample;
    StartServer(options);
  }
  // A call's line comes with its end, of which the client may hear before.
  std::vector<std::string> Await(const std::string& text) const {
    for (const absl::Time give_up = absl::Now() + absl::Minutes(1); absl::Now() < give_up;) {
      if (auto found = lines_.With(text); !found.empty()) return found;
    }
    return {};
  }
  void AskForAStationThatIsNotThere() const {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::GetStationRequest request;
    request.set_name("stations/none");
    v1::GetStationResponse response;
    EXPECT_EQ(Network()->GetStation(&context, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
  }
  static std::string TraceresponseOf(const grpc::ClientContext& context) {
    const auto& metadata = context.GetServerInitialMetadata();
    const auto at = metadata.find("traceresponse");
    return at == metadata.end() ? "" : std::string(at->second.data(), at->second.size());
  }

  LogLines lines_;
};

TEST_F(AccessLogTest, ACallHasOneLineWithItsTrace) {
  StartLogging(1.0);
  RegisterStation("s1");
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("traceparent", Traceparent());
  context.AddMetadata("tracestate", "vendor=1");
  v1::ListStationsResponse response;
  ASSERT_TRUE(Network()->ListStations(&context, {}, &response).ok());
  const auto answer = ParseTraceparent(TraceresponseOf(context));
  ASSERT_TRUE(answer.has_value()) << TraceresponseOf(context);
  EXPECT_EQ(answer->trace_id, kTrace);
  EXPECT_NE(answer->span_id, kParent);
  EXPECT_THAT(Await("NetworkService/ListStations"),
              ElementsAre(AllOf(HasSubstr("access protocol=grpc method=/tremorcast.v1.NetworkService/ListStations"),
                                HasSubstr("peer=127.0.0.1 principal=\"\" roles=\"\" code=OK seconds=0."),
                                HasSubstr(absl::StrCat("messages_in=1 messages_out=1 bytes_in=0 bytes_out=",
                                                       response.ByteSizeLong(), " request_id=")),
                                HasSubstr(absl::StrCat("trace_id=", kTrace, " span_id=", answer->span_id)))));
}

TEST_F(AccessLogTest, AStreamHasOneLineWithAllItsMessages) {
  StartLogging(1.0);
  RegisterStation("s1");
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto stub = Ingest();
  const auto stream = stub->StreamObservations(&context);
  size_t bytes_in = 0, bytes_out = 0;
  for (int i = 0; i < 3; ++i) {
    v1::StreamObservationsRequest request;
    *request.mutable_batch() = MakeBatch("s1", absl::StrCat("b", i), kWeek + i * kSlotLength, 1);
    bytes_in += request.ByteSizeLong();
    ASSERT_TRUE(stream->Write(request));
    v1::StreamObservationsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    bytes_out += response.ByteSizeLong();
  }
  stream->WritesDone();
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_THAT(Await("IngestService/StreamObservations"),
              ElementsAre(HasSubstr(
                  absl::StrCat("messages_in=3 messages_out=3 bytes_in=", bytes_in, " bytes_out=", bytes_out, " "))));
}

TEST_F(AccessLogTest, IsOffUnlessAskedForAndThenHasFailuresAtLeast) {
  StartLogging(std::nullopt);
  AskForAStationThatIsNotThere();
  StopServer();
  EXPECT_THAT(lines_.With("access "), IsEmpty());
  StartLogging(0.0);
  v1::ListStationsResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  ASSERT_TRUE(Network()->ListStations(&context, {}, &response).ok());
  AskForAStationThatIsNotThere();
  HttpGet("127.0.0.1", server_->http_address().port, "/nothing");
  HttpGet("127.0.0.1", server_->http_address().port, "/metrics");
  StopServer();
  EXPECT_THAT(lines_.With("access "), SizeIs(2));
  EXPECT_THAT(lines_.With("access protocol=grpc"), ElementsAre(HasSubstr("code=NOT_FOUND")));
  EXPECT_THAT(lines_.With("access protocol=http"), ElementsAre(HasSubstr("method=\"GET /nothing\"")));
}

TEST_F(AccessLogTest, WhatIsLoggedOnTheWayHasTheTraceOfItsCall) {
  StartLogging(std::nullopt);
  RegisterStation("s1");
  ASSERT_TRUE(Connect()->Exec("DROP TABLE ingest_batches CASCADE", absl::Now() + absl::Minutes(1)).ok());
  // A unary call and a stream: their batches fail on the pipeline's thread, and the calls after that.
  v1::IngestObservationsRequest request;
  *request.mutable_batch() = MakeBatch("s1", "b1", kWeek, 1);
  v1::IngestObservationsResponse response;
  grpc::ClientContext unary;
  SetDeadline(&unary);
  unary.AddMetadata("traceparent", Traceparent());
  EXPECT_FALSE(Ingest()->IngestObservations(&unary, request, &response).ok());
  for (const char* said : {"a batch was not stored", "call failed"}) {
    EXPECT_THAT(Await(said), ElementsAre(HasSubstr(absl::StrCat("trace_id=", kTrace)))) << said;
  }
  grpc::ClientContext context;
  SetDeadline(&context);
  const std::string other(32, 'a');
  context.AddMetadata("traceparent", absl::StrCat("00-", other, "-", kParent, "-00"));
  const auto stub = Ingest();
  const auto stream = stub->StreamObservations(&context);
  v1::StreamObservationsRequest first;
  *first.mutable_batch() = MakeBatch("s1", "b2", kWeek, 1);
  ASSERT_TRUE(stream->Write(first));
  v1::StreamObservationsResponse answer;
  stream->Read(&answer);
  context.TryCancel();
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_THAT(Await(absl::StrCat("trace_id=", other)), testing::Contains(HasSubstr("a batch was not stored")));
}

TEST_F(AccessLogTest, AnExecutorsWorkHasTheTraceOfItsCall) {
  StartLogging(std::nullopt);
  RegisterStation("s1");
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  v1::CorrectObservationRequest request;
  request.set_station("stations/s1");
  request.mutable_slot_time()->set_seconds(absl::ToUnixSeconds(kWeek));
  request.add_values()->set_feature("sound@var");
  request.set_reason("a test");
  v1::CorrectObservationResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("traceparent", Traceparent());
  const grpc::Status status = Admin()->CorrectObservation(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(lines_.With("event=correction"), ElementsAre(HasSubstr(absl::StrCat("trace_id=", kTrace, " span_id="))));
}

TEST_F(AccessLogTest, AHttpRequestIsOfTheTraceThatItNames) {
  StartLogging(1.0);
  const HttpResult answer =
      HttpGet("127.0.0.1", server_->http_address().port, "/metrics", {{"traceparent", Traceparent()}});
  EXPECT_EQ(answer.code, 200);
  EXPECT_THAT(answer.headers.at("traceresponse"), HasSubstr(absl::StrCat("00-", kTrace, "-")));
  EXPECT_THAT(Await("GET /metrics"),
              ElementsAre(AllOf(HasSubstr("code=200"), HasSubstr(absl::StrCat("trace_id=", kTrace)))));
}

}  // namespace
}  // namespace tremorcast
