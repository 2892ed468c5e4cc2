#include "trainer/run/experiment.h"

#include <map>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "model/training/training_course.h"
#include "trainer/run/rung_below.h"

namespace tremorcast {
namespace {

// An issue per week and one skipped between neighbouring slices.
constexpr int kWeeksBefore = 208;

// From M 3 on each earthquake has .85 others in the mean, most of them within days; or none, and as
// many in all.
EtasParameters SimulatedEtas(SimulatedCatalogue catalogue) {
  EtasParameters parameters{{-6.5, -2.553, 1.9, -2.5, 0.2, 3.5, -0.35, 1.22, 0.51}};
  if (catalogue == SimulatedCatalogue::kPoisson) {
    parameters.value[kLog10Mu] = -5.8;
    parameters.value[kLog10K0] = -12;
  }
  return parameters;
}

int IssuesOf(const SplitSizes& s) { return s.train + s.early_stop + s.calibration + s.test + 3 * s.skipped; }

}  // namespace

absl::Status ExperimentOptions::Validate() const {
  if (regions < 1 || stations < 1) return absl::InvalidArgumentError("regions and stations must be positive");
  if (weeks.train < 1) return absl::InvalidArgumentError("the experiment needs training weeks");
  if (slots < 1 || kSlotsPerWeek % slots != 0) {
    return absl::InvalidArgumentError(absl::StrCat("slots must divide ", kSlotsPerWeek));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Dataset>> SimulatedDataset(const Simulator& simulator, const DatasetOptions& options,
                                                          const ReadProgress& progress) {
  DatasetParts parts;
  parts.regions = simulator.regions();
  parts.stations = simulator.stations();
  parts.events = simulator.events();
  parts.simulated = true;
  const int weeks = simulator.config().weeks;
  parts.catalogue = {simulator.Week(-simulator.config().weeks_before).begin, simulator.Week(weeks).end};
  std::map<StationId, int> index;
  for (int s = 0; s < simulator.station_count(); ++s) {
    index[simulator.stations()[static_cast<size_t>(s)].id] = s;
    for (int week = 0; week < weeks; ++week) {
      parts.windows.push_back({simulator.stations()[static_cast<size_t>(s)].id, simulator.Week(week).begin, 1});
    }
  }
  const absl::Time first = simulator.Week(0).begin;
  WindowReader reader = [&simulator, index = std::move(index),
                         first](const WindowKey& key) -> absl::StatusOr<std::shared_ptr<const StationWindow>> {
    const int week = static_cast<int>(WeekGrid::Service().WeeksBetween(first, key.start));
    return std::make_shared<const StationWindow>(simulator.Window(index.at(key.station), week));
  };
  return AssembleDataset(std::move(parts), std::move(reader), options, progress);
}

absl::StatusOr<SimulatedWorld> BuildSimulatedWorld(ExperimentOptions& options, const TrainingControl& control) {
  RETURN_IF_ERROR(options.Validate());
  SimulatorConfig simulation = MethodExperiment(options.precursor, options.seed);
  simulation.regions = options.regions;
  simulation.stations_per_region = options.stations;
  simulation.slots_per_week = options.slots;
  if (options.catalogue != SimulatedCatalogue::kIndependent) {
    simulation.etas = SimulatedEtas(options.catalogue);
    simulation.min_magnitude = 3;
    simulation.weeks_before = kWeeksBefore;
  }
  simulation.weeks = IssuesOf(options.weeks) + (options.origins - 1) * options.weeks.test;
  ASSIGN_OR_RETURN(Simulator simulator, Simulator::Create(simulation));

  TrainerConfig& config = options.config;
  config.data.input_slots = options.slots;
  config.data.slots = options.slots;
  config.split = options.weeks;
  if (!config.below.has_value()) {
    config.below = options.catalogue == SimulatedCatalogue::kIndependent ? Rung::kClimatology : Rung::kCatalogue;
  }
  config.Normalise();
  RETURN_IF_ERROR(config.Validate());

  SimulatedWorld world;
  world.simulator = std::make_unique<Simulator>(std::move(simulator));
  ASSIGN_OR_RETURN(std::unique_ptr<Dataset> data,
                   SimulatedDataset(*world.simulator, config.data, ReadingProgress(control, "simulating windows")));
  ASSIGN_OR_RETURN(world.plan, MakePlan(config, *data, /*git_revision=*/""));
  ASSIGN_OR_RETURN(const std::vector<Plan> plans, MakePlans(config, *data, /*git_revision=*/"", options.origins));
  RETURN_IF_ERROR(AnswerRungBelow(plans, config, control, *data));
  world.data = std::move(data);
  return world;
}

absl::StatusOr<ExperimentResult> RunExperiment(ExperimentOptions options, const PlaceboCheck& placebos,
                                               const TrainingControl& control, const Clock& clock) {
  ExperimentResult result;
  const absl::Time start = clock.Now();
  ASSIGN_OR_RETURN(const SimulatedWorld world, BuildSimulatedWorld(options, control));
  const TrainerConfig& config = options.config;
  const Dataset& data = *world.data;
  result.simulate_time = clock.Now() - start;

  const absl::Time train_start = clock.Now();
  ASSIGN_OR_RETURN(std::unique_ptr<TrainedModel> model, TrainCandidate(data, world.plan, config, control));
  result.train_time = clock.Now() - train_start;

  const absl::Time score_start = clock.Now();
  ASSIGN_OR_RETURN(result.scores, JudgeCandidate(world.data, world.plan, config, *model, placebos, control));
  result.score_time = clock.Now() - score_start;
  result.rung_below = data.rung_below;
  result.plan_summary = world.plan.summary;
  result.data_hash = data.data_hash;
  result.calibration = model->calibration().Describe();
  result.warnings = CourseWarnings(CoursesOf(model->history()));
  result.samples = static_cast<int>(data.samples.samples.size());
  return result;
}

Rung ExperimentResult::rung() const {
  if (scores.verdict.demonstrated_skill) return Rung::kStations;
  const bool catalogue =
      rung_below != nullptr && rung_below->trial.has_value() && rung_below->trial->verdict.demonstrated_skill;
  return catalogue ? Rung::kCatalogue : Rung::kClimatology;
}

absl::StatusOr<SimulatedCatalogue> ParseSimulatedCatalogue(absl::string_view text) {
  if (text == "independent") return SimulatedCatalogue::kIndependent;
  if (text == "poisson") return SimulatedCatalogue::kPoisson;
  if (text == "clustered") return SimulatedCatalogue::kClustered;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not independent, poisson or clustered"));
}

std::string DescribeExperiment(const ExperimentOptions& options, const ExperimentResult& result) {
  std::string text = absl::StrFormat(
      "planted precursor of strength %g, seed %d: %d regions x %d stations, %d slots, %d region-weeks\n",
      options.precursor, options.seed, options.regions, options.stations, options.slots, result.samples);
  if (result.rung_below != nullptr) {
    absl::StrAppend(&text, "  catalogue rung        ",
                    result.rung_below->trial.has_value() ? result.rung_below->trial->verdict.sentence
                                                         : absl::StrCat("none: ", result.rung_below->missing),
                    "\n");
  }
  absl::StrAppend(&text, "  slices                ", result.plan_summary, "\n", "  calibration           ",
                  result.calibration, "\n", DescribeScores(result.scores), "answers: ", RungName(result.rung()), "\n");
  for (const std::string& warning : result.warnings) absl::StrAppend(&text, "warning: ", warning, "\n");
  absl::StrAppendFormat(&text, "time: %.1f s simulating, %.1f s training, %.1f s scoring\n",
                        absl::ToDoubleSeconds(result.simulate_time), absl::ToDoubleSeconds(result.train_time),
                        absl::ToDoubleSeconds(result.score_time));
  return text;
}

}  // namespace tremorcast
