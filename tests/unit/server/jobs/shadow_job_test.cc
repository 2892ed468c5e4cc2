#include "server/jobs/shadow_job.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/base/check.h"
#include "core/catalogue/climatology.h"
#include "server/pipeline/catalogue_reference.h"
#include "server/pipeline/forecast_archive.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

bool Always() { return true; }

class ShadowJobTest : public ServiceFixture {
 protected:
  ShadowJobTest() : job_({}, forecaster_, network_, forecasts_, events_, registry_, models_, metrics_.models, *log_) {
    for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, input_week_);
    TREMORCAST_CHECK(network_.Refresh().ok());
    champion_ = Serve(kNetwork, 1);
    issued_ = Issue(true);
  }
  Forecast Issue(bool scored, bool without_model = false) {
    ForecastRequest request = RequestFor(kLab, issue_);
    request.purpose = ForecastPurpose::kOperational;
    request.without_model = without_model;
    return ArchiveForecast(forecasts_, ComputeOrDie(request), RevisionReason::kFirstIssue, scored)->forecast;
  }
  absl::Status Tick() { return job_.Tick(clock_.Now(), Always); }
  // Of models; the catalogue-only reference and the models' twins stand apart.
  std::vector<ShadowForecast> Shadows(FakeForecastStore* store = nullptr) {
    std::vector<ShadowForecast> shadows = *(store ? store : &forecasts_)->ListShadows(std::nullopt, {});
    std::erase_if(shadows, [](const ShadowForecast& s) {
      const std::string& version = s.model_version.value();
      return version == kCatalogueReference || version.rfind(kTwinPrefix, 0) == 0;
    });
    return shadows;
  }
  std::optional<ShadowForecast> TwinShadow(const ModelVersion& model) {
    const std::vector<ShadowForecast> shadows = *forecasts_.ListShadows(std::nullopt, {});
    for (const ShadowForecast& s : shadows) {
      if (s.model_version == TwinOf(model)) return s;
    }
    return std::nullopt;
  }
  double Divergence() const { return Metric("tremorcast_shadow_divergence", {"lab"}); }
  Forecast Beside(const ModelVersion& version) { return *forecaster_.ComputeBeside(issued_, **models_.Load(version)); }

  ShadowJob job_;
  ModelVersion champion_;
  Forecast issued_;
};

TEST_F(ShadowJobTest, ArchivesTheChampionsIssuedAnswerAndTheChallengersBesideIt) {
  ASSERT_TRUE(Tick().ok());
  EXPECT_TRUE(std::isnan(Divergence())) << "there is no challenger";
  const ModelVersion challenger = Publish(2);
  ASSERT_TRUE(Tick().ok());
  const std::vector<ShadowForecast> shadows = Shadows();
  ASSERT_EQ(shadows.size(), 2u);
  const bool champion_first = shadows[0].model_version == champion_;
  const ShadowForecast& ours = shadows[champion_first ? 0 : 1];
  const ShadowForecast& theirs = shadows[champion_first ? 1 : 0];
  EXPECT_TRUE(ours.served);
  EXPECT_EQ(ours.probabilities, issued_.probabilities);
  EXPECT_EQ(ours.input_hash, issued_.input_hash);
  EXPECT_FALSE(theirs.served);
  EXPECT_EQ(theirs.model_version, challenger);
  EXPECT_EQ(theirs.forecast_id, issued_.id);
  EXPECT_EQ(theirs.answered_at, clock_.Now());
  EXPECT_EQ(theirs.probabilities, Beside(challenger).probabilities);
  EXPECT_NE(theirs.probabilities, ours.probabilities);
  EXPECT_EQ(*forecasts_.LastSequence(), 1) << "no forecast is archived";
  EXPECT_NE(models_.For(kLab)->record.model.version, challenger);
}

