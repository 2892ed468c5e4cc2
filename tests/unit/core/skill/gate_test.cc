#include "core/skill/gate.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

GateEvidence GoodEvidence() {
  GateEvidence evidence;
  evidence.test_weeks = 52;
  evidence.event_region_weeks = 20;
  evidence.pool_weight = 0.4;
  evidence.gain_over_climatology = MeanInterval{0.21, 0.08, 0.34, 52};
  evidence.gain_over_catalogue = MeanInterval{0.15, 0.001, 0.30, 52};
  evidence.gain_over_twin = MeanInterval{0.19, 0.05, 0.33, 52};
  evidence.detectable_gain = 0.104;
  return evidence;
}

TEST(DecideSkillTest, IsDemonstratedOnlyWhenEveryConditionHolds) {
  const GateVerdict verdict = DecideSkill(GoodEvidence(), GatePolicy());
  EXPECT_TRUE(verdict.demonstrated_skill);
  EXPECT_EQ(verdict.sentence,
            "demonstrated skill over 52 test weeks: gain over climatology +0.210 [0.080, 0.340], over its input-free "
            "twin +0.190 [0.050, 0.330], over the catalogue-only model +0.150 [0.001, 0.300] nats per region-week");
}

TEST(DecideSkillTest, AsksForAGainOverTheCatalogueRungWhereThatStandsBelow) {
  GateEvidence evidence = GoodEvidence();
  evidence.over_catalogue_rung = true;
  EXPECT_EQ(DecideSkill(evidence, GatePolicy())
                .sentence.find("no demonstrated skill: the gain over the catalogue rung could not be measured"),
            0U);
  evidence.gain_over_catalogue_rung = MeanInterval{0.02, -0.01, 0.05, 52};
  const GateVerdict failed = DecideSkill(evidence, GatePolicy());
  EXPECT_FALSE(failed.demonstrated_skill);
  EXPECT_EQ(failed.sentence.find("no demonstrated skill: the gain over the catalogue rung is +0.020 [-0.010, 0.050]"),
            0U);
  evidence.gain_over_catalogue_rung->low = 0.001;
  const GateVerdict passed = DecideSkill(evidence, GatePolicy());
  EXPECT_TRUE(passed.demonstrated_skill);
  EXPECT_NE(passed.sentence.find(", over the catalogue rung +0.020 [0.001, 0.050] nats per region-week"),
            std::string::npos);
  evidence.pool_weight = 0;
  EXPECT_NE(DecideSkill(evidence, GatePolicy()).sentence.find("no weight against the catalogue rung"),
            std::string::npos);
}

TEST(DecideSkillTest, NamesTheConditionThatFailed) {
  const struct {
    void (*spoil)(GateEvidence&);
    const char* reason;
  } cases[] = {
      {[](GateEvidence& e) { e.test_weeks = 51; }, "51 test weeks, at least 52 are needed"},
      {[](GateEvidence& e) { e.event_region_weeks = 19; },
       "19 event region-weeks in the test period, at least 20 are needed"},
      {[](GateEvidence& e) { e.pool_weight = 0; },
       "the calibration period gave the model no weight against climatology"},
      {[](GateEvidence& e) { e.gain_over_climatology->low = 0; },
       "the gain over climatology is +0.210 [0.000, 0.340] nats per region-week, its lower end is not above 0"},
      {[](GateEvidence& e) { e.gain_over_catalogue->low = -0.01; },
       "the gain over the catalogue-only model is +0.150 [-0.010, 0.300] nats per region-week, its lower end is not "
       "above 0"},
      {[](GateEvidence& e) { e.gain_over_catalogue.reset(); },
       "the gain over the catalogue-only model could not be measured"},
      {[](GateEvidence& e) { e.gain_over_climatology.reset(); }, "the gain over climatology could not be measured"},
      {[](GateEvidence& e) { e.gain_over_twin->low = -0.002; },
       "the gain over its input-free twin is +0.190 [-0.002, 0.330] nats per region-week, its lower end is not above "
       "0"},
      {[](GateEvidence& e) { e.gain_over_twin.reset(); }, "the gain over its input-free twin could not be measured"},
      {[](GateEvidence& e) { e.suspicious_placebo = "placebo 1 shows skill"; }, "placebo 1 shows skill"},
      // What two ways of adding up the same probabilities differ by.
      {[](GateEvidence& e) {
         e.gain_over_climatology = MeanInterval{5.6e-17, 5.6e-17, 5.6e-17, 52};
       },
       "the gain over climatology is +0.000 [0.000, 0.000] nats per region-week, its lower end is not above 0"},
  };
  for (const auto& c : cases) {
    GateEvidence evidence = GoodEvidence();
    c.spoil(evidence);
    const GateVerdict verdict = DecideSkill(evidence, GatePolicy());
    EXPECT_FALSE(verdict.demonstrated_skill) << c.reason;
    EXPECT_EQ(verdict.sentence.rfind(std::string("no demonstrated skill: ") + c.reason +
                                         "; this test finds a gain of 0.104 with 80 % probability",
                                     0),
              0u)
        << verdict.sentence;
  }
}

