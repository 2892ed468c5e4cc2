#include "core/etas/etas_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/cholesky.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

using Evaluation = EtasLikelihood::Evaluation;

// The climb ends when the next step promises less than this many nats, far below what a
// standard error is (half a nat).
constexpr double kLeastGain = 1e-7;
constexpr double kWeakestDamping = 1e-9, kStrongestDamping = 1e9;
constexpr double kLongestStep = 0.3;  // of any parameter in a round
// The background stays once no independence probability moves by more.
constexpr double kLeastMove = 0.01;
constexpr double kFirstIndependence = 0.5;
constexpr double kDifference = 1e-4;  // of parameters, for the curvature

bool OnBound(const EtasParameters& p, size_t i) {
  const EtasBound bound = EtasParameterBound(static_cast<EtasParameter>(i));
  const double edge = 1e-6 * (bound.high - bound.low);
  return p.value[i] <= bound.low + edge || p.value[i] >= bound.high - edge;
}

// A parameter that takes part in a step: not fixed, and not pushed out of its bounds.
std::vector<size_t> FreeParameters(const EtasParameters& p, const EtasVector& gradient, const EtasFitOptions& options) {
  std::vector<size_t> free;
  for (size_t i = 0; i < kEtasParameters; ++i) {
    const EtasBound bound = EtasParameterBound(static_cast<EtasParameter>(i));
    const bool pushed = (p.value[i] <= bound.low && gradient[i] < 0) || (p.value[i] >= bound.high && gradient[i] > 0);
    if (!options.fixed[i] && !pushed) free.push_back(i);
  }
  return free;
}

// (curvature + damping * its diagonal)^-1 gradient, 0 outside `free`.
bool Step(const EtasMatrix& curvature, const EtasVector& gradient, const std::vector<size_t>& free, double damping,
          EtasVector& step) {
  std::vector<double> matrix, rhs;
  for (const size_t a : free) {
    for (const size_t b : free) matrix.push_back(curvature[a][b] * (a == b ? 1 + damping : 1));
    rhs.push_back(gradient[a]);
  }
  if (!SolveInPlace(matrix, rhs)) return false;
  step.fill(0);
  for (size_t k = 0; k < free.size(); ++k) step[free[k]] = rhs[k];
  return true;
}

