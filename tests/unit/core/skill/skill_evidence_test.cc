#include "core/skill/skill_evidence.h"

#include <cmath>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kSunday = absl::FromUnixSeconds(1'607'184'000);
const RegionId kA("a"), kB("b"), kBox("box"), kNetwork(kNetworkScope);

absl::Time Week(int i) { return kSunday + i * kWeekLength; }

ModelRecord Record(const std::string& version, absl::Time created_at, bool simulated = false) {
  ModelRecord record;
  record.model.version = ModelVersion(version);
  record.created_at = created_at;
  record.simulated = simulated;
  return record;
}

class Archive {
 public:
  void Answer(const RegionId& region, int week, const std::string& model, double p_event,
              ForecastPurpose purpose = ForecastPurpose::kOperational) {
    ShadowForecast shadow;
    shadow.region = region;
    shadow.valid_from = Week(week);
    shadow.purpose = purpose;
    shadow.forecast_id = MakeForecastId(Week(week), purpose, 1);
    shadow.model_version = ModelVersion(model);
    shadow.answered_at = Week(week) + absl::Minutes(31);
    shadow.probabilities = {1 - p_event, p_event / 4, p_event / 4, p_event / 4, p_event / 4};
    shadows.push_back(shadow);
  }
  void Verify(const RegionId& region, int week, bool event, ForecastPurpose purpose = ForecastPurpose::kOperational) {
    Verification v;
    v.region = region;
    v.valid_from = Week(week);
    v.purpose = purpose;
    v.forecast_id = MakeForecastId(Week(week), purpose, 1);
    v.climatology = {.8, .05, .05, .05, .05};
    v.observed_class = event ? 1 : 0;
    verifications.push_back(v);
  }
  // `version` empty: a withdrawal.
  void Enter(const std::string& version, absl::Time at, PromotionKind kind = PromotionKind::kPromote) {
    Promotion entry;
    entry.sequence = static_cast<int64_t>(ledger.size()) + 1;
    entry.scope = kNetwork;
    entry.version = ModelVersion(version);
    entry.kind = version.empty() ? PromotionKind::kWithdraw : kind;
    if (!ledger.empty()) entry.previous = ledger.back().version;
    entry.promoted_at = at;
    ledger.push_back(entry);
  }
  std::vector<VerifiedAnswer> Answers() const { return VerifyShadows(shadows, verifications); }
  Contenders Find(const SkillPolicy& policy = {}) const {
    return FindContenders(scope, ledger, records, shadows, Answers(), policy);
  }

  SkillScope scope = {kNetwork, {kA, kB}, {kA, kB}, false};
  std::vector<ModelRecord> records;  // newest first
  std::vector<Promotion> ledger;
  std::vector<ShadowForecast> shadows;
  std::vector<Verification> verifications;
};

TEST(VerifyShadowsTest, JudgesAnAnswerByTheVerificationOfItsForecast) {
  Archive archive;
  archive.Answer(kA, 0, "m", .4);
  archive.Answer(kA, 1, "m", .4);
  archive.Answer(kB, 0, "m", .4);  // its week is not verified
  archive.Verify(kA, 0, true);
  archive.Verify(kA, 1, false);
  const std::vector<VerifiedAnswer> answers = archive.Answers();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_NEAR(answers[0].gain, std::log(.1 / .05), 1e-12);
  EXPECT_TRUE(answers[0].event);
  EXPECT_NEAR(answers[1].gain, std::log(.6 / .8), 1e-12);
  EXPECT_FALSE(answers[1].event);
}

TEST(SkillScopesTest, TheNetworkAnswersForRegionsWithoutAChampionOfTheirOwn) {
  Region a, b, box, simulated;
  a.id = kA;
  b.id = kB;
  box.id = kBox;
  box.whole_network = true;
  simulated.id = RegionId("s");
  simulated.simulated = true;
  const auto scopes = SkillScopes({a, b, box, simulated}, {kB, kNetwork});
  ASSERT_EQ(scopes.size(), 2u);
  EXPECT_EQ(scopes[0].scope, kNetwork);
  EXPECT_THAT(scopes[0].regions, ElementsAre(kA, kBox, RegionId("s")));
  EXPECT_THAT(scopes[0].scored_regions, ElementsAre(kA)) << "neither the box over it nor a simulated region";
  EXPECT_EQ(scopes[0].purpose(), ForecastPurpose::kOperational);
  EXPECT_EQ(scopes[1].scope, kB);
  EXPECT_THAT(SkillScopes({box}, {})[0].scored_regions, ElementsAre(kBox)) << "a box alone is an area";
  EXPECT_EQ(SkillScopes({simulated}, {})[0].purpose(), ForecastPurpose::kTest);
  EXPECT_THAT(SkillScopes({a}, {kA}), testing::SizeIs(1)) << "the network answers for nobody";
}

