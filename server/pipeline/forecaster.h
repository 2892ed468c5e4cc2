#pragma once

// Computes one forecast: climatology -> the catalogue rung -> windows -> coverage -> the stations'
// model, each pooled with the rung below -> everything METHOD.md sections 6 and 7 list. It reads the stores and seals
// or archives the windows it uses, but never archives the forecast: callers decide that.
//
// Two calls with equal inputs give equal bits where PredictorInfo::runtime is equal; input_hash
// covers exactly what determines the answer.
// Thread safety: all of it. Blocks on the stores and on the model (hundreds of milliseconds a
// region).
// Errors: NotFound (region), InvalidArgument (valid_from off the slot grid, or in the future),
// those of the stores and the predictor. A stations' model that fails is an error, not climatology:
// silence about a broken model would look like an answer. A catalogue model that fails is said in its
// rung's verdict, and the rung below answers. A region without enrolled stations gets status
// INSUFFICIENT_DATA.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/base/time_grid.h"
#include "core/catalogue/climatology.h"
#include "core/catalogue/labels.h"
#include "core/forecast/coverage.h"
#include "core/forecast/forecast.h"
#include "core/ports/event_store.h"
#include "core/ports/forecast_store.h"
#include "core/ports/window_store.h"
#include "core/skill/skill_claim.h"
#include "core/skill/skill_policy.h"
#include "server/pipeline/catalogue_outlooks.h"
#include "server/pipeline/forecast_answer.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

struct ForecastRequest {
  RegionId region;
  absl::Time valid_from;  // T, on the ten-minute grid; of a daily or an event issue a whole second
  // What is asked for; becomes TEST by itself when the region, one of its stations or the model is
  // simulated.
  ForecastPurpose purpose = ForecastPurpose::kHindcast;
  // Event issues are of the catalogue rung: no window is read, no station asked. So are daily ones,
  // unless a stations' model serves that learnt to be issued on that day of the week.
  IssueKind issue = IssueKind::kWeekly;
  std::string trigger;  // Forecast::trigger
  // Rows and catalogue as known then. Unset: T + Options::knowledge_grace, or now if that is
  // earlier.
  std::optional<absl::Time> as_of;
  // Instead of the region's champion (hindcast with a named model, challenger). InvalidArgument: it
  // learnt another question than that of valid_from and seven days.
  std::shared_ptr<const ServedModel> model;
  // Answer from climatology whatever serves.
  bool without_model = false;
  // Recompute this archived forecast with the newest rows: its model version, climatology and
  // purpose are kept, so that late data alone can change the answer. Overrides the fields above
  // except region and valid_from, which must match.
  std::shared_ptr<const Forecast> revises;
};

// What answers where the serving model has no demonstrated skill: neither passed the gate nor shown
// it in service.
enum class ServeUnskilled : int8_t { kModel = 1, kClimatology = 2 };

struct ReplayResult {
  bool identical = false;
  double max_difference = 0;  // over the class probabilities
  std::string archived_runtime;
  std::string replay_runtime;
  std::optional<Forecast> replay;  // nothing when a window or the model is gone
  std::string explanation;
};

// What the catalogue rung of an archived forecast answered from.
struct RecordedIssue {
  std::shared_ptr<const ServedModel> model;  // of the catalogue rung
  std::vector<SeismicEvent> catalogue;       // merged, before valid_from and as it was known then
};

class Forecaster {
 public:
  struct Options {
    CoveragePolicy coverage;
    MagnitudeClasses classes;
    absl::Duration knowledge_grace =
        absl::Minutes(30);  // hindcasts know what a live issue of that week would have known
    absl::Duration expires_after = absl::ZeroDuration();  // after valid_to
    std::vector<std::string> catalogue_precedence = DefaultCataloguePrecedence();
    // Champions only: a model that is asked for by name, for a hindcast or a replay, always
    // answers.
    ServeUnskilled serve_unskilled = ServeUnskilled::kModel;
    SkillPolicy skill;  // how much evidence shows skill in service
    // The catalogue rung answers from a catalogue whose stated completeness ends no longer than this
    // before the forecast begins.
    absl::Duration catalogue_max_age = absl::Hours(48);
  };
  Forecaster(Options options, NetworkDirectory& network, WindowStore& windows, EventStore& events,
             ForecastStore& forecasts, ModelHost& models, const Clock& clock, InferenceMetrics& metrics,
             const Log& log);

  // revision 1, scored = false, id set: what depends on the archive (revision, supersedes, reason,
  // scored) is set by ArchiveForecast, server/pipeline/forecast_archive.h.
  absl::StatusOr<Forecast> Compute(const ForecastRequest& request);