TEST_F(ShadowJobTest, ArchivesTheInputFreeTwinOfEveryModelThatAnswers) {
  const ModelVersion challenger = Publish(2);
  ASSERT_TRUE(Tick().ok());
  for (const ModelVersion& version : {champion_, challenger}) {
    const std::optional<ShadowForecast> twin = TwinShadow(version);
    ASSERT_TRUE(twin.has_value()) << version.value();
    const InputFreeTwin& says = *(*models_.Load(version))->predictor->info().twin;
    const Forecast beside = Beside(version);
    EXPECT_EQ(twin->probabilities, PoolWithClimatology(says.For(kLab), issued_.climatology, beside.pool_weight));
    EXPECT_NE(twin->probabilities, beside.probabilities);
    EXPECT_EQ(twin->forecast_id, issued_.id);
    EXPECT_FALSE(twin->served);
  }
  const size_t archived = forecasts_.ListShadows(std::nullopt, {})->size();
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(forecasts_.ListShadows(std::nullopt, {})->size(), archived) << "once";
}

TEST_F(ShadowJobTest, ArchivesEveryRungBesideAForecastThatTheCatalogueAnswered) {
  const ModelVersion etas = ServeEtas();
  FakeForecastStore fresh;
  ForecastRequest request = RequestFor(kLab, issue_);
  request.purpose = ForecastPurpose::kOperational;
  const Forecast issued = ArchiveForecast(fresh, ComputeOrDie(request), RevisionReason::kFirstIssue, true)->forecast;
  ASSERT_EQ(AnsweringRung(issued), Rung::kCatalogue);
  ShadowJob job({}, forecaster_, network_, fresh, events_, registry_, models_, metrics_.models, *log_);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  const auto shadow = [&](const ModelVersion& version) -> ShadowForecast {
    const std::vector<ShadowForecast> shadows = *fresh.ListShadows(std::nullopt, {});
    for (const ShadowForecast& s : shadows) {
      if (s.model_version == version) return s;
    }
    ADD_FAILURE() << version.value();
    return {};
  };
  const ShadowForecast ours = shadow(etas);
  EXPECT_TRUE(ours.served);
  EXPECT_EQ(ours.probabilities, issued.probabilities);
  const ShadowForecast stations = shadow(champion_);
  EXPECT_FALSE(stations.served);
  EXPECT_EQ(stations.probabilities, issued.rungs[2].probabilities);
  EXPECT_EQ(shadow(ModelVersion(kCatalogueRungAnswer)).probabilities, issued.rungs[1].probabilities);
  EXPECT_EQ(shadow(TwinOf(ModelVersion(kCatalogueRungAnswer))).probabilities, shadow(TwinOf(etas)).probabilities);
  EXPECT_EQ(shadow(ModelVersion(kRungBelow)).probabilities, issued.rungs[1].probabilities)
      << "what the stations have to beat";
  const std::shared_ptr<const ServedModel> network = *models_.Load(champion_);
  EXPECT_EQ(
      shadow(TwinOf(champion_)).probabilities,
      PoolWithClimatology(network->info.twin->For(kLab), issued.rungs[1].probabilities, issued.rungs[2].pool_weight))
      << "the twin is pooled with what its model is pooled with";
  const std::shared_ptr<const ServedModel> catalogue = *models_.Load(etas);
  EXPECT_EQ(shadow(TwinOf(etas)).probabilities,
            PoolWithClimatology(catalogue->info.twin->For(kLab), issued.climatology, 0.8));
  const size_t archived = fresh.ListShadows(std::nullopt, {})->size();
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(fresh.ListShadows(std::nullopt, {})->size(), archived) << "once";
}

TEST_F(ShadowJobTest, ACatalogueChallengerAnswersFromWhatWasKnownAtTheIssue) {
  const ModelVersion first = ServeEtas(0.8);
  Promote(RegionId(kCatalogueScope), ModelVersion());  // withdrawn: it stands on trial beside climatology
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  AddEvent(issue_ - absl::Minutes(10), 6.5);  // recorded twenty minutes after the issue
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(Tick().ok());
  const std::vector<ShadowForecast> shadows = Shadows();
  const auto at =
      std::find_if(shadows.begin(), shadows.end(), [&](const ShadowForecast& s) { return s.model_version == first; });
  ASSERT_NE(at, shadows.end());
  EXPECT_FALSE(at->served);
  EXPECT_LT(1 - at->probabilities[0], 0.6) << "it did not see the M 6.5";
  const Forecast knowing = [&] {
    ForecastRequest request = RequestFor(kLab, issue_);
    request.model = *models_.Load(first);
    request.as_of = clock_.Now();
    return ComputeOrDie(request);
  }();
  EXPECT_GT(1 - knowing.probabilities[0], 0.8);
}

