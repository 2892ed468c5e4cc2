// Verified weeks decide: simulated timelines of a service, week by week, with a clock that is moved
// by hand.

#include "server/jobs/skill_job.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <random>
#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/jobs/skill_timeline.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;

bool Always() { return true; }

SkillJob::Options Automatic(bool auto_promote = true) {
  SkillJob::Options options;
  options.auto_promote = auto_promote;
  options.policy.bootstrap.replicates = 200;
  return options;
}

// Good until `week`, as wrong afterwards.
Script DecaysAt(int week, double strength) {
  return [=](int at, bool event) { return Skilled(at < week ? strength : -strength)(at, event); };
}

TEST(SkillTimelineTest, AWorseChallengerIsRefused) {
  SkillTimeline timeline(Automatic());
  const ModelVersion champion = timeline.Publish("champion", Skilled(0.6), true);
  const ModelVersion challenger = timeline.Publish("challenger", Skilled(0.2));
  timeline.Run(90);
  ASSERT_EQ(timeline.Ledger().size(), 1u);
  EXPECT_EQ(timeline.Newest().model.version, champion);
  EXPECT_TRUE(timeline.ContendersNow().challenger.empty()) << "its trial is lost";
  const ModelVersion next = timeline.Publish("next", Skilled(0.2));
  EXPECT_EQ(timeline.ContendersNow().challenger, next);
}

TEST(SkillTimelineTest, ABetterChallengerIsPromotedOnceItHasShownItForAYear) {
  SkillTimeline timeline(Automatic());
  const ModelVersion champion = timeline.Publish("champion", Skilled(0.2), true);
  const ModelVersion challenger = timeline.Publish("challenger", Skilled(0.8));
  const int weeks = timeline.RunUntilLedgerHas(2, 120);
  ASSERT_EQ(timeline.Ledger().size(), 2u);
  EXPECT_GE(weeks, 53) << "52 verified weeks are needed; the newest is not verified yet";
  const Promotion entry = timeline.Ledger().back();
  EXPECT_EQ(entry.version, challenger);
  EXPECT_EQ(entry.previous, champion);
  EXPECT_EQ(entry.kind, PromotionKind::kPromote);
  EXPECT_EQ(entry.actor, "auto");
  EXPECT_THAT(entry.reason, HasSubstr("verified gain: challenger challenger over champion champion: "));
  EXPECT_THAT(entry.reason, HasSubstr("over climatology: "));
  EXPECT_EQ(timeline.Newest().model.version, champion) << "the present week is not issued again";
  timeline.Run(1);
  EXPECT_EQ(timeline.Newest().model.version, challenger);
  EXPECT_EQ(timeline.Metric("tremorcast_model_promotions_total", {"_network", "promote", "auto"}), 1);
}

TEST(SkillTimelineTest, ADecayedChampionIsRolledBackAndDoesNotReturnOnItsOldMerits) {
  SkillTimeline timeline(Automatic());
  const ModelVersion old = timeline.Publish("old", Skilled(0.4), true);
  const ModelVersion decaying = timeline.Publish("decaying", DecaysAt(60, 0.8), true);
  timeline.Run(60);
  ASSERT_EQ(timeline.Ledger().size(), 2u) << "it was good so far";
  timeline.RunUntilLedgerHas(3, 60);
  ASSERT_EQ(timeline.Ledger().size(), 3u);
  const Promotion entry = timeline.Ledger().back();
  EXPECT_EQ(entry.version, old);
  EXPECT_EQ(entry.previous, decaying);
  EXPECT_EQ(entry.kind, PromotionKind::kRollback);
  EXPECT_EQ(entry.actor, "auto");
  EXPECT_THAT(entry.reason, HasSubstr("lost to"));
  timeline.Run(60);
  EXPECT_EQ(timeline.Ledger().size(), 3u);
  EXPECT_EQ(timeline.Newest().model.version, old);
}

