#pragma once

// Region-weeks whose inputs are pure noise: no model of them has skill, whatever the event rate does
// (METHOD.md section 5, the input-free twin). Everything is a pure function of the options.

#include <cstdint>
#include <memory>
#include <vector>

#include <absl/status/statusor.h>

#include "core/catalogue/event.h"
#include "core/network/station_network.h"
#include "trainer/data/dataset.h"
#include "trainer/run/candidate.h"

namespace tremorcast {

// How the chance of an event (M >= 3.5, per region-week) goes: `before` until the calibration slice,
// then `after`; `gradual` changes it in a straight line over the whole time instead.
struct RateDrift {
  const char* name;
  double before, after;
  bool gradual;
};

inline constexpr int kNoiseSlots = 24;
inline constexpr int kNoiseStations = 3;  // a region: the least that is not degraded
inline constexpr int kNoiseWeeks = 104 + 26 + 26 + 52 + 3;

// 2017-01-01 UTC+8.
absl::Time NoiseFirstWeek();
// Eight square regions, far enough from each other.
std::vector<Region> NoiseRegions();
// Events of `weeks` weeks and the label week of the last, in those regions.
std::vector<SeismicEvent> DriftingEvents(const std::vector<Region>& regions, const RateDrift& drift, uint64_t seed);

// An event is likely where just one of the two weeks before had one: what the logistic catalogue-only
// model cannot follow, and no station need tell.
std::vector<SeismicEvent> EitherWeekEvents(const std::vector<Region>& regions, uint64_t seed);

// What the windows hold beside noise.
enum class NoiseInputs {
  kNothing,
  // Every fourth slot of the windows before an event week is missing: not a precursor, but an era's
  // habit that knows the labels, and what placebo 1 is there to find.
  kGapsTell,
  // One channel is raised where the week before the issue had an event in the region, a second one
  // where the week before that had: what stations felt, and the catalogue says.
  kRepeatThePast,
  // One channel is raised where exactly one of the two weeks had an event: what the past means for the
  // next week in EitherWeekEvents, ready to be read.
  kTellTheRule,
};

// Stations in every region, for `weeks` issues from `first`, and the catalogue given.
absl::StatusOr<std::shared_ptr<const Dataset>> NoiseDataset(std::vector<Region> regions,
                                                            std::vector<SeismicEvent> events, absl::Time first,
                                                            int weeks, uint64_t seed, const TrainerConfig& config,
                                                            NoiseInputs inputs = NoiseInputs::kNothing);

// The configuration of METHOD.md's experiment on such inputs.
TrainerConfig NoiseConfig(uint64_t seed);

// Trains and judges one model as `train` does. `without_twin`: what a gate would have said that asks
// climatology and the catalogue alone.
struct NoiseVerdict {
  CandidateScores scores;
  bool without_twin = false;
};
absl::StatusOr<NoiseVerdict> JudgeNoise(const std::shared_ptr<const Dataset>& data, const TrainerConfig& config);
// The same on simulated regions whose rate goes as `drift` says; the seed is the training's.
absl::StatusOr<NoiseVerdict> JudgeDrift(const RateDrift& drift, const TrainerConfig& config,
                                        NoiseInputs inputs = NoiseInputs::kNothing);
// Stations that repeat EitherWeekEvents, in either of the two ways.
absl::StatusOr<NoiseVerdict> JudgeRepeatedPast(const TrainerConfig& config,
                                               NoiseInputs inputs = NoiseInputs::kRepeatThePast);

// Largest number of claims in `runs` that a chance of `level` each explains, at 99 %.
int MostClaims(int runs, double level);

}  // namespace tremorcast
