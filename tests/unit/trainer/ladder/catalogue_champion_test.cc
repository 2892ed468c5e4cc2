#include "trainer/ladder/catalogue_champion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

ModelRecord Record(int fitted_until, bool skill = true, bool simulated = false) {
  ModelRecord record;
  record.model.version = ModelVersion("v" + std::to_string(fitted_until));
  record.model.training_period = {absl::UnixEpoch(), absl::FromUnixSeconds(fitted_until)};
  record.demonstrated_skill = skill;
  record.verdict = skill ? "demonstrated skill" : "no demonstrated skill";
  record.simulated = simulated;
  return record;
}

CatalogueChampion Standing(const ModelRecord& model, PromotionKind kind = PromotionKind::kPromote) {
  CatalogueChampion champion;
  champion.newest.emplace();
  champion.newest->kind = kind;
  champion.newest->actor = "maria";
  champion.model = model;
  return champion;
}

TEST(CatalogueChampionTest, OnlySkillIsPromoted) {
  EXPECT_EQ(DecideCatalogueChampion(Record(2), {}).decision, ChampionDecision::kPromote);
  EXPECT_EQ(DecideCatalogueChampion(Record(2, false), {}).decision, ChampionDecision::kKeep);
  EXPECT_EQ(DecideCatalogueChampion(Record(2, false), Standing(Record(1))).decision, ChampionDecision::kKeep);
}

TEST(CatalogueChampionTest, ARefitReplacesWhatKnewNoMore) {
  const ChampionVerdict refit = DecideCatalogueChampion(Record(2), Standing(Record(1)));
  EXPECT_EQ(refit.decision, ChampionDecision::kPromote);
  EXPECT_THAT(refit.reason, HasSubstr("a refit of the procedure that made v1"));
  EXPECT_EQ(DecideCatalogueChampion(Record(2), Standing(Record(2))).decision, ChampionDecision::kPromote);
  const ChampionVerdict older = DecideCatalogueChampion(Record(2), Standing(Record(3)));
  EXPECT_EQ(older.decision, ChampionDecision::kKeep);
  EXPECT_THAT(older.reason, HasSubstr("later earthquakes"));
}

TEST(CatalogueChampionTest, WhatSomebodyTookBackStaysBack) {
  CatalogueChampion withdrawn = Standing(Record(1), PromotionKind::kWithdraw);
  withdrawn.model.reset();
  const ChampionVerdict kept = DecideCatalogueChampion(Record(2), withdrawn);
  EXPECT_EQ(kept.decision, ChampionDecision::kKeep);
  EXPECT_THAT(kept.reason, HasSubstr("maria took the last one back"));
  EXPECT_EQ(DecideCatalogueChampion(Record(2), Standing(Record(1), PromotionKind::kRollback)).decision,
            ChampionDecision::kKeep);
}

TEST(CatalogueChampionTest, ASimulatedModelYieldsAndDoesNotReplace) {
  EXPECT_EQ(DecideCatalogueChampion(Record(1, true, false), Standing(Record(2, true, true))).decision,
            ChampionDecision::kPromote);
  EXPECT_EQ(DecideCatalogueChampion(Record(2, true, true), Standing(Record(1, true, false))).decision,
            ChampionDecision::kKeep);
}

}  // namespace
}  // namespace tremorcast
