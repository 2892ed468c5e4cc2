#include "server/pipeline/forecaster.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "server/pipeline/catalogue_view.h"
#include "server/pipeline/forecast_answer.h"
#include "server/pipeline/forecaster_gathered.h"

namespace tremorcast {
namespace {

// Fewer make a climatology that says little.
constexpr int64_t kWeeksForClimatology = 52;

void ObserveSince(prometheus::Histogram& histogram, absl::Time start) {
  histogram.Observe(absl::ToDoubleSeconds(absl::Now() - start));
}

absl::Time ToMicroseconds(absl::Time t) { return absl::FromUnixMicros(absl::ToUnixMicros(t)); }

bool AnySimulated(const Region& region, const std::vector<Station>& stations) {
  return region.simulated ||
         std::any_of(stations.begin(), stations.end(), [](const Station& s) { return s.simulated; });
}

std::string Percent(double share) { return absl::StrFormat("%.0f %%", 100 * share); }

}  // namespace

Forecaster::Forecaster(Options options, NetworkDirectory& network, WindowStore& windows, EventStore& events,
                       ForecastStore& forecasts, ModelHost& models, const Clock& clock, InferenceMetrics& metrics,
                       const Log& log)
    : options_(std::move(options)),
      network_(network),
      windows_(windows),
      events_(events),
      forecasts_(forecasts),
      models_(models),
      clock_(clock),
      metrics_(metrics),
      log_(log) {}

absl::StatusOr<Forecast> Forecaster::Compute(const ForecastRequest& request) {
  absl::StatusOr<Forecast> forecast = ComputeUncounted(request);
  if (!forecast.ok()) {
    const absl::StatusCode code = forecast.status().code();
    // A model's own failure was counted where it happened.
    if (code == absl::StatusCode::kNotFound || code == absl::StatusCode::kInvalidArgument ||
        code == absl::StatusCode::kFailedPrecondition) {
      metrics_.failures["input"].Increment();
    } else if (code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded ||
               code == absl::StatusCode::kDataLoss) {
      metrics_.failures["store"].Increment();
    } else {
      metrics_.failures["model"].Increment();
    }
    log_.Warning(absl::StrCat("no forecast for region ", request.region.value(), " from ",
                              FormatUtc(request.valid_from), ": ", forecast.status().ToString()));
  }
  return forecast;
}

absl::StatusOr<Forecast> Forecaster::ComputeUncounted(const ForecastRequest& request) {
  const absl::Time start = absl::Now();
  Gathered gathered;
  RETURN_IF_ERROR(Gather(request, gathered));
  ObserveSince(metrics_.input_seconds, start);

  ASSIGN_OR_RETURN(std::optional<RegionPrediction> prediction,
                   Predict(gathered.inputs, gathered.inputs.model_answers() ? gathered.model.get() : nullptr));

  const absl::Time output_start = absl::Now();
  Forecast forecast = Assemble(request, gathered, prediction);
  RETURN_IF_ERROR(AnswerHorizons(gathered, forecast));
  RETURN_IF_ERROR(AddChangeSinceLast(forecast));
  ObserveSince(metrics_.output_seconds, output_start);
  return forecast;
}

absl::Status Forecaster::Gather(const ForecastRequest& request, Gathered& gathered) {
  const absl::Time now = clock_.Now();
  const bool weekly = request.issue == IssueKind::kWeekly;
  if (!weekly && absl::ToUnixMicros(request.valid_from) % 1'000'000 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("issue time ", FormatUtc(request.valid_from), " is no whole second"));
  }
  if (weekly && !SlotAt(request.valid_from).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("issue time ", FormatUtc(request.valid_from), " is not on the ten-minute grid"));
  }
  if (request.valid_from > now) {
    return absl::InvalidArgumentError(absl::StrCat("issue time ", FormatUtc(request.valid_from), " is in the future"));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const NetworkSnapshot> network, network_.ForRegion(request.region));
  const Region* region = network->FindRegion(request.region);
  if (region == nullptr) return absl::NotFoundError(absl::StrCat("no region ", request.region.value()));
  gathered.region = *region;
  gathered.as_of = request.revises ? now : request.as_of.value_or(request.valid_from + options_.knowledge_grace);
  gathered.as_of = std::min(gathered.as_of, now);
  std::vector<Station> stations = network->Enrolled(*region, {request.valid_from - kWeekLength, request.valid_from});
  gathered.simulated = AnySimulated(*region, stations);

  ForecastInputs& inputs = gathered.inputs;
  inputs.region = request.region;
  inputs.valid_from = request.valid_from;
  inputs.coverage = options_.coverage;
  inputs.classes = options_.classes;
  ASSIGN_OR_RETURN(std::shared_ptr<const ServedModel> model, ChooseModel(request));
  gathered.model = std::move(model);
  inputs.stations_asked = weekly || gathered.model != nullptr;
  if (!inputs.stations_asked) stations.clear();
  RETURN_IF_ERROR(JudgeModel(request, gathered));
  if (gathered.model != nullptr) inputs.model = gathered.model->info.model;
  for (const Station& station : stations) {
    ASSIGN_OR_RETURN(std::shared_ptr<const StationWindow> window,
                     WindowFor(station.id, request.valid_from, gathered.as_of));
    inputs.stations.push_back(JudgeStation(station.id, window, options_.coverage));
  }
  if (request.revises) {
    inputs.climatology = request.revises->climatology;
    gathered.catalogue_snapshot = request.revises->catalogue_snapshot;
    for (const StationHorizon& said : request.revises->station_horizons) {
      ASSIGN_OR_RETURN(std::shared_ptr<const ServedModel> of_days, models_.Load(said.answer.model.version));
      gathered.horizons.emplace_back(std::move(of_days), said.climatology);
    }
  } else {
    RETURN_IF_ERROR(GatherClimatology(request, *network, gathered));
  }
  return GatherCatalogueRung(request, *network, gathered);
}

