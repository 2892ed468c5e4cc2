#include "core/etas/etas_likelihood.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/etas/tapered_omori.h"

namespace tremorcast {
namespace {

constexpr double kLn10 = std::numbers::ln10;

// Subsurface length of an oblique rupture.
double RuptureLengthKm(double magnitude) { return std::pow(10, 0.59 * magnitude - 2.44); }

}  // namespace

EtasLikelihood::EtasLikelihood(const EtasModel& model, const EtasEvents& events, double begin, double end,
                               double rupture_lengths)
    : area_days_(model.region.area_km2 * (end - begin)) {
  const size_t last = events.Before(end);
  const double least_km2 = model.location_km * model.location_km;
  std::vector<double> reach;  // squared chords
  for (size_t i = 0; i < last; ++i) {
    const EtasEvents::Event& event = events.events[i];
    reach.push_back(SquaredChordOf(rupture_lengths * RuptureLengthKm(event.magnitude)));
    sources_.push_back({event.magnitude - model.magnitudes.lower(), std::max(0.0, begin - event.day), end - event.day,
                        border_.size()});
    if (model.reach == EtasReach::kRegion) {
      const std::vector<BorderPiece> border = BorderFrom(model.region, event.place);
      border_.insert(border_.end(), border.begin(), border.end());
    }
  }
  first_pair_.push_back(0);
  for (size_t j = events.Before(begin); j < last; ++j) {
    const EtasEvents::Event& target = events.events[j];
    if (!target.inside) continue;
    for (size_t i = 0; i < j && events.events[i].day < target.day; ++i) {
      const double chord = SquaredChord(events.events[i].at, target.at);
      if (chord > reach[i]) continue;
      pairs_.push_back({static_cast<int32_t>(i), static_cast<float>(target.day - events.events[i].day),
                        static_cast<float>(std::max(SquaredDistanceKm2(chord), least_km2))});
    }
    first_pair_.push_back(pairs_.size());
    target_places_.push_back(target.place);
  }
  relative_background_.assign(targets(), 1);
}

EtasLikelihood::Evaluation EtasLikelihood::Evaluate(const EtasParameters& parameters) const {
  Evaluation evaluation;
  AddTargets(parameters, evaluation);
  TakeCompensator(parameters, evaluation);
  return evaluation;
}

void EtasLikelihood::AddTargets(const EtasParameters& p, Evaluation& evaluation) const {
  struct Kernel {
    double log_productivity, zone_km2, excess;
  };
  std::vector<Kernel> kernels;
  kernels.reserve(sources_.size());
  for (const Source& source : sources_) {
    kernels.push_back({p.LogProductivity(source.excess), p.ZoneKm2(source.excess), source.excess});
  }
  const double mu = p.mu(), c = p.c(), in_time = 1 + p.omega(), in_space = 1 + p.rho(), per_tau = 1 / p.tau();
  evaluation.independence.reserve(targets());
  for (size_t j = 0; j < targets(); ++j) {
    const double background = mu * relative_background_[j];
    double intensity = background;
    double by_a = 0, by_c = 0, by_omega = 0, by_tau = 0, by_d = 0, by_gamma = 0, by_rho = 0;
    for (size_t k = first_pair_[j]; k < first_pair_[j + 1]; ++k) {
      const Pair& pair = pairs_[k];
      const Kernel& kernel = kernels[static_cast<size_t>(pair.source)];
      const double late = pair.days + c;
      const double far = pair.squared_km + kernel.zone_km2;
      const double log_late = std::log(late), log_far = std::log(far);
      const double g =
          std::exp(kernel.log_productivity - pair.days * per_tau - in_time * log_late - in_space * log_far);
      const double zone = g * kernel.zone_km2 / far;
      intensity += g;
      by_a += g * kernel.excess;
      by_c += g / late;
      by_omega += g * log_late;
      by_tau += g * pair.days;
      by_d += zone;
      by_gamma += zone * kernel.excess;
      by_rho += g * log_far;
    }
    evaluation.log_likelihood += std::log(intensity);
    evaluation.independence.push_back(background / intensity);
    EtasVector slope;
    slope[kLog10Mu] = kLn10 * background / intensity;
    slope[kLog10K0] = kLn10 * (intensity - background) / intensity;
    slope[kA] = by_a / intensity;
    slope[kLog10C] = -kLn10 * in_time * c * by_c / intensity;
    slope[kOmega] = -by_omega / intensity;
    slope[kLog10Tau] = kLn10 * per_tau * by_tau / intensity;
    slope[kLog10D] = -kLn10 * in_space * by_d / intensity;
    slope[kGamma] = -in_space * by_gamma / intensity;
    slope[kRho] = -by_rho / intensity;
    for (size_t a = 0; a < kEtasParameters; ++a) {
      evaluation.gradient[a] += slope[a];
      for (size_t b = 0; b <= a; ++b) evaluation.information[a][b] += slope[a] * slope[b];
    }
  }
  for (size_t a = 0; a < kEtasParameters; ++a) {
    for (size_t b = a + 1; b < kEtasParameters; ++b) evaluation.information[a][b] = evaluation.information[b][a];
  }
}

void EtasLikelihood::TakeCompensator(const EtasParameters& p, Evaluation& evaluation) const {
  const TaperedOmori decay(p.c(), p.omega(), p.tau());
  const double rho = p.rho();
  evaluation.log_likelihood -= p.mu() * area_days_;
  evaluation.gradient[kLog10Mu] -= kLn10 * p.mu() * area_days_;
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    TaperedOmori::Parts time = decay.IntegralWithGradient(source.end);
    if (source.begin > 0) {
      const TaperedOmori::Parts before = decay.IntegralWithGradient(source.begin);
      for (size_t k = 0; k < time.size(); ++k) time[k] -= before[k];
    }
    const double zone = p.ZoneKm2(source.excess);
    // The part that falls into the region, and its slopes by ln zone and rho.
    double inside = 1, by_zone = 0, by_rho = 0;
    if (!border_.empty()) {
      inside = 0;
      const size_t end = i + 1 < sources_.size() ? sources_[i + 1].first_piece : border_.size();
      for (size_t k = source.first_piece; k < end; ++k) {
        const BorderPiece& piece = border_[k];
        const double spread = std::log1p(piece.squared_km / zone);
        const double outside = piece.share * std::exp(-rho * spread);
        inside += piece.share - outside;
        by_zone -= outside * rho * piece.squared_km / (piece.squared_km + zone);
        by_rho += outside * spread;
      }
    }
    const double plane = std::numbers::pi / rho * std::exp(p.LogProductivity(source.excess) - rho * std::log(zone));
    const double children = plane * inside * time[TaperedOmori::kValue];
    const double by_log_zone = plane * time[TaperedOmori::kValue] * (by_zone - rho * inside);
    EtasVector& gradient = evaluation.gradient;
    evaluation.log_likelihood -= children;
    gradient[kLog10K0] -= kLn10 * children;
    gradient[kA] -= source.excess * children;
    gradient[kLog10C] -= kLn10 * plane * inside * time[TaperedOmori::kByLogC];
    gradient[kOmega] -= plane * inside * time[TaperedOmori::kByOmega];
    gradient[kLog10Tau] -= kLn10 * plane * inside * time[TaperedOmori::kByLogTau];
    gradient[kLog10D] -= kLn10 * by_log_zone;
    gradient[kGamma] -= source.excess * by_log_zone;
    gradient[kRho] -= plane * time[TaperedOmori::kValue] * (by_rho - inside * (std::log(zone) + 1 / rho));
  }
}

}  // namespace tremorcast