TEST(SkillTimelineTest, ADecayedChampionWithNothingBeforeItGivesWayToClimatologyAndReturnsOnceItHasRecovered) {
  SkillTimeline timeline(Automatic());
  const ModelVersion only = timeline.Publish(
      "only", [](int week, bool event) { return Skilled(week >= 20 && week < 70 ? -0.8 : 0.8)(week, event); }, true);
  timeline.RunUntilLedgerHas(2, 80);
  ASSERT_EQ(timeline.Ledger().size(), 2u);
  EXPECT_EQ(timeline.Ledger().back().kind, PromotionKind::kWithdraw);
  EXPECT_TRUE(timeline.Ledger().back().version.empty());
  EXPECT_THAT(timeline.Ledger().back().reason, HasSubstr("lost to climatology"));
  timeline.Run(1);
  const Forecast issued = timeline.Newest();
  EXPECT_FALSE(issued.model_used);
  EXPECT_TRUE(issued.scored);
  EXPECT_EQ(issued.probabilities, issued.climatology);
  EXPECT_THAT(issued.verdict, HasSubstr("no demonstrated skill: no model is in service"));
  EXPECT_TRUE(timeline.forecaster_->Replay(issued)->identical);
  timeline.RunUntilLedgerHas(3, 160);
  ASSERT_EQ(timeline.Ledger().size(), 3u);
  EXPECT_EQ(timeline.Ledger().back().kind, PromotionKind::kPromote);
  EXPECT_EQ(timeline.Ledger().back().version, only);
  EXPECT_THAT(timeline.Ledger().back().reason, HasSubstr("since it was withdrawn"));
}

TEST(SkillTimelineTest, NothingIsDoneWithoutTheFlag) {
  SkillTimeline timeline(Automatic(false));
  timeline.Publish("champion", Skilled(0.2), true);
  timeline.Publish("challenger", Skilled(0.8));
  timeline.Run(120);
  EXPECT_EQ(timeline.Ledger().size(), 1u);
  EXPECT_EQ(timeline.Metric("tremorcast_skill_action_pending", {"_network", "promote"}), 1);
  EXPECT_GT(timeline.Metric("tremorcast_shadow_log_evidence", {"_network", "champion"}), std::log(20.0));
  EXPECT_GT(timeline.Metric("tremorcast_shadow_information_gain_nats", {"_network", "champion"}), 0);
  EXPECT_EQ(timeline.Metric("tremorcast_shadow_verified_weeks", {"_network"}), 119);
  EXPECT_GT(timeline.Metric("tremorcast_champion_information_gain_nats", {"_network"}), 0);
  EXPECT_EQ(timeline.Metric("tremorcast_model_promotions_total", {"_network", "promote", "other"}), 1);
}

TEST(SkillTimelineTest, APersonWhoWasFasterIsNotOverruled) {
  SkillTimeline timeline(Automatic());
  const ModelVersion champion = timeline.Publish("champion", Skilled(0.2), true);
  const ModelVersion challenger = timeline.Publish("challenger", Skilled(0.8));
  const ModelVersion other = timeline.Publish("other", Skilled(0.0));
  int calls = 0;
  bool promoting = false;
  // Between the verdict and the act: at the second look into the ledger that the judging job takes.
  timeline.registry_.faults().SetHook([&] {
    if (promoting || timeline.Metric("tremorcast_skill_action_pending", {"_network", "promote"}) != 1 || calls++ > 0) {
      return;
    }
    promoting = true;
    timeline.Promote(other);
    promoting = false;
  });
  timeline.Run(120);
  timeline.registry_.faults().SetHook(nullptr);
  ASSERT_EQ(timeline.Ledger().size(), 2u);
  EXPECT_EQ(timeline.Ledger().back().version, other);
  EXPECT_EQ(timeline.Ledger().back().actor, "a person");
}

TEST(SkillTimelineTest, AStoreThatIsAwayIsAnErrorAndTheNextTickDecides) {
  SkillTimeline timeline(Automatic());
  timeline.Publish("champion", Skilled(0.2), true);
  timeline.Publish("challenger", Skilled(0.8));
  timeline.Run(2);
  timeline.registry_.faults().FailNext(absl::UnavailableError("killed"));
  EXPECT_TRUE(absl::IsUnavailable(timeline.skill_->Tick(timeline.clock_.Now(), Always)));
  EXPECT_TRUE(timeline.skill_->Tick(timeline.clock_.Now(), Always).ok());
}

// How often a challenger that knows nothing is promoted in five years of weekly looks.
struct NullRun {
  int regions = 8;
  bool together = true;   // the regions of a week have one outcome, and the challenger one opinion
  double boldness = 0.1;  // of ln p / (1 - p)
};