TEST_F(ShadowJobTest, ExportsHowFarTheChallengerIsFromWhatWasIssued) {
  const ModelVersion challenger = Publish(2);
  ASSERT_TRUE(Tick().ok());
  ForecastRequest request = RequestFor(kLab, issue_);
  request.model = *models_.Load(challenger);
  const auto theirs = ExceedanceProbabilities(ComputeOrDie(request).probabilities);
  const auto ours = ExceedanceProbabilities(issued_.probabilities);
  double expected = 0;
  for (size_t k = 0; k < ours.size(); ++k) expected = std::max(expected, std::abs(ours[k] - theirs[k]));
  EXPECT_GT(expected, 0);
  EXPECT_DOUBLE_EQ(Divergence(), expected);
}

TEST_F(ShadowJobTest, NothingThatCameAfterTheIssueEntersAnAnswer) {
  const ModelVersion challenger = Publish(2);
  const Forecast before = Beside(challenger);
  clock_.Advance(absl::Hours(1));
  FillLate("s1", input_week_, 5);
  ASSERT_TRUE(observations_.Seal(StationId("s1"), input_week_, clock_.Now()).ok());
  AddEvent(issue_ - absl::Hours(1), 6.5);
  AddEvent(issue_ + absl::Minutes(20), 6.5);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Shadows().size(), 2u);
  for (const ShadowForecast& shadow : Shadows()) {
    if (shadow.model_version != challenger) continue;
    EXPECT_EQ(shadow.probabilities, before.probabilities);
    EXPECT_EQ(shadow.input_hash, before.input_hash);
  }
}

TEST_F(ShadowJobTest, AnAnswerThatComesTooLateIsNotArchived) {
  const ModelVersion challenger = Publish(2);
  clock_.Set(issue_ + absl::Hours(6) + absl::Seconds(1));
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Shadows().size(), 1u) << "the champion's was issued in time";
  EXPECT_EQ(Shadows()[0].model_version, champion_);
  EXPECT_FALSE(std::isnan(Divergence()));
}

TEST_F(ShadowJobTest, AModelPublishedAfterTheIssueWaitsForTheNextOne) {
  Publish(3601);  // an hour after the week began
  clock_.Set(issue_ + absl::Hours(2));
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Shadows().size(), 1u);
  EXPECT_TRUE(Shadows()[0].served);
}

TEST_F(ShadowJobTest, AnswersBesideAForecastThatIsNotScoredAreNotArchived) {
  Publish(2);
  FakeForecastStore fresh;
  Forecast late = issued_;
  late.scored = false;
  ASSERT_TRUE(fresh.Append(late).ok());
  ShadowJob job({}, forecaster_, network_, fresh, events_, registry_, models_, metrics_.models, *log_);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(fresh.ListShadows(std::nullopt, {})->empty());
}

TEST_F(ShadowJobTest, WhereClimatologyWasIssuedTheChampionsOwnAnswerIsKept) {
  FakeForecastStore fresh;
  ForecastRequest request = RequestFor(kLab, issue_);
  request.purpose = ForecastPurpose::kOperational;
  request.without_model = true;
  const Forecast issued = ArchiveForecast(fresh, ComputeOrDie(request), RevisionReason::kFirstIssue, true)->forecast;
  ShadowJob job({}, forecaster_, network_, fresh, events_, registry_, models_, metrics_.models, *log_);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  const std::vector<ShadowForecast> shadows = Shadows(&fresh);
  ASSERT_EQ(shadows.size(), 1u);
  EXPECT_EQ(shadows.front().model_version, champion_);
  EXPECT_FALSE(shadows.front().served);
  EXPECT_EQ(shadows.front().probabilities, issued_.probabilities);
  EXPECT_NE(shadows.front().probabilities, issued.probabilities);
}

TEST_F(ShadowJobTest, AfterAPromotionTheOneBeforeIsAnsweredForToo) {
  const ModelVersion second = Publish(2);
  Promote(kNetwork, second);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Shadows().size(), 2u) << "the new champion's and the old one's, which was issued";
}

