// What answers where the model has no demonstrated skill.

#include <memory>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "server/pipeline/forecast_archive.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ForecasterSkillTest : public ServiceFixture {
 protected:
  ForecasterSkillTest() {
    for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, input_week_);
    EXPECT_TRUE(network_.Refresh().ok());
  }
  Forecaster With(ServeUnskilled policy) {
    Forecaster::Options options;
    options.serve_unskilled = policy;
    return Forecaster(options, network_, observations_, events_, forecasts_, models_, clock_, metrics_.inference,
                      *log_);
  }
  Forecast Compute(ServeUnskilled policy, std::shared_ptr<const ServedModel> model = nullptr) {
    ForecastRequest request = RequestFor(kLab, issue_);
    request.purpose = ForecastPurpose::kOperational;
    request.model = std::move(model);
    absl::StatusOr<Forecast> forecast = With(policy).Compute(request);
    EXPECT_TRUE(forecast.ok()) << forecast.status();
    return *std::move(forecast);
  }
  // A verified week, `ago` weeks before the others, with the answers of the models in `said`.
  void AddWeek(int ago, int observed_class, const std::vector<std::pair<ModelVersion, ClassProbabilities>>& said) {
    Forecast f;
    f.region = kLab;
    f.valid_from = issue_ - (200 + ago) * kWeekLength;
    f.id = MakeForecastId(f.valid_from, f.purpose, 1);
    f.input_hash = "x";
    ASSERT_TRUE(forecasts_.Append(f).ok());
    for (const auto& [version, probabilities] : said) {
      ShadowForecast shadow;
      shadow.region = kLab;
      shadow.forecast_id = f.id;
      shadow.valid_from = f.valid_from;
      shadow.answered_at = f.valid_from + absl::Minutes(31);
      shadow.model_version = version;
      shadow.probabilities = probabilities;
      ASSERT_TRUE(forecasts_.AppendShadow(shadow).ok());
    }
    Verification v;
    v.region = kLab;
    v.forecast_id = f.id;
    v.valid_from = f.valid_from;
    v.climatology = kUsual;
    v.observed_class = observed_class;
    ASSERT_TRUE(forecasts_.AppendVerification(v).ok());
  }
  // `weeks` verified weeks in which the model said .4 where climatology, the catalogue-only model
  // and (where it is asked for) the twin said .3; an event every second week.
  void AddService(const ModelVersion& version, int weeks, bool twin = true) {
    for (int i = 1; i <= weeks; ++i) {
      std::vector<std::pair<ModelVersion, ClassProbabilities>> said = {{version, kMore},
                                                                       {ModelVersion(kCatalogueReference), kUsual}};
      if (twin) said.emplace_back(TwinOf(version), kUsual);
      AddWeek(i, i % 2, said);
    }
  }
  void AddQuietWeek(const ModelVersion& version, int ago) { AddWeek(ago, 0, {{version, kMore}}); }

  static constexpr ClassProbabilities kUsual = {.7, .075, .075, .075, .075};
  static constexpr ClassProbabilities kMore = {.6, .1, .1, .1, .1};
};

TEST_F(ForecasterSkillTest, TheModelAnswersAndSaysThatItHasNoneUnlessPolicyDiffers) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, false);
  const Forecast forecast = Compute(ServeUnskilled::kModel);
  EXPECT_TRUE(forecast.model_used);
  EXPECT_EQ(forecast.model.version, version);
  EXPECT_TRUE(forecast.set_aside_model.empty());
  EXPECT_FALSE(forecast.demonstrated_skill);
  EXPECT_THAT(forecast.verdict, StartsWith("no demonstrated skill: "));
}

TEST_F(ForecasterSkillTest, ByPolicyClimatologyAnswersAndTheForecastNamesTheModelItSetAside) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, false);
  const Forecast forecast = Compute(ServeUnskilled::kClimatology);
  EXPECT_FALSE(forecast.model_used);
  EXPECT_TRUE(forecast.model.version.empty());
  EXPECT_EQ(forecast.set_aside_model, version);
  EXPECT_EQ(forecast.status, ForecastStatus::kOk);
  EXPECT_EQ(forecast.probabilities, FloorAndNormalise(forecast.climatology));
  EXPECT_EQ(forecast.pool_weight, 0);
  EXPECT_EQ(forecast.verdict,
            "no demonstrated skill: on held-out weeks the model did not pass the promotion gate (gain 0.2), and by "
            "policy the answer is then the region's climatology");
  const auto replay = forecaster_.Replay(forecast);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_TRUE(replay->identical) << replay->explanation;
  EXPECT_EQ(replay->explanation, "identical to the bit");
}