absl::StatusOr<std::shared_ptr<const ServedModel>> Forecaster::ChooseModel(const ForecastRequest& request) {
  if (request.revises) {
    const ModelVersion version = StationModel(*request.revises).version;
    if (version.empty()) return std::shared_ptr<const ServedModel>();
    return models_.Load(version);
  }
  // A model of the catalogue rung that is asked for by name answers alone.
  if (request.without_model || (request.model && request.model->etas)) return std::shared_ptr<const ServedModel>();
  const std::optional<StationQuestion> asked = QuestionAt(request.valid_from);
  if (request.model) {
    const StationQuestion& learnt = request.model->info.question;
    if (!learnt.weekly() && learnt != asked) {
      return absl::InvalidArgumentError(absl::StrCat("model ", request.model->record.model.version.value(),
                                                     " learnt another question (", DescribeQuestion(learnt),
                                                     ") than the seven days from ", FormatUtc(request.valid_from)));
    }
    return request.model;
  }
  if (request.issue == IssueKind::kWeekly) return models_.For(request.region);
  if (request.issue == IssueKind::kEvent || !asked.has_value() || asked->weekly())
    return std::shared_ptr<const ServedModel>();
  return models_.For(request.region, *asked);
}

// The station's window of the seven days before `valid_from` as known at `as_of`; null when nothing
// was known.
absl::StatusOr<std::shared_ptr<const StationWindow>> Forecaster::WindowFor(const StationId& station,
                                                                           absl::Time valid_from, absl::Time as_of) {
  const absl::Time start = valid_from - kWeekLength;
  std::optional<WindowInfo> found;
  if (WeekGrid::Service().IsStart(start)) {
    absl::StatusOr<std::optional<WindowInfo>> known = windows_.Find(station, start, as_of);
    if (known.ok() && !known->has_value()) {
      // Not sealed yet, or sealed with rows that came after as_of: then there is no window that was
      // known then.
      if (absl::StatusOr<WindowInfo> sealed = windows_.Seal(station, start, clock_.Now()); !sealed.ok()) {
        return sealed.status();
      }
      known = windows_.Find(station, start, as_of);
    }
    if (!known.ok()) return known.status();
    found = *std::move(known);
  } else {
    ASSIGN_OR_RETURN(found, windows_.ArchiveRolling(station, start, as_of));
  }
  if (!found.has_value()) return std::shared_ptr<const StationWindow>();
  return windows_.Read(found->key);
}

