#include "core/etas/etas_likelihood.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "core/etas/etas_score.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

constexpr double kAllPairs = 1e6;

class EtasLikelihoodTest : public testing::TestWithParam<EtasReach> {
 protected:
  EtasLikelihoodTest() {
    model_.reach = GetParam();
    events_ = WorldEvents(model_, 12, 3);
  }
  EtasLikelihood Likelihood(double rupture_lengths = kAllPairs) const {
    return EtasLikelihood(model_, events_, 4 * kDaysPerYear, 12 * kDaysPerYear, rupture_lengths);
  }

  EtasModel model_ = WorldModel(40);
  EtasEvents events_;
};

TEST_P(EtasLikelihoodTest, SlopesAreThoseOfTheLikelihood) {
  const EtasLikelihood likelihood = Likelihood();
  ASSERT_GT(likelihood.targets(), 300U);
  const EtasParameters begin;  // not the truth: no slope is 0
  const EtasVector gradient = likelihood.Evaluate(begin).gradient;
  for (size_t i = 0; i < kEtasParameters; ++i) {
    constexpr double kStep = 1e-5;
    EtasParameters low = begin, high = begin;
    low.value[i] -= kStep;
    high.value[i] += kStep;
    const double slope =
        (likelihood.Evaluate(high).log_likelihood - likelihood.Evaluate(low).log_likelihood) / (2 * kStep);
    EXPECT_NEAR(gradient[i], slope, 1e-5 * (1 + std::abs(slope))) << i;
  }
}

// Two programs for one number: the pass over pairs, and the score that walks through the catalogue.
TEST_P(EtasLikelihoodTest, IsTheScoreOfItsPeriod) {
  model_.location_km = 5;  // many pairs are closer
  const EtasScore score = *ScoreEtas(model_, events_, Days(4 * kDaysPerYear, 12 * kDaysPerYear));
  const EtasLikelihood likelihood = Likelihood();
  ASSERT_EQ(likelihood.targets(), static_cast<size_t>(score.events));
  EXPECT_NEAR(likelihood.Evaluate(model_.parameters).log_likelihood / score.events, score.total, 1e-6);
}

TEST_P(EtasLikelihoodTest, IndependenceIsTheShareOfTheBackground) {
  EtasLikelihood likelihood = Likelihood();
  const auto evaluation = likelihood.Evaluate(model_.parameters);
  double sum = 0, triggered = 0;
  for (size_t j = 0; j < likelihood.targets(); ++j) {
    ASSERT_GE(evaluation.independence[j], 0);
    ASSERT_LE(evaluation.independence[j], 1);
    sum += evaluation.independence[j];
  }
  for (const EtasEvents::Event& event : events_.events) triggered += event.inside ? 1 : 0;
  EXPECT_GT(sum, 0.1 * triggered);
  EXPECT_LT(sum, 0.6 * triggered);
  // Twice the background at one target: ln lambda there moves, and nothing else.
  std::vector<double> relative(likelihood.targets(), 1);
  relative[5] = 2;
  likelihood.SetRelativeBackground(relative);
  EXPECT_NEAR(likelihood.Evaluate(model_.parameters).log_likelihood - evaluation.log_likelihood,
              std::log1p(evaluation.independence[5]), 1e-8);
}

TEST_P(EtasLikelihoodTest, LeavesFarPairsOut) {
  const EtasLikelihood all = Likelihood(), near = Likelihood(100);
  EXPECT_LT(near.pairs(), all.pairs() / 2);
  EXPECT_GT(near.pairs(), 100U);
  EXPECT_LT(near.Evaluate(model_.parameters).log_likelihood, all.Evaluate(model_.parameters).log_likelihood);
}

INSTANTIATE_TEST_SUITE_P(Reaches, EtasLikelihoodTest, testing::Values(EtasReach::kRegion, EtasReach::kWholePlane));

// Two events at one place: without a least distance the likelihood has no peak in d.
TEST(EtasLikelihood, NoPairIsCloserThanPlacesAreKnown) {
  EtasModel model = WorldModel();
  EtasEvents events = NoEvents();
  for (const double day : {10.0, 10.5}) {
    events.events.push_back({day, 4.5, {30, 103}, ToUnitVector({30, 103}), true});
  }
  EtasParameters narrow = model.parameters;
  narrow.value[kLog10D] = -4;
  // As many children as before.
  narrow.value[kLog10K0] -= narrow.rho() * (model.parameters.value[kLog10D] + 4);
  const EtasLikelihood known(model, events, 0, 20, kAllPairs);
  model.location_km = 3;
  const EtasLikelihood rounded(model, events, 0, 20, kAllPairs);
  EXPECT_GT(known.Evaluate(narrow).log_likelihood, known.Evaluate(model.parameters).log_likelihood + 3);
  EXPECT_LT(rounded.Evaluate(narrow).log_likelihood, rounded.Evaluate(model.parameters).log_likelihood);
}

}  // namespace
}  // namespace tremorcast
