#pragma once

// The planted-precursor experiment of METHOD.md section 5: a simulated station network, trained and
// judged by the same code as a run over the store, in memory. Strength 0 plants nothing, and then
// the gate must refuse. Blocks for minutes.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/simulator/simulator.h"
#include "trainer/run/candidate.h"

namespace tremorcast {

// The simulated catalogue. Poisson and clustered ones are ETAS with stated parameters, without
// offspring and with, and list four years before the first week, which the catalogue rung is fitted to.
enum class SimulatedCatalogue : int8_t {
  kIndependent,  // an event in three of ten weeks of a region, whatever happened before
  kPoisson,
  kClustered,
};
absl::StatusOr<SimulatedCatalogue> ParseSimulatedCatalogue(absl::string_view text);

struct ExperimentOptions {
  double precursor = 3;
  uint64_t seed = 1;  // of the simulation; the training's seed is config.training.seed
  SimulatedCatalogue catalogue = SimulatedCatalogue::kIndependent;
  int regions = 8;
  int stations = 3;
  int slots = 168;
  SplitSizes weeks = {104, 26, 26, 52, 1};
  int origins = 1;  // of an evaluation: each but the first adds weeks.test weeks to the simulation
  // Data options, slices and slots follow the options above. Nothing said of the rung below: it is the
  // catalogue rung, but climatology with independent weeks.
  TrainerConfig config;

  absl::Status Validate() const;
};

struct ExperimentResult {
  CandidateScores scores;
  std::shared_ptr<const RungBelow> rung_below;  // null: climatology stood below
  // The highest rung that has shown skill over the one below it.
  Rung rung() const;
  std::string plan_summary;
  std::string data_hash;
  std::string calibration;
  std::vector<std::string> warnings;  // of the course of the training (CourseWarnings)
  int samples = 0;
  absl::Duration simulate_time, train_time, score_time;
};

// The simulated station network of the options with its dataset and plan. `data` reads from
// `simulator`, which must stay.
struct SimulatedWorld {
  std::unique_ptr<Simulator> simulator;
  std::shared_ptr<const Dataset> data;
  Plan plan;
};
// Sets options.config.data, split and network from the rest. Errors as RunExperiment.
absl::StatusOr<SimulatedWorld> BuildSimulatedWorld(ExperimentOptions& options, const TrainingControl& control);

absl::StatusOr<ExperimentResult> RunExperiment(ExperimentOptions options, const PlaceboCheck& placebos,
                                               const TrainingControl& control, const Clock& clock);

// A dataset over every window and label of the simulator.
absl::StatusOr<std::unique_ptr<Dataset>> SimulatedDataset(const Simulator& simulator, const DatasetOptions& options,
                                                          const ReadProgress& progress);

std::string DescribeExperiment(const ExperimentOptions& options, const ExperimentResult& result);

}  // namespace tremorcast