bool KnowNothingIsPromoted(const NullRun& run, uint64_t seed, bool* by_plain_product) {
  constexpr double kRate = 0.3;
  constexpr int kWeeks = 260;
  std::mt19937_64 generator(seed);
  const auto uniform = [&] { return static_cast<double>(generator() >> 11) * 0x1p-53; };
  SkillEvidence evidence;
  evidence.challenger = ModelVersion("knows-nothing");
  double product = 0;
  for (int week = 0; week < kWeeks; ++week) {
    bool event = false;
    double opinion = 0;
    for (int region = 0; region < run.regions; ++region) {
      if (region == 0 || !run.together) {
        event = uniform() < kRate;
        opinion = run.boldness * (uniform() < 0.5 ? -1 : 1);
      }
      const double p = 1 / (1 + (1 - kRate) / kRate * std::exp(-opinion));
      const double gain = event ? std::log(p / kRate) : std::log((1 - p) / (1 - kRate));
      product += gain;
      const VerifiedGain verified{absl::UnixEpoch() + week * kWeekLength, gain, event};
      for (GainSeries* over : {&evidence.challenger_over.climatology, &evidence.challenger_over.twin,
                               &*evidence.challenger_over.catalogue}) {
        over->push_back(verified);
      }
    }
    const int weeks = week + 1;
    *by_plain_product |= weeks >= 52 && product >= std::log(20.0);
    if (weeks >= 52 && DecideSkillAction(evidence, SkillPolicy()).action == SkillAction::kPromoteChallenger)
      return true;
  }
  return false;
}

TEST(SkillPolicyNullTest, AChallengerThatKnowsNothingIsPromotedAtMostOnceInTwenty) {
  constexpr int kTimelines = 200;
  const NullRun runs[] = {{8, true, 0.1},  {8, true, 0.3}, {8, true, 1.0},
                          {8, false, 0.3}, {1, true, 0.3}, {1, true, 1.0}};
  for (const NullRun& run : runs) {
    int promoted = 0, by_product = 0;
    for (uint64_t seed = 1; seed <= kTimelines; ++seed) {
      bool product = false;
      promoted += KnowNothingIsPromoted(run, seed, &product) ? 1 : 0;
      by_product += product ? 1 : 0;
    }
    const std::string what =
        absl::StrCat(run.regions, run.together ? " regions as one" : " regions alone", ", boldness ", run.boldness,
                     ": ", promoted, " of ", kTimelines, " promoted (multiplying over regions: ", by_product, ")");
    std::cout << what << "\n";
    EXPECT_LE(promoted, kTimelines / 20) << what;
  }
}

// Says .4 or .2 where climatology says .3, and is right: a true gain of .024 nats per region-week.
bool RightChampionIsWithdrawn(int regions, uint64_t seed) {
  constexpr double kRate = 0.3;
  std::mt19937_64 generator(seed);
  const auto uniform = [&] { return static_cast<double>(generator() >> 11) * 0x1p-53; };
  SkillPolicy policy;
  policy.bootstrap.replicates = 500;
  SkillEvidence evidence;
  evidence.champion = ModelVersion("right");
  for (int week = 0; week < 260; ++week) {
    for (int region = 0; region < regions; ++region) {
      const double p = uniform() < 0.5 ? 0.4 : 0.2;
      const bool event = uniform() < p;
      evidence.champion_over_climatology.push_back({absl::UnixEpoch() + week * kWeekLength,
                                                    event ? std::log(p / kRate) : std::log((1 - p) / (1 - kRate)),
                                                    event});
    }
    if (DecideSkillAction(evidence, policy).action != SkillAction::kKeep) return true;
  }
  return false;
}

TEST(SkillPolicyNullTest, AChampionThatIsRightIsSeldomWithdrawn) {
  constexpr int kTimelines = 100;
  for (const int regions : {1, 4}) {
    int withdrawn = 0;
    for (uint64_t seed = 1; seed <= kTimelines; ++seed) withdrawn += RightChampionIsWithdrawn(regions, seed) ? 1 : 0;
    const std::string what =
        absl::StrCat(regions, " regions: withdrawn in ", withdrawn, " of ", kTimelines, " timelines of five years");
    std::cout << what << "\n";
    EXPECT_LE(withdrawn, kTimelines / 10) << what;
  }
}

}  // namespace
}  // namespace tremorcast
