// The ladder (METHOD.md section 7): what the catalogue rung says, whether it may, and which rung's
// answer is issued.

#include <algorithm>
#include <cmath>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "server/pipeline/catalogue_view.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/forecaster_gathered.h"

namespace tremorcast {
namespace {

// With the background alone a pause as long as this is rarer: the catalogue has stopped, not the
// Earth.
constexpr double kUnlikelyQuiet = 1e-4;

double DaysBetween(absl::Time from, absl::Time to) { return absl::ToDoubleHours(to - from) / 24; }

// The magnitude below which a catalogue misses events `days` after one of `magnitude` (Helmstetter,
// Kagan and Jackson, 2006, BSSA 96, of California).
double ShortTermCompleteness(double magnitude, double days) { return magnitude - 4.5 - 0.75 * std::log10(days); }

std::string ShortTermIncompleteness(const std::vector<SeismicEvent>& catalogue, const Region& area, absl::Time at,
                                    double completeness) {
  const SeismicEvent* worst = nullptr;
  double missing = completeness;
  for (const SeismicEvent& event : catalogue) {
    const double days = DaysBetween(event.origin_time, at);
    if (days <= 0 || days > 30 || !RegionContains(area, event.epicenter)) continue;
    const double lost = ShortTermCompleteness(event.magnitude, std::max(days, 1e-4));
    if (lost <= missing) continue;
    missing = lost;
    worst = &event;
  }
  if (worst == nullptr) return "";
  return absl::StrFormat(
      "so soon after the M %.1f of %s the catalogue lacks events below about M %.1f, so that the "
      "expected numbers are too low rather than too high",
      worst->magnitude, FormatUtc(worst->origin_time), missing);
}

// Whether the model's box holds the region. Beyond it the model has no background and would answer that
// nothing ever happens.
bool Covers(const Region& box, const Region& region) {
  constexpr double kTolerance = 1e-6;  // degrees
  const auto bounds = [](const Region& shape, double GeoPoint::*side) {
    const auto [low, high] = std::minmax_element(shape.polygon.begin(), shape.polygon.end(),
                                                 [side](const auto& a, const auto& b) { return a.*side < b.*side; });
    return std::pair((*low).*side, (*high).*side);
  };
  for (const auto side : {&GeoPoint::latitude_deg, &GeoPoint::longitude_deg}) {
    const auto [low, high] = bounds(box, side);
    const auto [least, most] = bounds(region, side);
    if (least < low - kTolerance || most > high + kTolerance) return false;
  }
  return true;
}

const HorizonOutlook* WeekOf(const CatalogueOutlook& outlook) {
  const auto week = std::find_if(outlook.horizons.begin(), outlook.horizons.end(),
                                 [](const HorizonOutlook& horizon) { return horizon.days == kWeekDays; });
  return week == outlook.horizons.end() ? nullptr : &*week;
}

}  // namespace

absl::StatusOr<std::vector<SeismicEvent>> Forecaster::KnownCatalogue(absl::Time before, absl::Time known_at,
                                                                     bool simulated) {
  EventQuery query;
  query.origin_time.end = before;
  query.as_of = known_at;
  ASSIGN_OR_RETURN(std::vector<SeismicEvent> events, events_.List(query));
  return CatalogueFor(simulated, std::move(events), options_.catalogue_precedence);
}

// Everything but whether it may answer.
absl::StatusOr<CatalogueInput> Forecaster::AskCatalogue(const ServedModel& model, const Region& region,
                                                        absl::Span<const Region> beside, absl::Time valid_from,
                                                        const std::vector<SeismicEvent>& catalogue,
                                                        const std::string& snapshot,
                                                        const ClassProbabilities& climatology) {
  CatalogueInput input;
  input.snapshot = snapshot;
  ASSIGN_OR_RETURN(input.outlook, outlooks_.Of(model, region, beside, valid_from, catalogue, snapshot));
  input.answer.rung = Rung::kCatalogue;
  input.answer.model = model.info.model;
  input.answer.runtime = model.info.runtime;
  input.answer.pool_weight = model.info.pool_weight;
  input.answer.before_pool = FloorAndNormalise(WeekOf(input.outlook)->probabilities);
  input.answer.probabilities = PoolWithClimatology(*input.answer.before_pool, climatology, model.info.pool_weight);
  return input;
}

// Why the model must not answer this once; empty where it may.
std::string Forecaster::WhyLowered(const ServedModel& model, const Gathered& gathered,
                                   const CatalogueOutlook& outlook) const {
  const absl::Time at = gathered.inputs.valid_from;
  if (!Covers(model.etas->model.region.shape, gathered.region)) {
    return "the region reaches beyond the area that the model was fitted to; fit it anew";
  }
  if (outlook.complete_until < at - options_.catalogue_max_age) {
    return absl::StrFormat("the catalogue is complete up to %s only, %.1f days before the forecast begins",
                           FormatUtc(outlook.complete_until), DaysBetween(outlook.complete_until, at));
  }
  const double quiet = DaysBetween(outlook.last_event, at);
  if (std::exp(-model.etas->model.BackgroundPerDay() * quiet) < kUnlikelyQuiet) {
    return absl::StrFormat(
        "the catalogue lists nothing from M %.1f on for %.1f days, where about %.0f events were "
        "expected",
        outlook.completeness, quiet, model.etas->model.BackgroundPerDay() * quiet);
  }
  return "";
}

absl::Status Forecaster::GatherCatalogueRung(const ForecastRequest& request, const NetworkSnapshot& network,
                                             Gathered& gathered) {
  ForecastInputs& inputs = gathered.inputs;
  if (request.revises) {  // late rows change the stations' answer alone
    inputs.catalogue = StandingCatalogue(*request.revises);
    return absl::OkStatus();
  }
  const bool named = request.model != nullptr && request.model->etas != nullptr;
  if (request.without_model || (request.model != nullptr && !named)) return absl::OkStatus();
  const std::shared_ptr<const ServedModel> model = named ? request.model : models_.Catalogue();
  if (model == nullptr || model->record.simulated != gathered.simulated_catalogue ||
      model->etas->classes != inputs.classes) {
    return absl::OkStatus();
  }
  std::vector<Region> beside = network.regions();
  std::erase_if(beside, [&](const Region& region) { return region.simulated != gathered.region.simulated; });
  absl::StatusOr<CatalogueInput> asked =
      AskCatalogue(*model, gathered.region, beside, inputs.valid_from, gathered.catalogue, gathered.catalogue_snapshot,
                   inputs.climatology);
  if (!asked.ok()) {
    metrics_.failures["model"].Increment();
    log_.Error(absl::StrCat("catalogue model ", model->record.model.version.value(), " failed on region ",
                            inputs.region.value(), ", the rung below answers: ", asked.status().ToString()));
    gathered.limitations.push_back("the catalogue model failed, so the rung below it answers");
    return absl::OkStatus();
  }
  CatalogueOutlook& outlook = asked->outlook;
  outlook.known_at = gathered.catalogue_known_at;
  outlook.complete_until = gathered.catalogue_complete_until > absl::InfinitePast()
                               ? std::min(gathered.catalogue_complete_until, inputs.valid_from)
                               : outlook.last_event;
  SkillFacts facts;
  facts.rung = Rung::kCatalogue;
  facts.has_model = true;
  facts.pool_weight = model->info.pool_weight;
  facts.gate_passed = model->info.demonstrated_skill;
  facts.gate_verdict = model->record.verdict;
  facts.lowered = WhyLowered(*model, gathered, outlook);
  const bool simulated = gathered.simulated || model->record.simulated;
  ASSIGN_OR_RETURN(const VerifiedRecord record,
                   ReadModelRecord(*model, simulated ? ForecastPurpose::kTest : ForecastPurpose::kOperational));
  facts.model_record = &record;
  const SkillVerdict verdict = JudgeSkill(facts);
  asked->answer.demonstrated_skill = verdict.demonstrated() || (named && facts.lowered.empty());
  asked->answer.verdict = verdict.sentence;
  if (outlook.complete_until < inputs.valid_from) {
    gathered.limitations.push_back(
        absl::StrCat("the catalogue was known to be complete up to ", FormatUtc(outlook.complete_until), " only"));
  }
  if (std::string lacks = ShortTermIncompleteness(gathered.catalogue, model->etas->model.region.shape,
                                                  inputs.valid_from, outlook.completeness);
      !lacks.empty()) {
    gathered.limitations.push_back(std::move(lacks));
  }
  inputs.catalogue = *std::move(asked);
  return absl::OkStatus();
}

// The highest rung that has shown skill over the one below answers. Without a catalogue rung that
// answers, policy says whether a stations' model without skill does.
void Forecaster::AnswerByLadder(const ForecastInputs& inputs, const std::optional<RegionPrediction>& prediction,
                                double pool_weight, const SkillVerdict& stations, Forecast& f) {
  AnswerByStations(inputs, prediction, pool_weight, f);
  RungAnswer top;
  top.rung = Rung::kStations;
  top.model = inputs.model;
  top.probabilities = f.probabilities;
  top.before_pool = f.model_probabilities;
  top.pool_weight = f.pool_weight;
  top.demonstrated_skill = f.model_used && stations.demonstrated();
  top.answers = f.model_used && (top.demonstrated_skill || !inputs.catalogue_answers());
  top.verdict = inputs.stations_asked ? stations.sentence : "no stations' model in service learnt to be issued then";
  top.runtime = f.runtime;

  RungAnswer middle;
  middle.rung = Rung::kCatalogue;
  middle.probabilities = inputs.climatology;
  middle.verdict = "no demonstrated skill: no catalogue model answers for this region";
  if (inputs.catalogue.has_value()) {
    middle = inputs.catalogue->answer;
    middle.answers = middle.demonstrated_skill && !top.answers;
    f.outlook = inputs.catalogue->outlook;
  }

  RungAnswer bottom;
  bottom.probabilities = inputs.climatology;
  bottom.answers = !top.answers && !middle.answers;
  bottom.verdict = "the usual rate of earthquakes, counted from the catalogue";

  f.demonstrated_skill = top.demonstrated_skill;
  f.verdict = stations.sentence;
  if (middle.answers) {
    f.model_used = true;
    f.model = middle.model;
    f.model_probabilities = middle.before_pool;
    f.pool_weight = middle.pool_weight;
    f.probabilities = middle.probabilities;
    f.spread_low = f.spread_high = {};  // it has no heads
    f.demonstrated_skill = true;
    f.verdict = middle.verdict;
    f.runtime = middle.runtime;
    f.calibration.clear();
    f.set_aside_model = ModelVersion();
  }
  f.rungs = {std::move(bottom), std::move(middle), std::move(top)};
}

// The catalogue rung's answer as it is archived.
std::optional<CatalogueInput> Forecaster::StandingCatalogue(const Forecast& archived) {
  const RungAnswer* answer = FindRung(archived, Rung::kCatalogue);
  if (answer == nullptr || answer->model.version.empty() || !archived.outlook.has_value()) return std::nullopt;
  return CatalogueInput{archived.catalogue_snapshot, *archived.outlook, *answer};
}

absl::StatusOr<RecordedIssue> Forecaster::IssueOf(const Forecast& archived) {
  const RungAnswer* said = FindRung(archived, Rung::kCatalogue);
  if (said == nullptr || said->model.version.empty() || !archived.outlook.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the catalogue rung had no model for forecast ", archived.id, " of ", archived.region.value()));
  }
  RecordedIssue issue;
  ASSIGN_OR_RETURN(issue.model, models_.Load(said->model.version));
  ASSIGN_OR_RETURN(issue.catalogue,
                   KnownCatalogue(archived.valid_from, archived.outlook->known_at, issue.model->record.simulated));
  const std::string snapshot = CatalogueSnapshot(issue.catalogue);
  if (snapshot != archived.catalogue_snapshot) {
    return absl::DataLossError(absl::StrCat("the catalogue as it was known then reads otherwise now (", snapshot,
                                            ", was ", archived.catalogue_snapshot, ")"));
  }
  return issue;
}

// The catalogue rung's answer as it was given, computed again from the catalogue as it was
// known then. `changed`: why it cannot be had any more; then nothing, as for a forecast without one.
absl::StatusOr<std::optional<CatalogueInput>> Forecaster::RecordedCatalogue(const Forecast& archived,
                                                                            std::string& changed) {
  if (!StandingCatalogue(archived).has_value()) return std::nullopt;
  const absl::StatusOr<RecordedIssue> issue = IssueOf(archived);
  if (absl::IsNotFound(issue.status()) || absl::IsDataLoss(issue.status())) {
    changed = std::string(issue.status().message());
    return std::nullopt;
  }
  if (!issue.ok()) return issue.status();
  Region region;
  region.id = archived.region;
  region.polygon = archived.region_polygon;
  ASSIGN_OR_RETURN(CatalogueInput input, AskCatalogue(*issue->model, region, {}, archived.valid_from, issue->catalogue,
                                                      archived.catalogue_snapshot, archived.climatology));
  const RungAnswer* said = FindRung(archived, Rung::kCatalogue);
  input.outlook.known_at = archived.outlook->known_at;
  input.outlook.complete_until = archived.outlook->complete_until;
  input.answer.demonstrated_skill = said->demonstrated_skill;
  input.answer.verdict = said->verdict;
  return input;
}

absl::StatusOr<Forecast> Forecaster::ComputeCatalogueBeside(const Forecast& issued, const ServedModel& model) {
  ASSIGN_OR_RETURN(const auto complete, events_.ListCompleteness(false));
  const bool simulated = UsesSimulatedCatalogue(issued.purpose == ForecastPurpose::kTest, complete);
  if (simulated != model.record.simulated) {
    return absl::FailedPreconditionError(
        absl::StrCat("model ", model.record.model.version.value(), " is of another world than forecast ", issued.id));
  }
  ASSIGN_OR_RETURN(const std::vector<SeismicEvent> catalogue,
                   KnownCatalogue(issued.valid_from, issued.issued_at, simulated));
  Region region;
  region.id = issued.region;
  region.polygon = issued.region_polygon;
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  ASSIGN_OR_RETURN(CatalogueInput input, AskCatalogue(model, region, network->regions(), issued.valid_from, catalogue,
                                                      CatalogueSnapshot(catalogue), issued.climatology));
  Forecast beside = issued;
  beside.model = input.answer.model;
  beside.model_used = true;
  beside.model_probabilities = input.answer.before_pool;
  beside.probabilities = input.answer.probabilities;
  beside.pool_weight = input.answer.pool_weight;
  beside.runtime = input.answer.runtime;
  beside.calibration = model.info.calibration;
  beside.demonstrated_skill = model.info.demonstrated_skill && model.info.pool_weight > 0;
  beside.input_hash = input.snapshot;
  return beside;
}

}  // namespace tremorcast
