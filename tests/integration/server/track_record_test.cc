// What a server says of its own forecasts, over a real channel and database.

#include <cmath>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/integration/server/server_fixture.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class TrackRecordServiceTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    StartServer();
    RegisterRegion("area1");
    StoreOptions options;
    options.conninfo = conninfo_;
    auto store = OpenStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  // The week `weeks_ago`, issued and verified; an event came in every third.
  void AddWeek(int weeks_ago, ForecastPurpose purpose, bool catalogue) {
    Forecast f;
    f.region = RegionId("area1");
    f.purpose = purpose;
    f.valid_from = kWeek - weeks_ago * kWeekLength;
    f.valid_to = f.valid_from + kWeekLength;
    f.id = MakeForecastId(f.valid_from, purpose, 1);
    f.scored = true;
    f.probabilities = {.6, .1, .1, .1, .1};
    f.climatology = {.8, .05, .05, .05, .05};
    f.input_hash = "x";
    ASSERT_TRUE(store_->forecasts().Append(f).ok());
    Verification v;
    v.region = f.region;
    v.forecast_id = f.id;
    v.valid_from = f.valid_from;
    v.purpose = purpose;
    v.observed_class = weeks_ago % 3 == 0 ? 1 : 0;
    v.probabilities = f.probabilities;
    v.climatology = f.climatology;
    v.information_gain = std::log(f.probabilities[v.observed_class] / f.climatology[v.observed_class]);
    ASSERT_TRUE(store_->forecasts().AppendVerification(v).ok());
    if (!catalogue) return;
    ShadowForecast shadow;
    shadow.region = f.region;
    shadow.forecast_id = f.id;
    shadow.valid_from = f.valid_from;
    shadow.purpose = purpose;
    shadow.answered_at = f.valid_from;
    shadow.model_version = ModelVersion(kCatalogueReference);
    shadow.probabilities = f.probabilities;
    ASSERT_TRUE(store_->forecasts().AppendShadow(shadow).ok());
  }
  // What `version` answered beside the forecast of that week.
  void AddAnswer(int weeks_ago, const std::string& version, const ClassProbabilities& said) {
    ShadowForecast shadow;
    shadow.region = RegionId("area1");
    shadow.valid_from = shadow.answered_at = kWeek - weeks_ago * kWeekLength;
    shadow.forecast_id = MakeForecastId(shadow.valid_from, shadow.purpose, 1);
    shadow.model_version = ModelVersion(version);
    shadow.probabilities = said;
    ASSERT_TRUE(store_->forecasts().AppendShadow(shadow).ok());
  }
  v1::Model GetModel(const std::string& version) {
    v1::GetModelRequest request;
    request.set_name("models/" + version);
    v1::GetModelResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    EXPECT_TRUE(Models()->GetModel(&context, request, &response).ok());
    return response.model();
  }
  v1::TrackRecord Get(const std::vector<v1::ForecastPurpose>& purposes = {}) {
    v1::GetTrackRecordRequest request;
    request.set_region("regions/area1");
    for (const v1::ForecastPurpose purpose : purposes) request.add_purposes(purpose);
    v1::GetTrackRecordResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = Forecasts()->GetTrackRecord(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.track_record();
  }

  std::unique_ptr<Store> store_;
};

TEST_F(TrackRecordServiceTest, AnEmptyOneSaysSo) {
  const v1::TrackRecord record = Get();
  EXPECT_EQ(record.weeks_scored(), 0);
  EXPECT_EQ(record.sentence(), "no verified weeks yet");
  EXPECT_FALSE(record.has_information_gain());
  EXPECT_FALSE(record.has_catalogue_information_gain());
  EXPECT_EQ(record.last_weeks_size(), 0);
}