absl::Status Forecaster::GatherClimatology(const ForecastRequest& request, const NetworkSnapshot& network,
                                           Gathered& gathered) {
  ASSIGN_OR_RETURN(const auto complete, events_.ListCompleteness(false));
  const bool simulated = UsesSimulatedCatalogue(gathered.simulated, complete);
  gathered.simulated_catalogue = simulated;
  gathered.catalogue_known_at = gathered.as_of;
  absl::StatusOr<std::vector<SeismicEvent>> catalogue = KnownCatalogue(request.valid_from, gathered.as_of, simulated);
  if (catalogue.ok() && catalogue->empty() && request.purpose != ForecastPurpose::kOperational) {
    // The catalogue was loaded after the moment that is asked about. Its events before T are the
    // best that can be said of what was known.
    gathered.catalogue_known_at = clock_.Now();
    catalogue = KnownCatalogue(request.valid_from, gathered.catalogue_known_at, simulated);
    if (catalogue.ok() && !catalogue->empty()) {
      gathered.limitations.push_back(
          "climatology is counted from the catalogue as it is known now, because none was loaded at the time");
    }
  }
  if (!catalogue.ok()) return catalogue.status();
  gathered.catalogue_snapshot = CatalogueSnapshot(*catalogue);

  std::vector<Region> regions = network.regions();  // of this world: the others would spoil the network's prior
  regions.erase(std::remove_if(regions.begin(), regions.end(),
                               [&](const Region& region) { return region.simulated != gathered.region.simulated; }),
                regions.end());
  Interval period = CataloguePeriod(simulated, complete, *catalogue, regions);
  gathered.catalogue_complete_until = period.end;
  if (period.end == absl::InfinitePast()) {  // nobody said how far: as far as its events go
    period.begin = StartOfCatalogue(*catalogue, regions);
    if (!catalogue->empty()) period.end = catalogue->back().origin_time;
  }
  period.end = std::min(request.valid_from, period.end);
  if (period.empty()) period = {request.valid_from, request.valid_from};
  const ClimatologyTable table = BuildClimatology(regions, *catalogue, period, WeekGrid::Service(), options_.classes);
  const ServedModel* prior = gathered.model != nullptr ? gathered.model.get() : gathered.unasked.get();
  if (table.weeks > 0) {
    gathered.inputs.climatology = FloorAndNormalise(table.For(request.region));
  } else if (prior != nullptr) {
    gathered.inputs.climatology = FloorAndNormalise(prior->info.network_prior);
    gathered.limitations.push_back("no catalogue before the forecast: climatology is the model's training prior");
  } else {
    return absl::FailedPreconditionError(
        absl::StrCat("region ", request.region.value(),
                     ": neither a catalogue of a whole week before the forecast nor a model; import a catalogue"));
  }
  for (const std::shared_ptr<const ServedModel>& served : HorizonModels(request, gathered)) {
    const ClimatologyTable days = BuildClimatology(regions, *catalogue, period, WeekGrid::Service(), options_.classes,
                                                   served->info.question.horizon());
    if (days.weeks > 0) gathered.horizons.emplace_back(served, FloorAndNormalise(days.For(request.region)));
  }
  if (table.weeks > 0 && table.weeks < kWeeksForClimatology) {
    gathered.limitations.push_back(absl::StrCat("climatology from ", table.weeks, " weeks only"));
  }
  gathered.catalogue = *std::move(catalogue);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RegionPrediction>> Forecaster::Predict(const ForecastInputs& inputs,
                                                                    const ServedModel* model) {
  if (model == nullptr) return std::optional<RegionPrediction>();
  RegionInput region;
  region.region = inputs.region;
  for (const StationInput& station : inputs.stations) {
    if (station.usable) region.windows.push_back(station.masked.get());
  }
  const absl::Time start = absl::Now();
  absl::StatusOr<std::vector<RegionPrediction>> predictions = model->predictor->Predict({region});
  ObserveSince(metrics_.compute_seconds, start);
  if (!predictions.ok()) {
    // Whatever it says, it is the model that failed, not the caller's input and not the store.
    return absl::InternalError(absl::StrCat("model ", model->record.model.version.value(), " failed on region ",
                                            inputs.region.value(), ": ", predictions.status().ToString()));
  }
  metrics_.windows.Increment(static_cast<double>(region.windows.size()));
  const RegionPrediction& prediction = predictions->front();
  double sum = 0;
  for (const double p : prediction.probabilities) sum += p;
  if (!(std::abs(sum - 1) < 1e-6)) {  // false for NaN as well
    return absl::InternalError(
        absl::StrCat("model ", model->record.model.version.value(), " answered probabilities that do not sum to 1"));
  }
  return std::optional<RegionPrediction>(prediction);
}

Forecast Forecaster::Assemble(const ForecastRequest& request, const Gathered& gathered,
                              const std::optional<RegionPrediction>& prediction) const {
  const ForecastInputs& inputs = gathered.inputs;
  const bool simulated = gathered.simulated || (gathered.model != nullptr && gathered.model->record.simulated);
  Forecast f;
  f.region = inputs.region;
  f.purpose = request.revises ? request.revises->purpose : simulated ? ForecastPurpose::kTest : request.purpose;
  f.id = MakeForecastId(inputs.valid_from, f.purpose, 1);
  f.issue = request.issue;
  f.trigger = request.trigger;
  f.region_title = gathered.region.title;
  f.region_polygon = gathered.region.polygon;
  f.issued_at = ToMicroseconds(clock_.Now());
  f.data_cutoff = f.valid_from = inputs.valid_from;
  f.valid_to = f.valid_from + kWeekLength;
  f.expires_at = f.valid_to + options_.expires_after;
  f.next_issue = WeekGrid::Service().At(f.valid_from, 1).begin + options_.knowledge_grace;
  f.magnitude_edges = options_.classes.edges;
  f.climatology = inputs.climatology;
  f.catalogue_snapshot = gathered.catalogue_snapshot;
  f.input_hash = inputs.Hash();
  f.stations_enrolled = static_cast<int>(inputs.stations.size());
  for (const StationInput& station : inputs.stations) {
    f.stations.push_back({station.station, station.usable, station.slot_fraction, station.window, {}});
  }
  f.set_aside_model = gathered.set_aside;
  SkillFacts facts = FactsOf(gathered);
  const double pool_weight = facts.pool_weight;
  if (gathered.model != nullptr) {
    f.model = inputs.model;
    f.calibration = gathered.model->info.calibration;
    f.runtime = gathered.model->info.runtime;
  }
  facts.status = inputs.status();
  facts.usable = inputs.usable();
  facts.enrolled = f.stations_enrolled;
  facts.below_answers = inputs.catalogue_answers();
  SkillVerdict verdict = JudgeSkill(facts);
  // Why the first issue set its model aside is known to the first issue alone.
  const bool repeats = request.revises && facts.set_aside && gathered.unasked == nullptr &&
                       facts.status != ForecastStatus::kInsufficientData &&
                       request.revises->status != ForecastStatus::kInsufficientData;
  if (repeats) {
    const RungAnswer* said = FindRung(*request.revises, Rung::kStations);
    verdict.sentence = said != nullptr ? said->verdict : request.revises->verdict;
  }
  AnswerByLadder(inputs, prediction, pool_weight, verdict, f);
  AddLimitations(gathered, simulated, pool_weight, f);
  return f;
}

void Forecaster::AnswerByStations(const ForecastInputs& inputs, const std::optional<RegionPrediction>& prediction,
                                  double pool_weight, Forecast& f) {
  const ForecastAnswer answer = AnswerFrom(inputs, prediction.has_value() ? &*prediction : nullptr, pool_weight);
  f.status = inputs.status();
  f.stations_usable = inputs.usable();
  f.model_used = prediction.has_value();
  f.probabilities = answer.probabilities;
  f.spread_low = answer.spread_low;
  f.spread_high = answer.spread_high;
  f.model_probabilities = answer.model_probabilities;
  f.pool_weight = answer.pool_weight;
}

void Forecaster::AddLimitations(const Gathered& gathered, bool simulated, double pool_weight, Forecast& f) {
  f.limitations = gathered.limitations;
  if (simulated) f.limitations.push_back("simulated: a test of the system that says nothing about the Earth");
  if (f.purpose == ForecastPurpose::kHindcast) f.limitations.push_back("computed after the fact");
  // Of whichever rung answers.
  const Interval& learnt = f.model.training_period;
  if (f.model_used && !learnt.empty() && learnt.end > f.valid_from) {
    f.limitations.push_back(absl::StrCat("the model has learnt from what came until ", FormatNetworkTime(learnt.end),
                                         ", so this says nothing of its skill"));
  }
  if (f.status == ForecastStatus::kDegraded) {
    f.limitations.push_back(absl::StrCat("only ", f.stations_usable, " of ", f.stations_enrolled,
                                         " stations have enough data: pulled towards climatology (weight of the model ",
                                         Percent(f.pool_weight), " instead of ", Percent(pool_weight), ")"));
  }
  if (AnsweringRung(f) == Rung::kStations) {
    f.limitations.push_back("the spread is that of the model's heads, not a confidence interval");
    if (std::all_of(f.stations.begin(), f.stations.end(), [](const auto& s) { return s.drift_flags.empty(); })) {
      f.limitations.push_back("drift of the features since the training period was not assessed");
    }
  }
}

absl::Status Forecaster::AddChangeSinceLast(Forecast& forecast) {
  ForecastQuery query;
  query.region = forecast.region;
  query.purposes = {forecast.purpose};
  const absl::Time last_week = forecast.valid_from - kWeekLength;
  query.valid_from = {last_week, last_week + absl::Microseconds(1)};
  query.limit = 1;
  if (forecast.issue != IssueKind::kWeekly) {
    query.issues = {};
    query.valid_from = {absl::InfinitePast(), forecast.valid_from};
    query.newest_first = true;
  }
  ASSIGN_OR_RETURN(std::vector<Forecast> last, forecasts_.List(query));
  if (last.empty() || last.front().reason == RevisionReason::kWithdrawn) return absl::OkStatus();
  const auto before = ExceedanceProbabilities(last.front().probabilities);
  auto change = ExceedanceProbabilities(forecast.probabilities);
  for (size_t k = 0; k < change.size(); ++k) change[k] -= before[k];
  forecast.change_since_last = change;
  return absl::OkStatus();
}

}  // namespace tremorcast