TEST_F(ForecasterSkillTest, AModelWithoutWeightIsSetAsideToo) {
  const ModelVersion version = Serve(kNetwork, 1, 0, true);
  const Forecast forecast = Compute(ServeUnskilled::kClimatology);
  EXPECT_EQ(forecast.set_aside_model, version);
  EXPECT_THAT(forecast.verdict, HasSubstr("and has no weight, so the answer is the region's climatology"));
}

TEST_F(ForecasterSkillTest, AModelPastTheGateAnswers) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, true);
  const Forecast forecast = Compute(ServeUnskilled::kClimatology);
  EXPECT_EQ(forecast.model.version, version);
  EXPECT_TRUE(forecast.set_aside_model.empty());
}

TEST_F(ForecasterSkillTest, AModelThatHasShownSkillInServiceAnswersAndSaysSo) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, false);
  AddService(version, 51);
  EXPECT_EQ(Compute(ServeUnskilled::kClimatology).set_aside_model, version) << "a week short of a year";
  AddService(version, 60);
  const Forecast forecast = Compute(ServeUnskilled::kClimatology);
  EXPECT_EQ(forecast.model.version, version);
  EXPECT_TRUE(forecast.demonstrated_skill);
  EXPECT_THAT(forecast.verdict,
              StartsWith("the model was better than climatology, the catalogue-only model and its input-free twin in "
                         "forecasts answered since it was published (60 verified weeks, 30 with an event"));
}

TEST_F(ForecasterSkillTest, WithoutAnswersOfItsTwinAModelHasShownNothingInService) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, false);
  AddService(version, 60, false);
  const Forecast forecast = Compute(ServeUnskilled::kModel);
  EXPECT_FALSE(forecast.demonstrated_skill);
  EXPECT_THAT(forecast.verdict, StartsWith("no demonstrated skill: "));
}

TEST_F(ForecasterSkillTest, AModelPastTheGateIsNotBelievedOverItsOwnVerifiedWeeks) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, true);
  for (int i = 1; i <= 9; ++i) AddQuietWeek(version, i);
  const Forecast forecast = Compute(ServeUnskilled::kModel);
  EXPECT_EQ(forecast.model.version, version) << "it answers";
  EXPECT_FALSE(forecast.demonstrated_skill);
  EXPECT_THAT(forecast.verdict, StartsWith("no demonstrated skill: since it was published the model answered worse "
                                           "than climatology (9 verified weeks, 0 with an event, gain over climatology "
                                           "-0.154 nats"));
  const Forecast aside = Compute(ServeUnskilled::kClimatology);
  EXPECT_EQ(aside.set_aside_model, version);
  EXPECT_THAT(aside.verdict, HasSubstr("by policy"));
  // A revision, which knows the model it sets aside by name alone, says what the first issue said.
  ForecastRequest request = RequestFor(kLab, issue_);
  request.revises = std::make_shared<const Forecast>(aside);
  const absl::StatusOr<Forecast> revision = With(ServeUnskilled::kClimatology).Compute(request);
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_EQ(revision->verdict, aside.verdict);
}

TEST_F(ForecasterSkillTest, ARevisionKnowsWhatTheModelHasShownInService) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, false);
  AddService(version, 60);
  const Forecast first = Compute(ServeUnskilled::kClimatology);
  ASSERT_TRUE(first.demonstrated_skill);
  ForecastRequest request = RequestFor(kLab, issue_);
  request.revises = std::make_shared<const Forecast>(first);
  const absl::StatusOr<Forecast> revision = With(ServeUnskilled::kClimatology).Compute(request);
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_TRUE(revision->demonstrated_skill);
  EXPECT_EQ(revision->verdict, first.verdict);
}

TEST_F(ForecasterSkillTest, AModelThatIsAskedForByNameAnswers) {
  const ModelVersion version = Serve(kNetwork, 1, 0.5, false);
  const Forecast forecast = Compute(ServeUnskilled::kClimatology, *models_.Load(version));
  EXPECT_EQ(forecast.model.version, version);
  EXPECT_TRUE(forecast.set_aside_model.empty());
}

TEST_F(ForecasterSkillTest, ARevisionIsAnsweredAsTheFirstIssueWas) {
  Serve(kNetwork, 1, 0.5, false);
  const Forecast first = Compute(ServeUnskilled::kClimatology);
  ForecastRequest request = RequestFor(kLab, issue_);
  request.revises = std::make_shared<const Forecast>(first);
  const absl::StatusOr<Forecast> revision = With(ServeUnskilled::kModel).Compute(request);
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_EQ(revision->set_aside_model, first.set_aside_model);
  EXPECT_EQ(revision->probabilities, first.probabilities);
  EXPECT_THAT(revision->verdict, HasSubstr("by policy"));
}

}  // namespace
}  // namespace tremorcast
