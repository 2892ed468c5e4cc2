#include "core/skill/skill_claim.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

RecordedGain Gain(double mean, int weeks) {
  RecordedGain gain;
  gain.mean = mean;
  gain.weeks = weeks;
  gain.log_evidence = mean * weeks;
  gain.log_against = -mean * weeks;
  return gain;
}
VerifiedRecord Record(int weeks, double climatology, double catalogue, double twin) {
  VerifiedRecord record;
  record.weeks_scored = weeks;
  record.event_weeks = weeks / 3;
  record.over_climatology = Gain(climatology, weeks);
  record.over_catalogue = Gain(catalogue, weeks);
  record.over_twin = Gain(twin, weeks);
  return record;
}
SkillFacts PastTheGate() {
  SkillFacts facts;
  facts.usable = facts.enrolled = 4;
  facts.has_model = true;
  facts.pool_weight = 0.5;
  facts.gate_passed = true;
  facts.gate_verdict = "gain 0.2";
  return facts;
}

TEST(SkillClaimTest, NothingIsClaimedWhereNoModelAnswers) {
  SkillFacts facts = PastTheGate();
  facts.status = ForecastStatus::kInsufficientData;
  facts.usable = 1;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNoAnswerOfAModel);
  EXPECT_THAT(JudgeSkill(facts).sentence, StartsWith("no demonstrated skill: 1 of 4 enrolled stations"));
  facts = PastTheGate();
  facts.has_model = false;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNoAnswerOfAModel);
  facts = PastTheGate();
  facts.pool_weight = 0;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNoAnswerOfAModel);
  EXPECT_THAT(JudgeSkill(facts).sentence, HasSubstr("and has no weight, so the answer is the region's climatology"));
  facts.below_answers = true;
  EXPECT_THAT(JudgeSkill(facts).sentence, HasSubstr("and has no weight, so the rung below answers"));
}

TEST(SkillClaimTest, TheGateIsBelievedUntilVerifiedWeeksDenyIt) {
  SkillFacts facts = PastTheGate();
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kShownByGate);
  EXPECT_THAT(JudgeSkill(facts).sentence, Not(HasSubstr("no demonstrated skill")));
  const VerifiedRecord early = Record(3, -0.2, -0.2, -0.2);
  facts.model_record = &early;
  EXPECT_TRUE(JudgeSkill(facts).demonstrated()) << "three weeks decide nothing";
  for (const VerifiedRecord& bad :
       {Record(9, -0.677, 0.1, 0.1), Record(20, -0.01, 0, 0), Record(20, 0.1, -0.2, 0.1), Record(20, 0.1, 0.1, -0.2)}) {
    facts.model_record = &bad;
    EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kContradicted);
    EXPECT_THAT(JudgeSkill(facts).sentence, StartsWith("no demonstrated skill: since it was published the model "
                                                       "answered worse than "));
    EXPECT_THAT(JudgeSkill(facts).sentence, HasSubstr("although it had passed the promotion gate"));
  }
  facts.set_aside = true;
  EXPECT_THAT(JudgeSkill(facts).sentence, HasSubstr("by policy the answer is then the region's climatology"));
}

// The catalogue rung answers below: a gate that asked for a gain over climatology does not lift the
// stations above it, and one that asked for a gain over the rung does, until verified weeks deny it.
TEST(SkillClaimTest, OnlyAGateOverTheCatalogueRungLiftsTheStationsAboveIt) {
  SkillFacts facts = PastTheGate();
  facts.below_answers = true;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNotShown);
  facts.gate_over_catalogue_rung = true;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kShownByGate);
  EXPECT_THAT(JudgeSkill(facts).sentence, StartsWith("the model was better than the catalogue rung and climatology"));
  VerifiedRecord bad = Record(20, 0.1, 0.1, 0.1);
  bad.over_below = Gain(-0.2, 20);
  facts.model_record = &bad;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kContradicted);
  facts.model_record = nullptr;
  facts.gate_passed = false;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNotShown);
}

TEST(SkillClaimTest, ServiceShowsSkillOverEachReferenceOrNotAtAll) {
  SkillFacts facts = PastTheGate();
  facts.gate_passed = false;
  VerifiedRecord record = Record(60, 0.1, 0.1, 0.1);
  facts.model_record = &record;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kShownInService);
  record.looked_at = 30;  // models: 600 to 1 is needed
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNotShown);
  record = Record(60, 0.1, 0.1, 0.01);
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNotShown);
  record = Record(60, 0.1, 0.1, 0.1);
  record.over_twin.reset();
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNotShown) << "no twin answered: nothing is claimed";
  EXPECT_THAT(JudgeSkill(facts).sentence, StartsWith("no demonstrated skill: on held-out weeks"));
  record = Record(60, 0.1, 0.1, 0.1);
  record.enough = false;
  EXPECT_EQ(JudgeSkill(facts).claim, SkillClaim::kNotShown);
}

TEST(SkillClaimTest, TheRecordBesideAForecastTakesAClaimBackOrMakesIt) {
  const SkillVerdict claimed = JudgeSkill(PastTheGate());
  EXPECT_EQ(WithRecord(claimed, nullptr).sentence, claimed.sentence);
  const VerifiedRecord none;
  EXPECT_EQ(WithRecord(claimed, &none).sentence, claimed.sentence);
  const VerifiedRecord bad = Record(9, -0.677, -0.1, -0.1);
  const SkillVerdict denied = WithRecord(claimed, &bad);
  EXPECT_EQ(denied.claim, SkillClaim::kContradicted);
  EXPECT_THAT(denied.sentence, StartsWith("no demonstrated skill: the forecasts issued for this region were worse than "
                                          "climatology (9 verified weeks, 3 with an event, gain over climatology "
                                          "-0.677"));
  const VerifiedRecord good = Record(60, 0.1, 0.1, 0.1);
  EXPECT_EQ(WithRecord({SkillClaim::kNotShown, "no demonstrated skill: x"}, &good).claim, SkillClaim::kShownInService);
  for (const VerifiedRecord& record : {bad, good}) {
    EXPECT_EQ(WithRecord({SkillClaim::kNoAnswerOfAModel, "x"}, &record).sentence, "x") << "no model, no claim";
  }
}

// What a banner says and what the sentence begins with never disagree.
TEST(SkillClaimTest, BannerAndSentenceAgree) {
  const VerifiedRecord bad = Record(9, -0.677, -0.1, -0.1), good = Record(60, 0.1, 0.1, 0.1);
  for (const bool model : {false, true}) {
    for (const bool gate : {false, true}) {
      for (const VerifiedRecord* own : {static_cast<const VerifiedRecord*>(nullptr), &bad, &good}) {
        for (const VerifiedRecord* region : {static_cast<const VerifiedRecord*>(nullptr), &bad, &good}) {
          SkillFacts facts = PastTheGate();
          facts.has_model = model;
          facts.gate_passed = gate;
          facts.model_record = own;
          const SkillVerdict verdict = WithRecord(JudgeSkill(facts), region);
          EXPECT_NE(verdict.demonstrated(), verdict.sentence.starts_with("no demonstrated skill: "))
              << verdict.sentence;
          const bool banner = ClaimInEnglish(verdict.claim).find("shown skill") != std::string::npos;
          EXPECT_EQ(verdict.demonstrated(), banner) << ClaimInEnglish(verdict.claim);
          EXPECT_FALSE(ClaimInChinese(verdict.claim).empty());
          if (region == &bad || own == &bad) {
            EXPECT_FALSE(verdict.demonstrated());
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tremorcast