double Product(const EtasVector& a, const EtasVector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// What the slope lost along `step` says of the curvature (Broyden, Fletcher, Goldfarb, Shanno).
void Learn(EtasMatrix& curvature, const EtasVector& step, const EtasVector& lost) {
  EtasVector bent;
  for (size_t i = 0; i < kEtasParameters; ++i) bent[i] = Product(curvature[i], step);
  const double along = Product(step, lost), expected = Product(step, bent);
  if (!(along > 1e-3 * expected)) return;  // it would not stay positive
  for (size_t i = 0; i < kEtasParameters; ++i) {
    for (size_t j = 0; j < kEtasParameters; ++j) {
      curvature[i][j] += lost[i] * lost[j] / along - bent[i] * bent[j] / expected;
    }
  }
}

// Far from the peak the curvature is a guess. A long step may climb onto the plain where tau is so
// large that no slope leads back.
void Shorten(EtasVector& step) {
  double longest = 0;
  for (const double s : step) longest = std::max(longest, std::abs(s));
  if (longest <= kLongestStep) return;
  for (double& s : step) s *= kLongestStep / longest;
}

EtasParameters Moved(const EtasParameters& from, const EtasVector& step) {
  EtasParameters to = from;
  for (size_t i = 0; i < kEtasParameters; ++i) {
    const EtasBound bound = EtasParameterBound(static_cast<EtasParameter>(i));
    to.value[i] = std::clamp(from.value[i] + step[i], bound.low, bound.high);
  }
  return to;
}

// Climbs to the peak from fit.model.parameters; the reason where none was found. The undamped step
// says how far the peak is: a damped one is short wherever the climb is stuck.
std::string Climb(const EtasLikelihood& likelihood, const EtasFitOptions& options, EtasFit& fit) {
  Evaluation at = likelihood.Evaluate(fit.model.parameters);
  EtasMatrix curvature = at.information;
  double damping = 1e-3;
  std::string unfinished = absl::StrCat("no peak of the likelihood in ", options.most_rounds, " rounds");
  int round = 1;
  for (; round < options.most_rounds; ++round) {
    const std::vector<size_t> free = FreeParameters(fit.model.parameters, at.gradient, options);
    EtasVector step = {};
    if (Step(curvature, at.gradient, free, 0, step) && Product(step, at.gradient) / 2 < kLeastGain) {
      unfinished.clear();
      break;
    }
    if (damping >= kStrongestDamping || !Step(curvature, at.gradient, free, damping, step)) {
      unfinished = absl::StrCat("no peak of the likelihood: the climb is stuck in round ", round);
      break;
    }
    Shorten(step);
    const EtasParameters next = Moved(fit.model.parameters, step);
    Evaluation there = likelihood.Evaluate(next);
    if (!(there.log_likelihood >= at.log_likelihood)) {
      damping = std::max(1e-3, damping * 10);
      continue;
    }
    EtasVector lost;
    for (size_t i = 0; i < kEtasParameters; ++i) {
      step[i] = next.value[i] - fit.model.parameters.value[i];
      lost[i] = at.gradient[i] - there.gradient[i];
    }
    Learn(curvature, step, lost);
    fit.model.parameters = next;
    at = std::move(there);
    damping = damping > kWeakestDamping ? damping / 10 : 0;
  }
  fit.rounds += round;
  fit.log_likelihood = at.log_likelihood;
  fit.independence = std::move(at.independence);
  return unfinished;
}

// The reason where it did not end on a peak whose background stays.
std::string ClimbWithBackground(EtasLikelihood& likelihood, const EtasFitOptions& options, EtasFit& fit) {
  if (options.background == EtasBackgroundKind::kUniform) return Climb(likelihood, options, fit);
  const KernelBackground kernels(likelihood.target_places(), fit.model.region, options.kernels);
  // Not from an even background: where the true one is far from even, that one explains nothing,
  // and all would be taken for triggered.
  fit.independence.assign(likelihood.targets(), kFirstIndependence);
  while (fit.backgrounds < options.most_backgrounds) {
    const std::vector<double> before = fit.independence;
    fit.model.background = kernels.WithWeights(before);
    const BackgroundDensity shape(fit.model.background, fit.model.region);
    std::vector<double> relative;
    relative.reserve(before.size());
    for (size_t j = 0; j < before.size(); ++j) relative.push_back(shape.AtKernel(j));
    likelihood.SetRelativeBackground(std::move(relative));
    ++fit.backgrounds;
    if (std::string unfinished = Climb(likelihood, options, fit); !unfinished.empty()) return unfinished;
    double move = 0;
    for (size_t j = 0; j < before.size(); ++j) move = std::max(move, std::abs(fit.independence[j] - before[j]));
    if (move < kLeastMove) return "";
  }
  return absl::StrCat("a background that still moves after ", options.most_backgrounds, " renewals");
}

// Minus the second derivatives of the log likelihood at the peak, from its slopes; inverted.
bool Covariance(const EtasLikelihood& likelihood, const EtasFitOptions& options, EtasFit& fit) {
  std::vector<size_t> free;
  for (size_t i = 0; i < kEtasParameters; ++i) {
    if (!options.fixed[i]) free.push_back(i);
  }
  EtasMatrix curvature = {};
  for (const size_t a : free) {
    EtasParameters low = fit.model.parameters, high = low;
    low.value[a] -= kDifference;
    high.value[a] += kDifference;
    const EtasVector below = likelihood.Evaluate(low).gradient, above = likelihood.Evaluate(high).gradient;
    for (size_t b = 0; b < kEtasParameters; ++b) curvature[a][b] = (below[b] - above[b]) / (2 * kDifference);
    fit.rounds += 2;
  }
  std::vector<double> symmetric;
  for (const size_t a : free) {
    for (const size_t b : free) symmetric.push_back((curvature[a][b] + curvature[b][a]) / 2);
  }
  for (size_t k = 0; k < free.size(); ++k) {
    std::vector<double> matrix = symmetric, column(free.size(), 0);
    column[k] = 1;
    if (!SolveInPlace(matrix, column)) return false;
    for (size_t l = 0; l < free.size(); ++l) fit.covariance[free[k]][free[l]] = column[l];
    fit.standard_errors[free[k]] = std::sqrt(column[k]);
  }
  return true;
}

std::string Refusal(const EtasFit& fit, const EtasFitOptions& options) {
  for (size_t i = 0; i < kEtasParameters; ++i) {
    if (options.fixed[i] || !OnBound(fit.model.parameters, i)) continue;
    return absl::StrFormat("%s = %.4g lies on its bound", EtasParameterName(static_cast<EtasParameter>(i)),
                           fit.model.parameters.value[i]);
  }
  if (!(fit.branching_ratio < 1)) {
    return absl::StrFormat("the branching ratio %.4f is not below 1, so that cascades need not end",
                           fit.branching_ratio);
  }
  return "";
}

}  // namespace

absl::StatusOr<EtasFit> FitEtas(const EtasEvents& events, const EtasRegion& region, const MagnitudeLaw& law,
                                const Interval& targets, const EtasFitOptions& options) {
  if (targets.empty()) return absl::InvalidArgumentError("ETAS fit: the period of the targets is empty");
  if (!(options.rupture_lengths > 0) || !(options.location_km >= 0) || options.least_targets < 1 ||
      options.most_rounds < 1 || options.most_backgrounds < 1 || !(options.kernels.neighbours > 0) ||
      !(options.kernels.least_sigma_km > 0)) {
    return absl::InvalidArgumentError("ETAS fit: an option that makes no sense");
  }
  EtasFit fit;
  fit.model = {options.start, law, region, {}, options.reach, options.location_km};
  RETURN_IF_ERROR(ValidateEtasModel(fit.model));
  EtasLikelihood likelihood(fit.model, events, events.DayOf(targets.begin), events.DayOf(targets.end),
                            options.rupture_lengths);
  fit.targets = static_cast<int>(likelihood.targets());
  fit.sources = static_cast<int>(likelihood.sources());
  fit.pairs = static_cast<int64_t>(likelihood.pairs());
  if (fit.targets < options.least_targets) {
    fit.refusal = absl::StrCat(fit.targets, " events to fit to, fewer than ", options.least_targets);
    return fit;
  }
  const std::string unfinished = ClimbWithBackground(likelihood, options, fit);
  fit.branching_ratio = BranchingRatio(fit.model.parameters, law);
  for (const double p : fit.independence) fit.background_events += p;
  fit.refusal = Refusal(fit, options);
  if (!fit.refusal.empty()) return fit;
  if (!unfinished.empty()) {
    fit.refusal = unfinished;
  } else if (!Covariance(likelihood, options, fit)) {
    fit.refusal = "the curvature of the likelihood is not that of a peak";
  }
  return fit;
}

}  // namespace tremorcast
