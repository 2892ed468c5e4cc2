#include "core/skill/skill_policy.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const absl::Time kSunday = absl::FromUnixSeconds(1'607'184'000);
const ModelVersion kChampion("champion"), kChallenger("challenger"), kPrevious("previous");

// `weeks` weeks of one region, every third with an event.
GainSeries Weeks(int weeks, double gain) {
  GainSeries series;
  for (int i = 0; i < weeks; ++i) series.push_back({kSunday + i * kWeekLength, gain, i % 3 == 0});
  return series;
}

TEST(WeighTest, CountsWeeksRegionWeeksAndEvents) {
  GainSeries series = Weeks(6, 0.1);
  for (const VerifiedGain& gain : Weeks(6, 0.3)) series.push_back(gain);
  const GainEvidence evidence = Weigh(series);
  EXPECT_EQ(evidence.weeks, 6);
  EXPECT_EQ(evidence.region_weeks, 12);
  EXPECT_EQ(evidence.event_region_weeks, 4);
  EXPECT_NEAR(evidence.mean, 0.2, 1e-12);
  EXPECT_EQ(Weigh({}).weeks, 0);
}

TEST(WeighTest, AveragesTheRegionsOfAWeekAndMultipliesTheWeeks) {
  const GainSeries series = {
      {kSunday, std::log(2.0), true}, {kSunday, std::log(0.5), false}, {kSunday + kWeekLength, std::log(3.0), true}};
  EXPECT_NEAR(Weigh(series).log_evidence, std::log(1.25 * 3), 1e-12);
  EXPECT_NEAR(Weigh(series).log_against, std::log(1.25 / 3), 1e-12);
}

TEST(WeighTest, EightRegionsThatShakeAsOneCountAsOne) {
  GainSeries series;
  for (int region = 0; region < 8; ++region) series.push_back({kSunday, std::log(2.0), true});
  EXPECT_NEAR(Weigh(series).log_evidence, std::log(2.0), 1e-12);
}

// The same gains over every reference.
GainsOverReferences OverAll(const GainSeries& gains) { return {gains, gains, gains}; }

struct Case {
  const char* name;
  SkillEvidence evidence;
  SkillAction action;
  ModelVersion version;
  const char* reason;  // part of it
};

SkillEvidence Trial(int weeks, double over_champion, double over_climatology) {
  SkillEvidence e;
  e.champion = kChampion;
  e.champion_over_climatology = Weeks(weeks, over_climatology - over_champion);
  e.challenger = kChallenger;
  e.challenger_over_champion = Weeks(weeks, over_champion);
  e.challenger_over = OverAll(Weeks(weeks, over_climatology));
  return e;
}

SkillEvidence Reign(int weeks, double gain, ModelVersion previous = {}, double previous_gain = 0) {
  SkillEvidence e;
  e.champion = kChampion;
  e.champion_over_climatology = Weeks(weeks, gain);
  e.previous = previous;
  if (!previous.empty()) {
    e.previous_over_climatology = Weeks(weeks, previous_gain);
    e.champion_over_previous = Weeks(weeks, gain - previous_gain);
  }
  return e;
}

SkillEvidence Withdrawn(int weeks, double gain) {
  SkillEvidence e;
  e.withdrawn = kChampion;
  e.withdrawn_over = OverAll(Weeks(weeks, gain));
  return e;
}

SkillEvidence FirstTrial(int weeks, double gain) {
  SkillEvidence e;
  e.challenger = kChallenger;
  e.challenger_over = OverAll(Weeks(weeks, gain));
  return e;
}