TEST(FindContendersTest, AModelOlderThanTheChampionOrOfAnotherWorldIsNoCandidate) {
  Archive archive;
  archive.records = {Record("simulated", Week(3), true), Record("champion", Week(1)), Record("old", Week(0))};
  archive.Enter("old", Week(0));
  archive.Enter("champion", Week(1));
  Contenders found = archive.Find();
  EXPECT_EQ(found.champion, ModelVersion("champion"));
  EXPECT_EQ(found.champion_since, Week(1));
  EXPECT_EQ(found.previous, ModelVersion("old"));
  EXPECT_TRUE(found.challenger.empty());
  archive.scope.simulated = true;
  EXPECT_EQ(archive.Find().challenger, ModelVersion("simulated"));
}

TEST(FindContendersTest, ATrialGoesOnWhateverIsPublishedMeanwhile) {
  Archive archive;
  archive.records = {Record("third", Week(3)), Record("second", Week(2)), Record("first", Week(1)),
                     Record("champion", Week(0))};
  archive.Enter("champion", Week(0));
  EXPECT_EQ(archive.Find().challenger, ModelVersion("third")) << "the newest when none is on trial";
  archive.Answer(kA, 1, "first", .2);
  archive.Answer(kA, 2, "second", .2);
  EXPECT_EQ(archive.Find().challenger, ModelVersion("first"));
}

TEST(FindContendersTest, ALostOrEndlessTrialMakesRoom) {
  Archive archive;
  archive.records = {Record("second", Week(30)), Record("first", Week(0) + absl::Minutes(1)),
                     Record("champion", Week(0))};
  archive.Enter("champion", Week(0));
  for (int week = 1; week < 40; ++week) {
    archive.Answer(kA, week, "champion", .2);
    archive.Answer(kA, week, "first", .2 + (week % 3 == 0 ? -.15 : .15));
    archive.Verify(kA, week, week % 3 == 0);
  }
  EXPECT_EQ(archive.Find().challenger, ModelVersion("second")) << "it was wrong week after week";
  for (ShadowForecast& shadow : archive.shadows) shadow.probabilities = {.8, .05, .05, .05, .05};
  EXPECT_EQ(archive.Find().challenger, ModelVersion("first")) << "undecided";
  SkillPolicy policy;
  policy.max_trial_weeks = 39;
  EXPECT_EQ(archive.Find(policy).challenger, ModelVersion("second")) << "undecided for too long";
}

TEST(FindContendersTest, WhoLeavesServiceStartsFromNothing) {
  Archive archive;
  archive.records = {Record("b", Week(1)), Record("a", Week(0))};
  archive.Enter("a", Week(0));
  archive.Enter("b", Week(10));
  archive.Enter("a", Week(20), PromotionKind::kRollback);
  for (int week = 2; week < 25; ++week) {
    archive.Answer(kA, week, "a", .2);
    archive.Answer(kA, week, "b", .6);
    archive.Verify(kA, week, true);
  }
  const Contenders found = archive.Find();
  EXPECT_EQ(found.challenger, ModelVersion("b"));
  EXPECT_EQ(found.challenger_since, Week(20));
  EXPECT_EQ(found.champion_since, Week(20));
  EXPECT_TRUE(found.previous.empty()) << "the rollback left nothing below a";
  const SkillEvidence evidence = GatherEvidence(archive.scope, found, archive.Answers());
  EXPECT_EQ(Weigh(evidence.challenger_over_champion).weeks, 5);
  EXPECT_EQ(Weigh(evidence.champion_over_climatology).weeks, 5);
}

TEST(FindContendersTest, AWithdrawnChampionMayReturnAndTheNewestChallengesClimatology) {
  Archive archive;
  archive.records = {Record("b", Week(5)), Record("a", Week(0)), Record("older", Week(-1))};
  archive.Enter("a", Week(0));
  archive.Enter("", Week(10));
  const Contenders found = archive.Find();
  EXPECT_TRUE(found.champion.empty());
  EXPECT_TRUE(found.previous.empty());
  EXPECT_EQ(found.withdrawn, ModelVersion("a"));
  EXPECT_EQ(found.withdrawn_at, Week(10));
  EXPECT_EQ(found.challenger, ModelVersion("b"));
  EXPECT_THAT(found.Models(), ElementsAre(ModelVersion("a"), ModelVersion("b")));
  for (int week = 5; week < 15; ++week) {
    archive.Answer(kA, week, "a", .6);
    archive.Verify(kA, week, true);
  }
  const SkillEvidence evidence = GatherEvidence(archive.scope, found, archive.Answers());
  EXPECT_EQ(Weigh(evidence.withdrawn_over.climatology).weeks, 5) << "only what came after it was withdrawn";
  EXPECT_EQ(Weigh(evidence.withdrawn_over.twin).weeks, 0) << "no twin answered";
}

