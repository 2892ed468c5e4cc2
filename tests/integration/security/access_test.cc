// Tokens, stations and streams of principals, and that no secret shows anywhere.

#include <algorithm>
#include <sys/stat.h>

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "core/base/time_grid.h"
#include "tests/fakes/log_lines.h"
#include "tests/integration/security/security_fixture.h"
#include "tests/support/http_get.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::Not;

class AccessTest : public SecurityTest {
 protected:
  // One batch on an open stream and its answer.
  using Stream = grpc::ClientReaderWriter<v1::StreamObservationsRequest, v1::StreamObservationsResponse>;
  static bool Exchange(Stream& stream, const v1::ObservationBatch& batch, v1::StreamObservationsResponse* response) {
    v1::StreamObservationsRequest request;
    *request.mutable_batch() = batch;
    return stream.Write(request) && stream.Read(response);
  }
  HttpResult Get(const std::string& path, const std::string& authorization) {
    std::map<std::string, std::string> headers;
    if (!authorization.empty()) headers["Authorization"] = authorization;
    return HttpGet("127.0.0.1", server_->http_address().port, path, headers);
  }
  void RegisterStationAs(const std::string& token, const std::string& id) {
    v1::UpdateStationRequest request;
    request.mutable_station()->set_name("stations/" + id);
    request.mutable_station()->mutable_location()->set_latitude_degrees(30);
    request.mutable_station()->mutable_location()->set_longitude_degrees(103);
    request.set_allow_missing(true);
    v1::UpdateStationResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    context.AddMetadata("authorization", "Bearer " + token);
    const grpc::Status status =
        v1::NetworkService::NewStub(PlainChannel())->UpdateStation(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
};

TEST_F(AccessTest, AWriterSendsForItsOwnStationsAndNothingElseIsStored) {
  const std::string ops = Admit("ops", kAdmin), relay = Admit("relay", kWriter, {"s1", "area4-*"});
  StartServer(AskingOptions());
  for (const char* id : {"s1", "s2", "area4-7"}) RegisterStationAs(ops, id);
  const auto channel = PlainChannel();
  v1::BatchVerdict verdict;
  EXPECT_TRUE(SendAs(channel, relay, MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  EXPECT_TRUE(SendAs(channel, relay, MakeBatch("area4-7", "b1", kWeek, 1), &verdict).ok());
  const grpc::Status foreign = SendAs(channel, relay, MakeBatch("s2", "b2", kWeek, 1), &verdict);
  EXPECT_EQ(foreign.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(DetailsOf(foreign)), "STATION_NOT_OWNED");
  EXPECT_THAT(foreign.error_message(), HasSubstr("relay does not send for station s2"));
  EXPECT_EQ(Query("SELECT count(*) FROM observations WHERE station = 's2'"), 0);
  EXPECT_EQ(Query("SELECT count(*) FROM ingest_batches WHERE station = 's2'"), 0);
  EXPECT_TRUE(SendAs(channel, ops, MakeBatch("s2", "b2", kWeek, 1), &verdict).ok()) << "an admin owns every station";
  EXPECT_EQ(StoredRows(), 6);
}

TEST_F(AccessTest, AnswersABatchOfAForeignStationInItsPlaceAndTakesTheNext) {
  const std::string ops = Admit("ops", kAdmin), relay = Admit("relay", kWriter, {"s1"});
  StartServer(AskingOptions());
  for (const char* id : {"s1", "s2"}) RegisterStationAs(ops, id);
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("authorization", "Bearer " + relay);
  const auto stub = v1::IngestService::NewStub(PlainChannel());
  const auto stream = stub->StreamObservations(&context);
  v1::StreamObservationsResponse response;
  ASSERT_TRUE(Exchange(*stream, MakeBatch("s2", "b1", kWeek, 1), &response));
  EXPECT_EQ(response.failure().status().code(), static_cast<int>(grpc::StatusCode::PERMISSION_DENIED));
  EXPECT_EQ(ReasonOf(response.failure().status()), "STATION_NOT_OWNED");
  ASSERT_TRUE(Exchange(*stream, MakeBatch("s1", "b2", kWeek, 1), &response));
  EXPECT_EQ(response.verdict().accepted_count(), 2);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(StoredRows(), 2);
}

TEST_F(AccessTest, RefusesTheNextBatchOfAnOpenStreamOnceItsTokenIsGone) {
  const std::string ops = Admit("ops", kAdmin), relay = Admit("relay", kWriter, {"s1"});
  StartServer(AskingOptions());
  RegisterStationAs(ops, "s1");
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("authorization", "Bearer " + relay);
  const auto stub = v1::IngestService::NewStub(PlainChannel());
  const auto stream = stub->StreamObservations(&context);
  v1::StreamObservationsResponse response;
  ASSERT_TRUE(Exchange(*stream, MakeBatch("s1", "b1", kWeek, 1), &response));
  Expel("relay");
  EXPECT_FALSE(Exchange(*stream, MakeBatch("s1", "b2", kWeek + kSlotLength, 1), &response));
  const grpc::Status ended = stream->Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAUTHENTICATED) << ended.error_message();
  EXPECT_EQ(StoredRows(), 2) << "the first batch alone";
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, relay).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  const std::string again = Admit("relay", kWriter, {"s1"});
  v1::BatchVerdict verdict;
  EXPECT_TRUE(SendAs(PlainChannel(), again, MakeBatch("s1", "b2", kWeek + kSlotLength, 1), &verdict).ok())
      << "a new line is known without a restart";
}

TEST_F(AccessTest, EndsAnOpenWatchOnceItsTokenIsGone) {
  const std::string desk = Admit("desk", kReader);
  Admit("ops", kAdmin);
  StartServer(AskingOptions());
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("authorization", "Bearer " + desk);
  const auto stub = v1::ForecastService::NewStub(PlainChannel());
  const auto watch = stub->WatchForecasts(&context, v1::WatchForecastsRequest());
  v1::WatchForecastsResponse response;
  ASSERT_TRUE(watch->Read(&response));
  Expel("desk");
  while (watch->Read(&response)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AccessTest, GivesAWriterThePositionOfItsOwnStationsOnly) {
  const std::string relay = Admit("relay", kWriter, {"s1"});
  StartServer(AskingOptions());
  const auto stub = v1::IngestService::NewStub(PlainChannel());
  const auto ask = [&](const std::string& station) {
    v1::GetIngestPositionRequest request;
    request.set_station(station);
    request.set_source("test");
    v1::GetIngestPositionResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    context.AddMetadata("authorization", "Bearer " + relay);
    return stub->GetIngestPosition(&context, request, &response).error_code();
  };
  EXPECT_EQ(ask("stations/s1"), grpc::StatusCode::OK);
  EXPECT_EQ(ask("stations/s2"), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessTest, KeepsTheListWhenTheFileBreaksAndSaysSo) {
  const std::string desk = Admit("desk", kReader);
  StartServer(AskingOptions());
  EXPECT_TRUE(CallEmpty(PlainChannel(), kListRegions, desk).ok());
  Replace(access_file(), "desk reader half a line\n");
  EXPECT_TRUE(CallEmpty(PlainChannel(), kListRegions, desk).ok());
  EXPECT_THAT(Get("/metrics", "Bearer " + desk).body, HasSubstr("tremorcast_access_list_valid 0"));
  Admit("other", kReader);
  EXPECT_TRUE(CallEmpty(PlainChannel(), kListRegions, desk).ok());
  EXPECT_THAT(Get("/metrics", "Bearer " + desk).body, HasSubstr("tremorcast_access_list_valid 1"));
}

TEST_F(AccessTest, DoesNotStartWithAnAccessFileThatCannotBeUsed) {
  const auto fault = [&] {
    const auto server = Server::Start(AskingOptions(), {&clock_, &loader_, log_.get()});
    return std::string(server.status().message());
  };
  EXPECT_THAT(fault(), HasSubstr("cannot be read"));
  const std::string token = Admit("desk", kReader);
  Replace(access_file(), "desk reader - " + token + "\n");
  EXPECT_THAT(fault(), HasSubstr("line 1: the credential is cert:NAME or token:"));
  EXPECT_THAT(fault(), Not(HasSubstr(token)));
  Replace(access_file(), "# nobody\n");
  EXPECT_THAT(fault(), HasSubstr("names nobody"));
  WriteAccessFile();
  ASSERT_EQ(chmod(access_file().c_str(), 0666), 0);
  EXPECT_THAT(fault(), HasSubstr("chmod o-w"));
}

TEST_F(AccessTest, NamesThePrincipalInTheLedger) {
  const std::string ops = Admit("ops", kAdmin);
  StartServer(AskingOptions());
  const std::string model = PublishModel(1);
  const auto stub = v1::ModelService::NewStub(PlainChannel());
  const auto promote = [&](const std::string& actor) {
    v1::PromoteModelRequest request;
    request.set_name("models/" + model);
    request.set_reason("a test");
    request.set_actor(actor);
    v1::PromoteModelResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    context.AddMetadata("authorization", "Bearer " + ops);
    const grpc::Status status = stub->PromoteModel(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.promotion().actor();
  };
  EXPECT_EQ(promote(""), "ops");
  EXPECT_EQ(promote("alice"), "alice (ops)");
}

TEST_F(AccessTest, ShowsHealthToEverybodyAndThePagesToReaders) {
  const std::string desk = Admit("desk", kReader), relay = Admit("relay", kWriter, {"s1"});
  StartServer(AskingOptions());
  EXPECT_EQ(Get("/healthz", "").code, 200);
  EXPECT_EQ(Get("/readyz", "").code, 200);
  for (const std::string& refused : {std::string(), "Bearer " + relay, std::string("Bearer nonsense"),
                                     "Basic " + absl::Base64Escape("x:" + relay), std::string("Basic ####")}) {
    const auto answer = Get("/metrics", refused);
    EXPECT_EQ(answer.code, 401) << refused;
    EXPECT_THAT(answer.body, Not(HasSubstr("tremorcast_")));
    EXPECT_THAT(answer.headers.at("www-authenticate"), HasSubstr("Basic"));
  }
  EXPECT_EQ(Get("/metrics", "Bearer " + desk).code, 200);
  EXPECT_EQ(Get("/metrics", "Basic " + absl::Base64Escape("anybody:" + desk)).code, 200);
}

TEST_F(AccessTest, ACredentialEndsWhenItsTimeIsOver) {
  const std::string ops = Admit("ops", kAdmin), relay = Admit("relay", kWriter, {"s1"});
  const std::string over = Admit("over", kReader), later = Admit("later", kReader);
  const auto until = [this](const std::string& name, absl::Time time) {
    for (Principal& principal : principals_) {
      if (principal.name == name) principal.until = time;
    }
    WriteAccessFile();
  };
  const absl::Time now = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  until("over", now);
  until("later", now + absl::Hours(24 * 5));
  StartServer(AskingOptions());
  RegisterStationAs(ops, "s1");
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, later).error_code(), grpc::StatusCode::OK);
  const grpc::Status refused = CallEmpty(PlainChannel(), kListRegions, over);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(refused.error_message(), HasSubstr("over's token " + TokenId(over) + " expired at " + FormatUtc(now)));
  EXPECT_EQ(Get("/metrics", "Bearer " + over).code, 401);
  // An open stream ends as if the line were gone.
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("authorization", "Bearer " + relay);
  const auto stub = v1::IngestService::NewStub(PlainChannel());
  const auto stream = stub->StreamObservations(&context);
  v1::StreamObservationsResponse response;
  ASSERT_TRUE(Exchange(*stream, MakeBatch("s1", "b1", kWeek, 1), &response));
  until("relay", now);
  EXPECT_FALSE(Exchange(*stream, MakeBatch("s1", "b2", kWeek + kSlotLength, 1), &response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(StoredRows(), 2);

  const auto expires = [&](const std::string& name, const std::string& token) {
    const std::string series = absl::StrCat("tremorcast_access_credential_expiry_timestamp_seconds{credential=\"token ",
                                            TokenId(token), "\",principal=\"", name, "\"} ");
    return absl::StrContains(Get("/metrics", "Bearer " + later).body, series);
  };
  EXPECT_TRUE(expires("later", later));
  EXPECT_TRUE(expires("over", over));
  EXPECT_FALSE(expires("ops", ops)) << "without an end";
  v1::GetDiagnosisResponse diagnosis;
  grpc::ClientContext asks;
  SetDeadline(&asks);
  asks.AddMetadata("authorization", "Bearer " + later);
  ASSERT_TRUE(v1::AdminService::NewStub(PlainChannel())->GetDiagnosis(&asks, {}, &diagnosis).ok());
  const auto& checks = diagnosis.diagnosis().checks();
  const auto check =
      std::find_if(checks.begin(), checks.end(), [](const v1::Check& one) { return one.check() == "credentials"; });
  ASSERT_NE(check, checks.end());
  EXPECT_EQ(check->status(), v1::CHECK_STATUS_WARNING);
  EXPECT_THAT(check->summary(), HasSubstr("later's token " + TokenId(later) + " expires in 4 days"));
  EXPECT_THAT(check->summary(), HasSubstr("over's token " + TokenId(over) + " has expired"));
}

TEST_F(AccessTest, WhoIsRefusedIsInTheAccessLog) {
  const LogLines lines;
  log_ = lines.NewLog();
  const std::string relay = Admit("relay", kWriter, {"s1"});
  ServerOptions options = AskingOptions();
  options.access_log_sample = 0;
  StartServer(options);
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  CallEmpty(PlainChannel(), kListRegions, relay, {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}});
  CallEmpty(PlainChannel(), kListRegions, "");
  Get("/metrics", "Bearer " + relay);
  StopServer();
  const std::vector<std::string> logged = lines.With("access protocol");
  ASSERT_EQ(logged.size(), 3u);
  const std::string method = absl::StrCat("grpc method=", kListRegions, " peer=\"\" ");
  EXPECT_THAT(logged[0], HasSubstr(method + "principal=relay roles=writer code=PERMISSION_DENIED"));
  EXPECT_THAT(logged[0], HasSubstr("trace_id=" + trace));
  EXPECT_THAT(logged[1], HasSubstr(method + "principal=\"\" roles=\"\" code=UNAUTHENTICATED"));
  EXPECT_THAT(logged[2],
              HasSubstr("http method=\"GET /metrics\" peer=127.0.0.1 principal=relay roles=writer code=401"));
  EXPECT_THAT(lines.With("refused: "), testing::Contains(HasSubstr("trace_id=" + trace)));
}

TEST_F(AccessTest, PutsNoSecretIntoLogsMetricsOrErrors) {
  const LogLines lines;
  log_ = lines.NewLog(LogLevel::kDebug);
  const std::string ops = Admit("ops", kAdmin), relay = Admit("relay", kWriter, {"s1"});
  const std::string planted = MakeToken("planted secret, nobody may see it!!!");
  StartServer(AskingOptions());
  std::string said;
  for (const std::string& token : {planted, ops, relay, "tcast_" + planted, planted + planted}) {
    for (const char* path :
         {kListRegions, "/tremorcast.v1.ModelService/PromoteModel", "/tremorcast.v1.IngestService/IngestObservations"})
      absl::StrAppend(&said, CallEmpty(PlainChannel(), path, token).error_message(), "\n");
    v1::BatchVerdict verdict;
    const grpc::Status sent = SendAs(PlainChannel(), token, MakeBatch("s9", "b", kWeek, 1), &verdict);
    absl::StrAppend(&said, sent.error_message(), sent.error_details(), "\n");
    absl::StrAppend(&said, Get("/metrics", "Bearer " + token).body);
  }
  said += CallEmpty(PlainChannel(), kListRegions, "", {{"x-request-id", "of a test"}}).error_message();
  StopServer();
  const std::string logged = absl::StrJoin(lines.With(""), "\n");
  EXPECT_THAT(logged, HasSubstr("admin call: /tremorcast.v1.ModelService/PromoteModel by ops"));
  EXPECT_THAT(logged, HasSubstr("refused: "));
  EXPECT_THAT(said, HasSubstr("tremorcast_access_refused_total{reason=\"credential\"}"));
  for (const std::string& token : {planted, ops, relay}) {
    const std::string secret = token.substr(token.size() - 43);
    EXPECT_THAT(logged, Not(HasSubstr(secret)));
    EXPECT_THAT(said, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace tremorcast
