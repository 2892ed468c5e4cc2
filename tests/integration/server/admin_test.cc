// AdminService over a real channel, and what operators see of the server: log, readiness, request
// ids.

#include <map>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "storage/leadership.h"
#include "tests/fakes/log_lines.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/http_get.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AdminTest : public ServerTest {
 protected:
  AdminTest() { log_ = lines_.NewLog(LogLevel::kDebug); }
  void AwaitLine(const std::string& with) {
    const absl::Time give_up = absl::Now() + absl::Minutes(1);
    while (lines_.With(with).empty()) ASSERT_LT(absl::Now(), give_up) << "no line says " << with;
  }
  std::string Metrics() { return HttpGet("127.0.0.1", server_->http_address().port, "/metrics").body; }
  void AwaitMetric(const std::string& line) {
    const absl::Time give_up = absl::Now() + absl::Minutes(1);
    while (!absl::StrContains(Metrics(), line)) ASSERT_LT(absl::Now(), give_up) << "no metric " << line;
  }
  void StoreRows() {
    RegisterStation("a");
    v1::BatchVerdict verdict;
    ASSERT_TRUE(Send(MakeBatch("a", "b1", kWeek, 3), &verdict).ok());
    ASSERT_EQ(verdict.accepted_count(), 6);
  }
  static v1::CorrectObservationRequest Request() {
    v1::CorrectObservationRequest request;
    request.set_station("stations/a");
    request.mutable_slot_time()->set_seconds(absl::ToUnixSeconds(kWeek) + 600);
    v1::FeatureValue* value = request.add_values();
    value->set_feature("sound@var");
    value->set_value(1234.1f);
    request.set_reason("wrong gain");
    request.set_actor("ada");
    return request;
  }
  grpc::Status Correct(const v1::CorrectObservationRequest& request, v1::ObservationCorrection* correction) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::CorrectObservationResponse response;
    const grpc::Status status = Admin()->CorrectObservation(&context, request, &response);
    *correction = response.correction();
    return status;
  }
  std::map<std::string, v1::Check> Diagnose() {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::GetDiagnosisResponse response;
    const grpc::Status status = Admin()->GetDiagnosis(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(response.diagnosis().has_server_time() && response.diagnosis().has_database_time());
    std::map<std::string, v1::Check> checks;
    for (const v1::Check& check : response.diagnosis().checks()) checks[check.check()] = check;
    return checks;
  }

  LogLines lines_;
};

TEST_F(AdminTest, CorrectsANamedFeatureOfOneRowAndKeepsTheRecord) {
  StartServer();
  StoreRows();
  v1::ObservationCorrection correction;
  ASSERT_TRUE(Correct(Request(), &correction).ok());
  EXPECT_EQ(correction.station(), "stations/a");
  EXPECT_EQ(correction.signal(), v1::SIGNAL_SOUND);
  EXPECT_EQ(correction.actor(), "ada");
  ASSERT_EQ(correction.new_values_size(), 1);
  EXPECT_EQ(correction.new_values(0).feature(), "sound@var");
  EXPECT_EQ(correction.new_values(0).value(), 1234.1f);
  EXPECT_NE(correction.old_values(0).value(), 1234.1f);
  EXPECT_EQ(absl::FromUnixSeconds(correction.correct_time().seconds()), kPresent);
  EXPECT_EQ(Query("SELECT count(*) FROM observations WHERE 1234.1::real = ANY(values) AND delivery = 1"), 1);
  EXPECT_EQ(Query("SELECT count(*) FROM observations"), 6);

  grpc::ClientContext context;
  SetDeadline(&context);
  v1::ListObservationCorrectionsResponse listed;
  ASSERT_TRUE(Admin()->ListObservationCorrections(&context, {}, &listed).ok());
  ASSERT_EQ(listed.corrections_size(), 1);
  EXPECT_EQ(listed.corrections(0).reason(), "wrong gain");
  EXPECT_THAT(lines_.With("event=correction"), ElementsAre(HasSubstr("actor=ada")));
  EXPECT_THAT(Metrics(), HasSubstr("tremorcast_observation_corrections_total 1"));
}