TEST(GatherEvidenceTest, SetsAChallengerAgainstTheReferencesThatWereArchivedBesideIt) {
  Archive archive;
  archive.records = {Record("b", Week(0)), Record("a", Week(-1))};
  for (int week = 0; week < 4; ++week) {
    archive.Answer(kA, week, "b", .4);
    archive.Answer(kA, week, "_twin/b", .2);
    archive.Answer(kA, week, "_twin/a", .9);
    if (week > 0) archive.Answer(kA, week, "_catalogue", .3);
    archive.Verify(kA, week, true);
  }
  const GainsOverReferences gains = GatherEvidence(archive.scope, archive.Find(), archive.Answers()).challenger_over;
  EXPECT_NEAR(Weigh(gains.climatology).mean, std::log(.4 / .2), 1e-12);
  EXPECT_NEAR(Weigh(gains.twin).mean, std::log(.4 / .2), 1e-12);
  EXPECT_EQ(Weigh(gains.twin).weeks, 4);
  EXPECT_NEAR(Weigh(*gains.catalogue).mean, std::log(.4 / .3), 1e-12);
  EXPECT_EQ(Weigh(*gains.catalogue).weeks, 3);
  EXPECT_FALSE(gains.below.has_value()) << "climatology was below it throughout";
}

TEST(GatherEvidenceTest, TheRungBelowCountsFromTheFirstWeekThatItAnswered) {
  Archive archive;
  archive.records = {Record("b", Week(0))};
  for (int week = 0; week < 4; ++week) {
    archive.Answer(kA, week, "b", .4);
    if (week > 1) archive.Answer(kA, week, "_below", .8);
    archive.Verify(kA, week, true);
  }
  const GainsOverReferences gains = GatherEvidence(archive.scope, archive.Find(), archive.Answers()).challenger_over;
  ASSERT_TRUE(gains.below.has_value());
  EXPECT_EQ(Weigh(*gains.below).weeks, 4) << "climatology stands for it in the weeks before";
  EXPECT_NEAR(Weigh(*gains.below).mean, (std::log(.4 / .2) + std::log(.4 / .8)) / 2, 1e-12);
}

TEST(GatherEvidenceTest, RefitsOfTheCatalogueShareTheirEvidence) {
  Archive archive;
  archive.scope.scope = RegionId(kCatalogueScope);
  archive.scope.rung = Rung::kCatalogue;
  for (const char* version : {"a", "b", "c"}) {
    archive.records.insert(archive.records.begin(), Record(version, Week(version[0] - 'a')));
    archive.records.front().rung = Rung::kCatalogue;
    archive.Enter(version, Week(version[0] - 'a'));
    archive.ledger.back().scope = archive.scope.scope;
    archive.ledger.back().actor = kTrainerActor;
  }
  for (int week = 0; week < 3; ++week) {
    archive.Answer(kA, week, "_rung/catalogue", .4);
    archive.Verify(kA, week, true);
  }
  const Contenders found = archive.Find();
  EXPECT_EQ(found.champion, ModelVersion("c"));
  EXPECT_EQ(found.champion_since, Week(0));
  EXPECT_EQ(Weigh(GatherEvidence(archive.scope, found, archive.Answers()).champion_over_climatology).weeks, 3);
  archive.ledger[1].actor = "ada";  // somebody chose it: what the one before had shown is not its own
  EXPECT_EQ(archive.Find().champion_since, Week(1));
}

TEST(GatherEvidenceTest, TheCatalogueRungIsNotAskedToBeatItself) {
  Archive archive;
  archive.scope.rung = Rung::kCatalogue;
  archive.records = {Record("b", Week(0))};
  EXPECT_TRUE(archive.Find().challenger.empty()) << "a model of the stations stands no trial in that scope";
  archive.records.front().rung = Rung::kCatalogue;
  EXPECT_EQ(archive.Find().challenger, ModelVersion("b"));
  archive.Answer(kA, 0, "b", .4);
  archive.Answer(kA, 0, "_catalogue", .3);
  archive.Verify(kA, 0, true);
  const GainsOverReferences gains = GatherEvidence(archive.scope, archive.Find(), archive.Answers()).challenger_over;
  EXPECT_FALSE(gains.catalogue.has_value());
}

TEST(GainsOverTest, PairsAnswersToTheSameForecastOfTheScopesRegionsAndPurpose) {
  Archive archive;
  for (const RegionId& region : {kA, kB, kBox}) {
    for (int week = 0; week < 2; ++week) {
      archive.Answer(region, week, "m", .4);
      archive.Verify(region, week, true);
    }
  }
  archive.Answer(kA, 1, "r", .2);
  archive.Answer(kA, 2, "m", .4, ForecastPurpose::kTest);
  archive.Verify(kA, 2, true, ForecastPurpose::kTest);
  const ModelVersion m("m"), r("r"), climatology;
  EXPECT_EQ(GainsOver(archive.scope, m, climatology, absl::InfinitePast(), archive.Answers()).size(), 4u);
  const GainSeries paired = GainsOver(archive.scope, m, r, absl::InfinitePast(), archive.Answers());
  ASSERT_EQ(paired.size(), 1u);
  EXPECT_EQ(paired[0].week, Week(1));
  EXPECT_NEAR(paired[0].gain, std::log(2.0), 1e-12);
  EXPECT_THAT(GainsOver(archive.scope, m, climatology, Week(2), archive.Answers()), IsEmpty());
}

}  // namespace
}  // namespace tremorcast