TEST(DecideSkillActionTest, TakesOneActionAndSaysWhy) {
  SkillEvidence good_then_bad = Reign(150, 0.1);
  for (VerifiedGain& gain : good_then_bad.champion_over_climatology) {
    if (gain.week >= kSunday + 98 * kWeekLength) gain.gain = -0.04 + (gain.event ? 0.01 : 0);
  }
  SkillEvidence unknown_previous = Reign(60, -0.1, kPrevious);
  unknown_previous.previous_over_climatology.clear();
  unknown_previous.champion_over_previous.clear();
  SkillEvidence relative_alone = Trial(60, 0.06, 0.04);
  relative_alone.champion_over_climatology.clear();
  const SkillEvidence both = Trial(70, 0.4, 0.1);
  // A rate that changed beats climatology, and the twin that saw no station beats it as well.
  SkillEvidence base_rate_alone = FirstTrial(60, 0.1), twin_unknown = FirstTrial(60, 0.1);
  base_rate_alone.challenger_over.twin = Weeks(60, 0.0);
  twin_unknown.challenger_over.twin.clear();
  SkillEvidence aftershocks_alone = FirstTrial(60, 0.1), returns_by_rate = Withdrawn(60, 0.1);
  aftershocks_alone.challenger_over.catalogue = Weeks(60, 0.01);
  returns_by_rate.withdrawn_over.twin = Weeks(60, 0.0);
  // A model with weight 0 loses some 1e-17 a week to rounding.
  const SkillEvidence rounding = Reign(60, -5.6e-17);
  const Case cases[] = {
      {"nothing", {}, SkillAction::kKeep, {}, "no challenger is on trial"},
      {"better", Trial(60, 0.1, 0.2), SkillAction::kPromoteChallenger, kChallenger, "over champion champion: 60"},
      {"51 weeks", Trial(51, 0.1, 0.2), SkillAction::kKeep, {}, "51 of 52 verified weeks against champion"},
      {"few events", Trial(57, 0.1, 0.2), SkillAction::kKeep, {}, "19 of 20 event region-weeks against champion"},
      {"too little", Trial(60, 0.04, 0.2), SkillAction::kKeep, {}, "log evidence 2.40 of 3.00 against champion"},
      {"relative alone", relative_alone, SkillAction::kKeep, {}, "log evidence 2.40 of 3.00 against climatology"},
      {"worse", Trial(60, -0.1, 0.2), SkillAction::kKeep, {}, "is not promoted"},
      {"first ever", FirstTrial(60, 0.1), SkillAction::kPromoteChallenger, kChallenger, "over climatology: 60"},
      {"first, no skill", FirstTrial(60, 0.0), SkillAction::kKeep, {}, "against climatology"},
      {"base rate alone", base_rate_alone, SkillAction::kKeep, {}, "0.00 of 3.00 against its input-free twin"},
      {"no twin archived", twin_unknown, SkillAction::kKeep, {}, "0 of 52 verified weeks against its input-free twin"},
      {"aftershocks alone", aftershocks_alone, SkillAction::kKeep, {}, "0.60 of 3.00 against the catalogue-only model"},
      {"returns by its rate", returns_by_rate, SkillAction::kKeep, {}, ""},
      {"rounding is no loss", rounding, SkillAction::kKeep, {}, ""},
      {"loses, nothing before", Reign(60, -0.1), SkillAction::kFallBack, {}, "lost to climatology"},
      {"loses, good one before", Reign(60, -0.1, kPrevious, 0.1), SkillAction::kRollBack, kPrevious, "lost to clim"},
      {"loses, bad one before", Reign(60, -0.1, kPrevious, -0.2), SkillAction::kFallBack, {}, "lost to climatology"},
      {"loses, unknown before", unknown_previous, SkillAction::kRollBack, kPrevious, "lost to climatology"},
      {"loses to the one before", Reign(60, 0.1, kPrevious, 0.2), SkillAction::kRollBack, kPrevious, "predecessor"},
      {"good", Reign(60, 0.1, kPrevious, 0.05), SkillAction::kKeep, {}, ""},
      {"worthless but harmless", Reign(300, 0), SkillAction::kKeep, {}, ""},
      {"one bad season", Reign(11, -1.0), SkillAction::kKeep, {}, ""},
      {"a quarter", Reign(13, -1.0), SkillAction::kFallBack, {}, "13 verified weeks, 5 event"},
      {"decayed", good_then_bad, SkillAction::kFallBack, {}, "its last 52 verified weeks"},
      {"stays withdrawn", Withdrawn(51, 0.1), SkillAction::kKeep, {}, ""},
      {"returns", Withdrawn(60, 0.1), SkillAction::kRestore, kChampion, "since it was withdrawn"},
      {"promotes rather than falls back", both, SkillAction::kPromoteChallenger, kChallenger, ""},
  };
  for (const Case& c : cases) {
    const SkillDecision decision = DecideSkillAction(c.evidence, SkillPolicy());
    EXPECT_EQ(SkillActionName(decision.action), SkillActionName(c.action)) << c.name << ": " << decision.reason;
    EXPECT_EQ(decision.version, c.version) << c.name;
    EXPECT_THAT(decision.reason, HasSubstr(c.reason)) << c.name;
    EXPECT_FALSE(decision.reason.empty()) << c.name;
  }
}

TEST(DecideSkillActionTest, ATrialIsLostOnceTheChampionHasBeatenTheChallenger) {
  EXPECT_FALSE(TrialLost({}, SkillPolicy()));
  EXPECT_FALSE(TrialLost(Trial(60, 0.0, 0.1), SkillPolicy()));
  EXPECT_TRUE(TrialLost(Trial(60, -0.1, 0.1), SkillPolicy()));
  EXPECT_TRUE(TrialLost(FirstTrial(60, -0.1), SkillPolicy()));
}

TEST(SkillPolicyTest, RefusesNonsense) {
  EXPECT_TRUE(SkillPolicy().Validate().ok());
  SkillPolicy policy;
  policy.evidence_threshold = 1;
  EXPECT_FALSE(policy.Validate().ok());
  policy = {};
  policy.min_weeks = 0;
  EXPECT_FALSE(policy.Validate().ok());
  policy = {};
  policy.rolling_weeks = 3;
  EXPECT_FALSE(policy.Validate().ok());
  policy = {};
  policy.max_trial_weeks = 51;
  EXPECT_FALSE(policy.Validate().ok());
}

}  // namespace
}  // namespace tremorcast