TEST_F(ShadowJobTest, AnswersEachForecastOnceAndForgetsAChallengerThatWasPromoted) {
  const ModelVersion challenger = Publish(2);
  ASSERT_TRUE(Tick().ok());
  const double computed = metrics_.inference.windows.Value();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(metrics_.inference.windows.Value(), computed);
  Promote(kNetwork, challenger);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  ASSERT_TRUE(Tick().ok());
  EXPECT_TRUE(std::isnan(Divergence()));
}

TEST_F(ShadowJobTest, AChallengerThatCannotBeLoadedIsAFailureOfItsOwn) {
  const ModelVersion challenger = Publish(2);
  registry_.CorruptArtifact(challenger, "rubbish");
  EXPECT_FALSE(Tick().ok());
  EXPECT_TRUE(std::isnan(Divergence()));
  EXPECT_NE(models_.For(kLab), nullptr);
  ASSERT_EQ(Shadows().size(), 1u) << "the champion's is archived all the same";
}

TEST_F(ShadowJobTest, TheCatalogueAloneAnswersBesideEachForecastFromWhatWasKnown) {
  const auto answer = [&]() -> std::optional<ShadowForecast> {
    const auto shadows = forecasts_.ListShadows(std::nullopt, {});
    for (const ShadowForecast& s : *shadows) {
      if (s.model_version.value() == kCatalogueReference) return s;
    }
    return std::nullopt;
  };
  const auto expected = AnswerFromCatalogue(issued_, network_.Snapshot()->regions(), events_, {"cenc"});
  ASSERT_TRUE(expected.ok()) << expected.status();
  clock_.Advance(absl::Hours(1));
  for (int i = 1; i < 20; ++i) AddEvent(issued_.issued_at - absl::Hours(1) + absl::Minutes(i), 4.0);  // learnt later
  ASSERT_TRUE(Tick().ok());
  ASSERT_TRUE(answer().has_value());
  EXPECT_EQ(answer()->probabilities, expected->probabilities);
  EXPECT_EQ(answer()->input_hash, expected->catalogue_snapshot);
  EXPECT_EQ(answer()->forecast_id, issued_.id);
  EXPECT_NE(answer()->probabilities, issued_.climatology);
  ASSERT_TRUE(Tick().ok());
}

TEST_F(ShadowJobTest, ACatalogueOfLessThanAYearAnswersNothing) {
  FakeEventStore young;
  SeismicEvent event;
  event.source = "cenc";
  event.source_event_id = "1";
  event.origin_time = issue_ - 20 * kWeekLength;
  event.epicenter = {30, 102};
  event.magnitude = 4;
  ASSERT_TRUE(young.Import({event}, event.origin_time).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(
      AnswerFromCatalogue(issued_, network_.Snapshot()->regions(), young, {"cenc"}).status()));
  ShadowJob job({}, forecaster_, network_, forecasts_, young, registry_, models_, metrics_.models, *log_);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(Shadows().size(), 1u);
  EXPECT_EQ(forecasts_.ListShadows(std::nullopt, {})->size(), 2u) << "the champion's and its twin's";
}

TEST_F(ShadowJobTest, WhereThereIsTooLittleDataNoModelAnswers) {
  AddStation("s9");
  AddRegion(RegionId("bare"), {"s9"});
  ASSERT_TRUE(network_.Refresh().ok());
  ForecastRequest request = RequestFor(RegionId("bare"), issue_);
  request.purpose = ForecastPurpose::kOperational;
  ASSERT_TRUE(ArchiveForecast(forecasts_, ComputeOrDie(request), RevisionReason::kFirstIssue, true).ok());
  Publish(2);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Shadows().size(), 2u);
  for (const ShadowForecast& shadow : Shadows()) EXPECT_EQ(shadow.region, kLab);
}

TEST_F(ShadowJobTest, GoesOnAfterTheStoreWasAway) {
  Publish(2);
  int calls = 0;
  forecasts_.faults().SetHook([&] {
    if (++calls == 6) forecasts_.faults().FailNext(absl::UnavailableError("killed"));
  });
  EXPECT_TRUE(absl::IsUnavailable(Tick()));
  forecasts_.faults().SetHook(nullptr);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Shadows().size(), 2u);
}

}  // namespace
}  // namespace tremorcast
