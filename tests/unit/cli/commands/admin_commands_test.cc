// tremorcast doctor and tremorcast observations against a small service behind a real channel.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "core/readers/aeta_csv.h"
#include "files/text_file.h"
#include "tests/support/test_service.h"
#include "tremorcast/v1/admin_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TestAdmin final : public v1::AdminService::Service {
 public:
  v1::CorrectObservationRequest corrected;
  v1::CheckStatus catalogue = v1::CHECK_STATUS_WARNING;
  absl::Duration behind = absl::ZeroDuration();  // the server's clock

 private:
  grpc::Status CorrectObservation(grpc::ServerContext*, const v1::CorrectObservationRequest* request,
                                  v1::CorrectObservationResponse* response) override {
    corrected = *request;
    v1::ObservationCorrection& correction = *response->mutable_correction();
    correction.set_sequence(12);
    correction.set_station(request->station());
    *correction.mutable_slot_time() = request->slot_time();
    correction.set_week_was_sealed(true);
    for (const v1::FeatureValue& value : request->values()) {
      v1::FeatureValue& old = *correction.add_old_values();
      old.set_feature(value.feature());
      old.set_value(1);
      *correction.add_new_values() = value;
    }
    return grpc::Status::OK;
  }
  grpc::Status ListObservationCorrections(grpc::ServerContext*, const v1::ListObservationCorrectionsRequest* request,
                                          v1::ListObservationCorrectionsResponse* response) override {
    v1::ObservationCorrection& correction = *response->add_corrections();
    correction.set_sequence(3);
    correction.set_station(request->station().empty() ? "stations/any" : request->station());
    correction.set_actor("ada");
    correction.set_reason("lightning");
    return grpc::Status::OK;
  }
  grpc::Status GetDiagnosis(grpc::ServerContext*, const v1::GetDiagnosisRequest*,
                            v1::GetDiagnosisResponse* response) override {
    v1::Diagnosis& diagnosis = *response->mutable_diagnosis();
    v1::Check& leader = *diagnosis.add_checks();
    leader.set_check("leader");
    leader.set_status(v1::CHECK_STATUS_OK);
    leader.set_summary("a replica leads");
    v1::Check& check = *diagnosis.add_checks();
    check.set_check("catalogue");
    check.set_status(catalogue);
    check.set_summary("11 days old");
    check.set_advice("import the newest");
    const int64_t nanos = absl::ToUnixNanos(absl::Now() - behind);
    diagnosis.mutable_server_time()->set_seconds(nanos / 1'000'000'000);
    diagnosis.mutable_server_time()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
    return grpc::Status::OK;
  }
};

class AdminCommandsTest : public ::testing::Test {
 protected:
  AdminCommandsTest() : server_({&admin_}) {}
  ExitCode Invoke(const std::vector<std::string>& arguments) {
    TestConsole console;
    const ExitCode code = RunCli(arguments, {server_.address()}, console.console, pacer_);
    out_ = console.out.str();
    err_ = console.err.str();
    return code;
  }

  TestAdmin admin_;
  TestServer server_;
  TestPacer pacer_;
  std::string out_, err_;
};

TEST_F(AdminCommandsTest, DoctorSaysWhatToDoAndFailsWhenACheckFails) {
  EXPECT_EQ(Invoke({"doctor"}), ExitCode::kOk) << "warnings alone are no failure";
  EXPECT_THAT(out_, HasSubstr("ok    leader              a replica leads\n"));
  EXPECT_THAT(out_,
              HasSubstr("warn  catalogue           11 days old\n                          -> import the newest\n"));
  EXPECT_THAT(out_, HasSubstr("3 checks: 2 ok, 1 warning, 0 failures\n"));
  admin_.catalogue = v1::CHECK_STATUS_FAILURE;
  EXPECT_EQ(Invoke({"doctor"}), ExitCode::kFailed);
  EXPECT_THAT(out_, HasSubstr("fail  catalogue"));
  EXPECT_EQ(Invoke({"doctor", "--json"}), ExitCode::kFailed);
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["checks"][1]["status"], "fail");
  EXPECT_EQ(json["checks"][2]["check"], "client_clock");
  EXPECT_EQ(json["checks"][2]["status"], "ok");
}