TEST_F(AdminTest, PagesThroughTheRecordNewestFirst) {
  StartServer();
  StoreRows();
  v1::ObservationCorrection correction;
  for (const float value : {1.f, 2.f, 3.f}) {
    v1::CorrectObservationRequest request = Request();
    request.mutable_values(0)->set_value(value);
    ASSERT_TRUE(Correct(request, &correction).ok());
  }
  v1::ListObservationCorrectionsRequest request;
  request.set_page_size(2);
  std::vector<float> values;
  do {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::ListObservationCorrectionsResponse response;
    ASSERT_TRUE(Admin()->ListObservationCorrections(&context, request, &response).ok());
    for (const auto& one : response.corrections()) values.push_back(one.new_values(0).value());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(values, ElementsAre(3.f, 2.f, 1.f));
}

TEST_F(AdminTest, NamesEveryFieldAtFaultOfACorrection) {
  StartServer();
  StoreRows();
  v1::CorrectObservationRequest request = Request();
  request.mutable_values(0)->set_feature("sound@nothing");
  request.add_values()->set_feature("magn@var");
  request.add_values()->set_feature("sound@var");
  v1::ObservationCorrection correction;
  grpc::Status status = Correct(request, &correction);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(DetailsOf(status)), ElementsAre("values[0].feature", "values[2].feature"));
  request = Request();
  request.clear_reason();
  EXPECT_THAT(FieldsOf(DetailsOf(Correct(request, &correction))), ElementsAre("reason"));
  request = Request();
  request.mutable_slot_time()->set_seconds(absl::ToUnixSeconds(kWeek) + 1);
  EXPECT_THAT(FieldsOf(DetailsOf(Correct(request, &correction))), ElementsAre("slot_time"));
  request = Request();
  request.mutable_slot_time()->set_seconds(absl::ToUnixSeconds(kWeek) - 600);
  EXPECT_EQ(Correct(request, &correction).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(AdminTest, ASealedWeekThatWasCorrectedIsSealedAnew) {
  ServerOptions options = Options();
  options.jobs.lead = true;
  StartServer(options);
  StoreRows();
  clock_.Set(kWeek + kWeekLength + absl::Hours(1));
  AwaitLine("event=seal");
  v1::ObservationCorrection correction;
  ASSERT_TRUE(Correct(Request(), &correction).ok());
  EXPECT_TRUE(correction.week_was_sealed());
  const absl::Time give_up = absl::Now() + absl::Minutes(1);
  while (Query("SELECT max(revision) FROM weekly_windows WHERE NOT rolling") < 2) ASSERT_LT(absl::Now(), give_up);
  EXPECT_EQ(Query("SELECT count(*) FROM dirty_windows"), 0);
}

TEST_F(AdminTest, TheDiagnosisFindsWhatIsWrongAndExportsIt) {
  StartServer();  // never leads
  StoreRows();
  std::map<std::string, v1::Check> checks = Diagnose();
  EXPECT_EQ(checks["leader"].status(), v1::CHECK_STATUS_FAILURE);
  EXPECT_THAT(checks["leader"].advice(), HasSubstr("--no-jobs"));
  EXPECT_EQ(checks["schema"].status(), v1::CHECK_STATUS_OK) << checks["schema"].summary();
  EXPECT_EQ(checks["database_clock"].status(), v1::CHECK_STATUS_OK) << checks["database_clock"].summary();
  EXPECT_EQ(checks["catalogue"].status(), v1::CHECK_STATUS_WARNING);
  EXPECT_EQ(checks["models"].summary(), "no model is published");
  EXPECT_EQ(checks["issue"].summary(), "no region is registered");
  EXPECT_EQ(checks["orphaned_partitions"].status(), v1::CHECK_STATUS_OK);
  EXPECT_EQ(checks["week_tables"].summary(), "rows of 1 week have tables");
  EXPECT_EQ(checks["partitions"].summary(), "partitions for the present week and 0 weeks ahead");
  AwaitMetric("tremorcast_check_status{check=\"leader\"} 2");
  EXPECT_THAT(lines_.With("event=check"), testing::Contains(HasSubstr("check leader: no replica leads")));

  // Somebody leads; somebody detached a week by hand; a trainer died.
  LeaderLock::Options leader_options;
  leader_options.conninfo = conninfo_;
  leader_options.name = kServerJobsLeader;
  LeaderLock leader(leader_options);
  ASSERT_TRUE(*leader.TryAcquire());
  const auto spoilt = Connect()->Exec(
      "ALTER TABLE observations DETACH PARTITION observations_w20201206; INSERT INTO training_runs VALUES ('run-1', 1, "
      "now(), now(), NULL, 'stage 1', 0.5, 1, '', '{}', '', '', '', '', '', false); INSERT INTO dirty_windows VALUES "
      "('a', '2020-11-28 16:00Z', now() - interval '1 day')",
      absl::Now() + absl::Minutes(1));
  ASSERT_TRUE(spoilt.ok()) << spoilt.status();
  checks = Diagnose();
  EXPECT_EQ(checks["leader"].status(), v1::CHECK_STATUS_OK);
  EXPECT_THAT(checks["orphaned_partitions"].summary(), HasSubstr("observations_w20201206"));
  EXPECT_EQ(checks["partitions"].status(), v1::CHECK_STATUS_FAILURE);
  EXPECT_EQ(checks["training"].status(), v1::CHECK_STATUS_WARNING) << checks["training"].summary();
  EXPECT_EQ(checks["dirty_weeks"].status(), v1::CHECK_STATUS_FAILURE) << checks["dirty_weeks"].summary();
}

TEST_F(AdminTest, ACallHasARequestIdWhichTheLogKnows) {
  StartServer();
  grpc::ClientContext own, made;
  SetDeadline(&own);
  SetDeadline(&made);
  own.AddMetadata("x-request-id", "mine-7");
  v1::GetDiagnosisResponse response;
  ASSERT_TRUE(Admin()->GetDiagnosis(&own, {}, &response).ok());
  ASSERT_TRUE(Admin()->GetDiagnosis(&made, {}, &response).ok());
  const auto id = [](const grpc::ClientContext& context) {
    const auto at = context.GetServerInitialMetadata().find("x-request-id");
    return at == context.GetServerInitialMetadata().end() ? std::string()
                                                          : std::string(at->second.data(), at->second.size());
  };
  EXPECT_EQ(id(own), "mine-7");
  ASSERT_FALSE(id(made).empty());
  EXPECT_THAT(lines_.With("request_id=mine-7"),
              ElementsAre(HasSubstr("method=/tremorcast.v1.AdminService/GetDiagnosis")));
  EXPECT_EQ(lines_.With("request_id=" + id(made)).size(), 1u);
}

TEST_F(AdminTest, ReadinessAndItsChangesAreMetricsAndSingleLines) {
  StartServer();
  EXPECT_THAT(Metrics(), HasSubstr("tremorcast_readiness{state=\"degraded\"} 1"));  // no model serves
  EXPECT_THAT(Metrics(), HasSubstr("tremorcast_readiness{state=\"ready\"} 0"));
  EXPECT_THAT(lines_.With("event=readiness"), ElementsAre(HasSubstr("no model serves: forecasts are climatology")));
  EXPECT_THAT(lines_.With("event=readiness").front(), HasSubstr("state=degraded"));
  server_->Drain();
  EXPECT_EQ(lines_.With("event=drain").size(), 2u) << "begun and done";
}

}  // namespace
}  // namespace tremorcast