TEST_F(TrackRecordServiceTest, ShowsWhatWasIssuedAndWhatCame) {
  for (int week = 1; week <= 12; ++week) AddWeek(week, ForecastPurpose::kOperational, week <= 10);
  AddWeek(13, ForecastPurpose::kTest, false);
  const v1::TrackRecord record = Get();
  EXPECT_EQ(record.weeks_scored(), 12);
  EXPECT_EQ(record.event_weeks(), 4);
  EXPECT_NEAR(record.log_evidence(), 4 * std::log(2.0) + 8 * std::log(.75), 1e-9);
  EXPECT_NEAR(record.information_gain(), record.log_evidence() / 12, 1e-9);
  EXPECT_FALSE(record.has_information_gain_low()) << "twelve weeks are too few for an interval that holds";
  EXPECT_EQ(record.regions_looked_at(), 1);
  EXPECT_NEAR(record.log_evidence_needed(), std::log(20.0), 1e-12);
  EXPECT_FALSE(record.has_twin_information_gain());
  EXPECT_THAT(record.sentence(), HasSubstr("the input-free twin has not answered beside them"));
  EXPECT_EQ(record.catalogue_weeks(), 10);
  EXPECT_NEAR(record.catalogue_information_gain(), 0, 1e-12);
  EXPECT_THAT(record.sentence(), StartsWith("no demonstrated skill in issued forecasts: "));
  EXPECT_THAT(record.sentence(), HasSubstr("12 verified weeks, 4 with an event"));
  ASSERT_EQ(record.last_weeks_size(), 10);
  EXPECT_EQ(record.last_weeks(0).valid_from_time().seconds(), absl::ToUnixSeconds(kWeek - kWeekLength));
  EXPECT_EQ(record.last_weeks(2).observed_class(), 1);
  EXPECT_EQ(record.last_weeks(2).probability_observed(), .1);
  EXPECT_EQ(Get({v1::FORECAST_PURPOSE_TEST}).weeks_scored(), 1);
  EXPECT_EQ(Get({v1::FORECAST_PURPOSE_TEST, v1::FORECAST_PURPOSE_OPERATIONAL}).weeks_scored(), 13);

  v1::GetForecastRequest request;
  request.set_name("regions/area1/forecasts/latest");
  v1::GetForecastResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  ASSERT_TRUE(Forecasts()->GetForecast(&context, request, &response).ok());
  EXPECT_EQ(response.forecast().track_record().sentence(), record.sentence());
  EXPECT_EQ(response.forecast().track_record().last_weeks_size(), 10);
}

TEST_F(TrackRecordServiceTest, WhatIsSaidOfAModelIsOfAllTheEvidence) {
  const std::string bold = PublishModel(1, true), unproven = PublishModel(2);
  EXPECT_TRUE(GetModel(bold).demonstrated_skill());
  EXPECT_THAT(GetModel(bold).standing(), StartsWith("the model was better than climatology on held-out weeks"));
  EXPECT_FALSE(GetModel(unproven).demonstrated_skill());
  for (int week = 1; week <= 9; ++week) {
    AddWeek(week, ForecastPurpose::kOperational, false);
    AddAnswer(week, bold, {.9, .025, .025, .025, .025});
  }
  const v1::Model denied = GetModel(bold);
  EXPECT_FALSE(denied.demonstrated_skill());
  EXPECT_THAT(denied.standing(), StartsWith("no demonstrated skill: since it was published the model answered worse "
                                            "than climatology (9 verified weeks, 3 with an event"));
  EXPECT_EQ(denied.verdict(), "a fake for tests") << "the gate's own words stay";
  v1::ListModelsResponse listed;
  grpc::ClientContext context;
  SetDeadline(&context);
  ASSERT_TRUE(Models()->ListModels(&context, v1::ListModelsRequest(), &listed).ok());
  ASSERT_EQ(listed.models_size(), 2);
  EXPECT_EQ(listed.models(1).standing(), denied.standing());
  EXPECT_FALSE(listed.models(1).demonstrated_skill());
}

TEST_F(TrackRecordServiceTest, TheServicesOwnNameInTheLedgerIsNobodyElses) {
  v1::PromoteModelRequest request;
  request.set_name("models/" + PublishModel(1));
  request.set_reason("because");
  request.set_actor("auto");
  v1::PromoteModelResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  EXPECT_THAT(FieldsOf(DetailsOf(Models()->PromoteModel(&context, request, &response))), ElementsAre("actor"));
  EXPECT_EQ(Query("SELECT count(*) FROM promotions"), 0);
}

}  // namespace
}  // namespace tremorcast