TEST_F(AdminCommandsTest, DoctorComparesThisMachinesClockWithTheServers) {
  admin_.behind = absl::Hours(1);
  EXPECT_EQ(Invoke({"doctor"}), ExitCode::kFailed);
  EXPECT_THAT(out_, HasSubstr("fail  client_clock        this machine's clock is "));
  EXPECT_THAT(out_, HasSubstr("ahead of the server's"));
}

TEST_F(AdminCommandsTest, DoctorWithoutAServerEndsAsUnavailable) {
  server_.Stop();
  EXPECT_EQ(Invoke({"doctor"}), ExitCode::kUnavailable);
}

TEST_F(AdminCommandsTest, ACorrectionNamesFeaturesOrTakesTheRowOfAFile) {
  EXPECT_EQ(Invoke({"observations", "correct", "105", "--slot", "2020-12-06 00:10", "--set", "magn@var=0.25", "--set",
                    "magn@power=2", "--reason", "lightning", "--actor", "ada"}),
            ExitCode::kOk)
      << err_;
  EXPECT_EQ(admin_.corrected.station(), "stations/105");
  EXPECT_EQ(admin_.corrected.slot_time().seconds(), 1607184600);
  ASSERT_EQ(admin_.corrected.values_size(), 2);
  EXPECT_EQ(admin_.corrected.values(0).value(), 0.25f);
  EXPECT_EQ(admin_.corrected.actor(), "ada");
  EXPECT_THAT(out_, HasSubstr("105, 2020-12-06 00:10 UTC+8: magn@var 1 -> 0.25, magn@power 1 -> 2 (entry 12)"));
  EXPECT_THAT(out_, HasSubstr("a new window revision follows"));

  std::string text = AetaCsvHeader(Signal::kSound);
  for (const int slot : {0, 1, 2}) {
    AppendAetaCsvRow("105", 1607184000 + slot * 600,
                     std::vector<float>(kSoundFeatures, static_cast<float>(slot) + 0.1f), text);
  }
  std::string folder = (std::filesystem::temp_directory_path() / "tremorcast-cli-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/105_sound.csv";
  ASSERT_TRUE(WriteTextFile(file, text).ok());
  EXPECT_EQ(
      Invoke({"observations", "correct", "105", "--slot", "2020-12-06 00:10", "--file", file, "--reason", "gain"}),
      ExitCode::kOk)
      << err_;
  ASSERT_EQ(admin_.corrected.values_size(), kSoundFeatures);
  EXPECT_EQ(admin_.corrected.values(7).value(), 1.1f);
  EXPECT_THAT(out_, HasSubstr("and 41 more"));
  EXPECT_NE(Invoke({"observations", "correct", "106", "--slot", "2020-12-06 00:10", "--file", file, "--reason", "x"}),
            ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("holds no row of station 106"));
  std::filesystem::remove_all(folder);
}

TEST_F(AdminCommandsTest, ACorrectionThatMakesNoSenseIsWrongUsage) {
  const std::vector<std::string> base = {"observations", "correct", "105", "--reason", "x"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return more;
  };
  EXPECT_EQ(Invoke(with({"--slot", "2020-12-06 00:10"})), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("either --set FEATURE=VALUE or --file FILE"));
  EXPECT_EQ(Invoke(with({"--slot", "yesterday", "--set", "magn@var=1"})), ExitCode::kUsage);
  EXPECT_EQ(Invoke(with({"--slot", "2020-12-06 00:10", "--set", "magn@var"})), ExitCode::kUsage);
  EXPECT_EQ(admin_.corrected.values_size(), 0) << "nothing was sent";
}

TEST_F(AdminCommandsTest, TheRecordOfCorrectionsIsListed) {
  EXPECT_EQ(Invoke({"observations", "corrections", "--station", "105"}), ExitCode::kOk);
  for (const char* text : {"105", "ada", "lightning"}) EXPECT_THAT(out_, HasSubstr(text));
  EXPECT_EQ(Invoke({"observations", "corrections", "--json"}), ExitCode::kOk);
  EXPECT_EQ(nlohmann::json::parse(out_)["corrections"][0]["reason"], "lightning");
}

}  // namespace
}  // namespace tremorcast::cli
