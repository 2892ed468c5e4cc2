#include "core/etas/etas_fit.h"

#include <cmath>

#include <gtest/gtest.h>

#include "core/etas/etas_score.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

// Ten years before the targets are sources only.
absl::StatusOr<EtasFit> Fit(const EtasModel& world, const EtasEvents& events, double years,
                            const EtasFitOptions& options) {
  return FitEtas(events, world.region, world.magnitudes, Days(10 * kDaysPerYear, years * kDaysPerYear), options);
}

TEST(EtasFit, FindsTheTruthOfASimulatedCatalogue) {
  const EtasModel world = WorldModel(20);
  const EtasEvents events = WorldEvents(world, 30, 2);
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  const EtasFit fit = *Fit(world, events, 30, options);
  ASSERT_TRUE(fit.accepted()) << fit.refusal;
  ASSERT_GT(fit.targets, 600);
  EXPECT_GT(fit.sources, fit.targets);
  for (size_t i = 0; i < kEtasParameters; ++i) {
    EXPECT_GT(fit.standard_errors[i], 0);
    EXPECT_NEAR(fit.model.parameters.value[i], world.parameters.value[i], 3 * fit.standard_errors[i])
        << EtasParameterName(static_cast<EtasParameter>(i));
    EXPECT_NEAR(fit.covariance[i][i], fit.standard_errors[i] * fit.standard_errors[i], 1e-12);
  }
  // What EM's fixed point has: as many independent events as the background expects.
  const double expected = fit.model.parameters.mu() * world.region.area_km2 * 20 * kDaysPerYear;
  EXPECT_NEAR(fit.background_events, expected, 1e-3 * expected);
  EXPECT_NEAR(fit.branching_ratio, BranchingRatio(world.parameters, world.magnitudes), 0.15);
  // The same again, to the bit.
  EXPECT_EQ(Fit(world, events, 30, options)->model.parameters, fit.model.parameters);
}

// Where the background has a shape, kernels find it, and the score of a later period is better for
// it. An even background takes the shape for triggering and may well be refused.
TEST(EtasFit, KernelsFindTheShapeOfTheBackground) {
  EtasModel world = WorldModel(25);
  world.background.kernels = {{{29.5, 101.5}, 70, 60, 0.9}, {{31.5, 104.5}, 60, 40, 0.95}};
  const EtasEvents events = WorldEvents(world, 26, 4);
  EtasFitOptions options;
  const EtasFit kernels = *Fit(world, events, 20, options);
  options.background = EtasBackgroundKind::kUniform;
  const EtasFit even = *Fit(world, events, 20, options);
  ASSERT_TRUE(kernels.accepted()) << kernels.refusal;
  EXPECT_EQ(kernels.model.background.kernels.size(), static_cast<size_t>(kernels.targets));
  EXPECT_GT(kernels.log_likelihood, even.log_likelihood + 20);
  const Interval later = Days(20 * kDaysPerYear, 26 * kDaysPerYear);
  const double truth = ScoreEtas(world, events, later)->total;
  const double found = ScoreEtas(kernels.model, events, later)->total;
  EXPECT_GT(found, ScoreEtas(even.model, events, later)->total + 0.05);
  EXPECT_LT(found, truth + 0.02);
  EXPECT_GT(found, truth - 0.15);
}

TEST(EtasFit, HoldsWhatIsFixed) {
  const EtasModel world = WorldModel(40);
  const EtasEvents events = WorldEvents(world, 20, 5);
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  options.start.value[kLog10Tau] = 3.25;
  options.fixed[kLog10Tau] = true;
  const EtasFit fit = *Fit(world, events, 20, options);
  ASSERT_TRUE(fit.accepted()) << fit.refusal;
  EXPECT_EQ(fit.model.parameters.value[kLog10Tau], 3.25);
  EXPECT_EQ(fit.standard_errors[kLog10Tau], 0);
  EXPECT_GT(fit.standard_errors[kOmega], 0);
}

TEST(EtasFit, RefusesTooFewEvents) {
  const EtasModel world = WorldModel(1);
  const EtasFit fit = *Fit(world, WorldEvents(world, 20, 6), 20, {});
  EXPECT_NE(fit.refusal.find("events to fit to, fewer than 100"), std::string::npos) << fit.refusal;
  EXPECT_FALSE(fit.accepted());
}

// Events that come evenly trigger none: k0 has no peak but falls.
TEST(EtasFit, RefusesAParameterOnItsBound) {
  EtasModel world = WorldModel(40);
  world.parameters.value[kLog10K0] = -19;
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  const EtasFit fit = *Fit(world, WorldEvents(world, 16, 7), 16, options);
  EXPECT_NE(fit.refusal.find("lies on its bound"), std::string::npos) << fit.refusal;
}

// With omega < 0 and hardly a taper most children are still to come.
TEST(EtasFit, RefusesCascadesWithoutEnd) {
  const EtasModel world = WorldModel(40);
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  options.fixed[kLog10Tau] = true;
  options.start.value[kLog10Tau] = 9;
  const EtasFit fit = *Fit(world, WorldEvents(world, 20, 5), 20, options);
  EXPECT_NE(fit.refusal.find("branching ratio"), std::string::npos) << fit.refusal;
  EXPECT_GE(fit.branching_ratio, 1);
}

TEST(EtasFit, RefusesToStopOnTheWay) {
  const EtasModel world = WorldModel(40);
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  options.most_rounds = 3;
  const EtasFit fit = *Fit(world, WorldEvents(world, 20, 5), 20, options);
  EXPECT_NE(fit.refusal.find("no peak"), std::string::npos) << fit.refusal;
  EtasFitOptions once;
  once.most_backgrounds = 1;
  const EtasFit moving = *Fit(world, WorldEvents(world, 20, 5), 20, once);
  EXPECT_NE(moving.refusal.find("a background that still moves"), std::string::npos) << moving.refusal;
}

// A magnitude out of a broken file leaves the likelihood without a slope, so that no step is found.
TEST(EtasFit, RefusesAClimbThatIsStuck) {
  const EtasModel world = WorldModel(40);
  EtasEvents events = WorldEvents(world, 20, 5);
  events.events.front().magnitude = 700;
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  const EtasFit fit = *Fit(world, events, 20, options);
  EXPECT_FALSE(fit.accepted());
  EXPECT_NE(fit.refusal.find("stuck"), std::string::npos) << fit.refusal;
  EXPECT_EQ(fit.refusal.find("300 rounds"), std::string::npos) << fit.refusal;
}

TEST(EtasFit, SaysWhatMakesNoSense) {
  const EtasModel world = WorldModel();
  EtasFitOptions options;
  EXPECT_EQ(FitEtas(NoEvents(), world.region, world.magnitudes, Days(5, 5), options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.rupture_lengths = -1;
  EXPECT_EQ(Fit(world, NoEvents(), 20, options).status().code(), absl::StatusCode::kInvalidArgument);
  options = {};
  options.start.value[kRho] = 0;
  EXPECT_EQ(Fit(world, NoEvents(), 20, options).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
