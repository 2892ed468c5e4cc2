#include "server/pipeline/forecast_answer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/digest.h"
#include "core/catalogue/climatology.h"

namespace tremorcast {
namespace {

void AddBits(Sha256Stream& stream, double value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  stream.Update(absl::string_view(bytes, sizeof(bytes)));
}

void AddNumber(Sha256Stream& stream, int64_t value) { stream.UpdateField(absl::StrCat(value)); }

// Usable stations from which on a region is ok; see RegionStatus.
double StationsNeeded(int enrolled, const CoveragePolicy& policy) {
  return std::min<double>(enrolled,
                          std::max(static_cast<double>(policy.ok_min_stations), policy.ok_min_fraction * enrolled));
}

template <typename Numbers>
bool EqualBits(const Numbers& a, const Numbers& b) {
  return std::memcmp(a.data(), b.data(), sizeof(a)) == 0;
}

bool SameRung(const RungAnswer& a, const RungAnswer& b) {
  return a.rung == b.rung && EqualBits(a.probabilities, b.probabilities) &&
         a.before_pool.has_value() == b.before_pool.has_value() &&
         (!a.before_pool.has_value() || EqualBits(*a.before_pool, *b.before_pool));
}

bool SameHorizon(const HorizonOutlook& a, const HorizonOutlook& b) {
  return a.days == b.days && EqualBits(a.probabilities, b.probabilities) && a.expected == b.expected &&
         a.expected_low == b.expected_low && a.expected_high == b.expected_high;
}

bool SameStationHorizon(const StationHorizon& a, const StationHorizon& b) {
  return a.days == b.days && EqualBits(a.climatology, b.climatology) && SameRung(a.answer, b.answer);
}

bool SameLadder(const Forecast& a, const Forecast& b) {
  if (!std::equal(a.rungs.begin(), a.rungs.end(), b.rungs.begin(), b.rungs.end(), SameRung)) return false;
  if (!std::equal(a.station_horizons.begin(), a.station_horizons.end(), b.station_horizons.begin(),
                  b.station_horizons.end(), SameStationHorizon)) {
    return false;
  }
  if (!a.outlook.has_value() || !b.outlook.has_value()) return a.outlook.has_value() == b.outlook.has_value();
  return std::equal(a.outlook->horizons.begin(), a.outlook->horizons.end(), b.outlook->horizons.begin(),
                    b.outlook->horizons.end(), SameHorizon);
}

}  // namespace

StationInput JudgeStation(const StationId& station, const std::shared_ptr<const StationWindow>& stored,
                          const CoveragePolicy& policy) {
  StationInput input;
  input.station = station;
  if (stored == nullptr) return input;
  input.window = stored->key;
  input.content_hash = stored->content_hash;
  auto masked = std::make_shared<StationWindow>(MaskDeadSensors(*stored, policy));
  input.slot_fraction = masked->slot_fraction();
  input.usable = StationUsable(*masked, policy);
  if (input.usable) input.masked = std::move(masked);
  return input;
}

int ForecastInputs::usable() const {
  return static_cast<int>(
      std::count_if(stations.begin(), stations.end(), [](const StationInput& station) { return station.usable; }));
}

ForecastStatus ForecastInputs::status() const {
  if (!stations_asked) return ForecastStatus::kOk;
  return RegionStatus(usable(), static_cast<int>(stations.size()), coverage);
}

std::string ForecastInputs::Hash() const {
  Sha256Stream stream;
  stream.UpdateField("tremorcast forecast inputs 1");
  stream.UpdateField(region.value());
  AddNumber(stream, absl::ToUnixMicros(valid_from));
  AddNumber(stream, static_cast<int64_t>(stations.size()));
  for (const StationInput& station : stations) {
    stream.UpdateField(station.station.value());
    AddNumber(stream, station.window.has_value() ? station.window->revision : 0);
    stream.UpdateField(station.content_hash);
  }
  for (const double p : climatology) AddBits(stream, p);
  for (const double edge : classes.edges) AddBits(stream, edge);
  AddBits(stream, coverage.min_slot_fraction);
  AddBits(stream, coverage.min_feature_fraction);
  AddNumber(stream, coverage.ok_min_stations);
  AddBits(stream, coverage.ok_min_fraction);
  AddBits(stream, coverage.degraded_min_fraction);
  AddNumber(stream, coverage.stale_run_slots);
  stream.UpdateField(model.version.value());
  stream.UpdateField(model.weights_sha256);
  if (catalogue.has_value()) {  // older forecasts have none
    stream.UpdateField("catalogue rung 1");
    stream.UpdateField(catalogue->answer.model.version.value());
    stream.UpdateField(catalogue->answer.model.weights_sha256);
    stream.UpdateField(catalogue->snapshot);
    AddNumber(stream, catalogue->answer.demonstrated_skill ? 1 : 0);
    for (const double p : catalogue->probabilities()) AddBits(stream, p);
  }
  return HexOf(stream.Finish());
}

double EffectivePoolWeight(double pool_weight, int usable, int enrolled, const CoveragePolicy& policy) {
  switch (RegionStatus(usable, enrolled, policy)) {
    case ForecastStatus::kOk:
      return pool_weight;
    case ForecastStatus::kDegraded:
      return pool_weight * usable / StationsNeeded(enrolled, policy);
    case ForecastStatus::kInsufficientData:
      return 0;
  }
  return 0;
}

ForecastAnswer AnswerFrom(const ForecastInputs& inputs, const RegionPrediction* prediction, double pool_weight) {
  ForecastAnswer answer;
  if (prediction == nullptr) {
    answer.probabilities = FloorAndNormalise(inputs.below());
    return answer;
  }
  const double weight =
      EffectivePoolWeight(pool_weight, inputs.usable(), static_cast<int>(inputs.stations.size()), inputs.coverage);
  answer.pool_weight = weight;
  answer.model_probabilities = prediction->probabilities;
  answer.probabilities = PoolWithClimatology(prediction->probabilities, inputs.below(), weight);
  answer.spread_low = answer.spread_high = ExceedanceProbabilities(answer.probabilities);
  for (size_t head = 0; head < prediction->heads.size(); ++head) {
    const auto exceedance =
        ExceedanceProbabilities(PoolWithClimatology(prediction->heads[head], inputs.below(), weight));
    for (size_t k = 0; k < exceedance.size(); ++k) {
      answer.spread_low[k] = head == 0 ? exceedance[k] : std::min(answer.spread_low[k], exceedance[k]);
      answer.spread_high[k] = head == 0 ? exceedance[k] : std::max(answer.spread_high[k], exceedance[k]);
    }
  }
  return answer;
}

bool SameBits(const Forecast& a, const Forecast& b) {
  return SameLadder(a, b) && a.status == b.status && a.model_used == b.model_used &&
         EqualBits(a.probabilities, b.probabilities) && EqualBits(a.spread_low, b.spread_low) &&
         EqualBits(a.spread_high, b.spread_high) &&
         a.model_probabilities.has_value() == b.model_probabilities.has_value() &&
         (!a.model_probabilities.has_value() || EqualBits(*a.model_probabilities, *b.model_probabilities));
}

}  // namespace tremorcast