TEST(DecideSkillTest, ListsEverythingWhenThereIsNoEvidenceAtAll) {
  const GateVerdict verdict = DecideSkill(GateEvidence(), GatePolicy());
  EXPECT_FALSE(verdict.demonstrated_skill);
  EXPECT_EQ(
      verdict.sentence,
      "no demonstrated skill: 0 test weeks, at least 52 are needed; 0 event region-weeks in the test period, at least "
      "20 are needed; the calibration period gave the model no weight against climatology; the gain over climatology "
      "could not be measured; the gain over its input-free twin could not be measured; the gain over the "
      "catalogue-only "
      "model could not be measured");
}

TEST(GatePolicyTest, RefusesAGateThatAsksForNothing) {
  EXPECT_TRUE(GatePolicy().Validate().ok());
  EXPECT_FALSE((GatePolicy{0, 20}).Validate().ok());
  EXPECT_FALSE((GatePolicy{52, 0}).Validate().ok());
}

TEST(DecideChampionTest, FollowsTheTable) {
  const GateVerdict skilled = DecideSkill(GoodEvidence(), GatePolicy());
  const GateVerdict unskilled = DecideSkill(GateEvidence(), GatePolicy());
  const MeanInterval better = {0.02, -0.01, 0.05, 52};
  const MeanInterval worse = {-0.02, -0.05, 0.01, 52};
  const MeanInterval equal = {0, 0, 0, 52};
  const MeanInterval rounding = {5.6e-17, 0, 1e-16, 52};
  const struct {
    const char* what;
    ChallengerEvidence evidence;
    ChampionDecision expected;
  } cases[] = {
      {"skill, no champion", {skilled, false, std::nullopt, false}, ChampionDecision::kPromote},
      {"no skill, no champion", {unskilled, false, std::nullopt, false}, ChampionDecision::kKeep},
      {"no skill, better than the champion", {unskilled, true, better, false}, ChampionDecision::kKeep},
      {"skill, better", {skilled, true, better, false}, ChampionDecision::kPromote},
      {"skill, worse", {skilled, true, worse, false}, ChampionDecision::kKeep},
      {"skill, the same", {skilled, true, equal, false}, ChampionDecision::kKeep},
      {"skill, the same but for rounding", {skilled, true, rounding, false}, ChampionDecision::kKeep},
      {"skill, champion not scored", {skilled, true, std::nullopt, false}, ChampionDecision::kKeep},
      {"skill, better than a flattered champion", {skilled, true, better, true}, ChampionDecision::kPromote},
      {"skill, worse than a flattered champion", {skilled, true, worse, true}, ChampionDecision::kKeep},
  };
  for (const auto& c : cases) {
    const ChampionVerdict verdict = DecideChampion(c.evidence);
    EXPECT_EQ(verdict.decision, c.expected) << c.what << ": " << verdict.reason;
    EXPECT_EQ(verdict.reason.rfind("gate: ", 0), 0u) << verdict.reason;
  }
}

TEST(FormatGainTest, NeverShowsALossThatIsRounding) {
  EXPECT_EQ(FormatGain({-1e-17, -0.0004, 0.0504}), "+0.000 [0.000, 0.050]");
  EXPECT_EQ(FormatGain({-0.021, -0.0306, -0.0112}), "-0.021 [-0.031, -0.011]");
}

}  // namespace
}  // namespace tremorcast