  // Computes `archived` again from the window revisions, climatology and model version it recorded,
  // touching nothing.
  absl::StatusOr<ReplayResult> Replay(const Forecast& archived);

  // `issued` as `model` would have answered it: from exactly the window revisions and the
  // climatology that it recorded, so that nothing later can enter. What depends on the model is
  // replaced, the rest (id, times, verdict) is the issued forecast's. Touches nothing. NotFound,
  // DataLoss: a window is gone. FailedPrecondition: the region had too little data for any model.
  absl::StatusOr<Forecast> ComputeBeside(const Forecast& issued, const ServedModel& model);

  // FailedPrecondition: the catalogue rung had no model. NotFound, DataLoss: its model is gone, or
  // the catalogue as it was known then reads otherwise now.
  absl::StatusOr<RecordedIssue> IssueOf(const Forecast& archived);

  const Options& options() const { return options_; }

 private:
  struct Gathered;

  absl::StatusOr<Forecast> ComputeUncounted(const ForecastRequest& request);
  absl::Status Gather(const ForecastRequest& request, Gathered& gathered);
  absl::StatusOr<std::shared_ptr<const ServedModel>> ChooseModel(const ForecastRequest& request);
  absl::Status JudgeModel(const ForecastRequest& request, Gathered& gathered);
  static SkillFacts FactsOf(const Gathered& gathered);
  // The ladder: forecaster_ladder.cc.
  absl::StatusOr<std::vector<SeismicEvent>> KnownCatalogue(absl::Time before, absl::Time known_at, bool simulated);
  absl::Status GatherCatalogueRung(const ForecastRequest& request, const NetworkSnapshot& network, Gathered& gathered);
  absl::StatusOr<CatalogueInput> AskCatalogue(const ServedModel& model, const Region& region,
                                              absl::Span<const Region> beside, absl::Time valid_from,
                                              const std::vector<SeismicEvent>& catalogue, const std::string& snapshot,
                                              const ClassProbabilities& climatology);
  // The stations' models of fewer days: forecaster_horizons.cc.
  absl::StatusOr<StationHorizon> AskHorizon(const ForecastInputs& week, const ServedModel& model,
                                            const ClassProbabilities& climatology);
  absl::Status AnswerHorizons(const Gathered& gathered, Forecast& forecast);
  absl::Status ReplayHorizons(const ForecastInputs& week, const Forecast& archived, Forecast& replay,
                              std::string& changed);
  std::vector<std::shared_ptr<const ServedModel>> HorizonModels(const ForecastRequest& request,
                                                                const Gathered& gathered) const;
  std::string WhyLowered(const ServedModel& model, const Gathered& gathered, const CatalogueOutlook& outlook) const;
  absl::StatusOr<Forecast> ComputeCatalogueBeside(const Forecast& issued, const ServedModel& model);
  static std::optional<CatalogueInput> StandingCatalogue(const Forecast& archived);
  absl::StatusOr<std::optional<CatalogueInput>> RecordedCatalogue(const Forecast& archived, std::string& changed);
  static void AnswerByLadder(const ForecastInputs& inputs, const std::optional<RegionPrediction>& prediction,
                             double pool_weight, const SkillVerdict& stations, Forecast& forecast);
  absl::StatusOr<VerifiedRecord> ReadModelRecord(const ServedModel& model, ForecastPurpose purpose);
  absl::StatusOr<std::shared_ptr<const StationWindow>> WindowFor(const StationId& station, absl::Time valid_from,
                                                                 absl::Time as_of);
  absl::Status GatherClimatology(const ForecastRequest& request, const NetworkSnapshot& network, Gathered& gathered);
  absl::StatusOr<std::optional<RegionPrediction>> Predict(const ForecastInputs& inputs, const ServedModel* model);
  Forecast Assemble(const ForecastRequest& request, const Gathered& gathered,
                    const std::optional<RegionPrediction>& prediction) const;
  static void AnswerByStations(const ForecastInputs& inputs, const std::optional<RegionPrediction>& prediction,
                               double pool_weight, Forecast& forecast);
  static void AddLimitations(const Gathered& gathered, bool simulated, double pool_weight, Forecast& forecast);
  absl::Status AddChangeSinceLast(Forecast& forecast);
  absl::StatusOr<ForecastInputs> RecordedInputs(const Forecast& archived);
  static void Compare(const Forecast& archived, Forecast replay, ReplayResult& result);

  const Options options_;
  NetworkDirectory& network_;
  WindowStore& windows_;
  EventStore& events_;
  ForecastStore& forecasts_;
  ModelHost& models_;
  const Clock& clock_;
  InferenceMetrics& metrics_;
  const Log& log_;
  CatalogueOutlooks outlooks_;
};

}  // namespace tremorcast
