#include "core/etas/tapered_omori.h"

#include <algorithm>
#include <cmath>

namespace tremorcast {
namespace {

constexpr double kStep = 0.05;  // of u between nodes
// Beyond this many tau nothing is left.
constexpr double kEnd = 50;

// Gauss's rule of five points on [0, 1].
constexpr std::array<double, 5> kPoints = {0.04691007703066800, 0.23076534494715845, 0.5, 0.76923465505284155,
                                           0.95308992296933200};
constexpr std::array<double, 5> kWeights = {0.11846344252809454, 0.23931433524968324, 0.28444444444444444,
                                            0.23931433524968324, 0.11846344252809454};

// Hermite's cubic between (0, y0) with slope s0 and (1, y1) with slope s1.
double Hermite(double y0, double s0, double y1, double s1, double x) {
  const double rise = y1 - y0;
  return y0 + x * (s0 + x * (3 * rise - 2 * s0 - s1 + x * (s0 + s1 - 2 * rise)));
}

}  // namespace

TaperedOmori::TaperedOmori(double c, double omega, double tau) : c_(c), omega_(omega), tau_(tau), first_(std::log(c)) {
  const auto cells = static_cast<size_t>(std::ceil((std::log(c + kEnd * tau) - first_) / kStep));
  nodes_.resize(cells + 1);
  for (size_t i = 0; i <= cells; ++i) {
    const double u = first_ + kStep * static_cast<double>(i);
    const Parts at = Integrands(u);
    for (size_t k = 0; k < kParts; ++k) nodes_[i][k].integrand = at[k];
    if (i == cells) break;
    Parts sum = {};
    for (size_t g = 0; g < kPoints.size(); ++g) {
      const Parts inside = Integrands(u + kStep * kPoints[g]);
      for (size_t k = 0; k < kParts; ++k) sum[k] += kWeights[g] * inside[k];
    }
    for (size_t k = 0; k < kParts; ++k) nodes_[i + 1][k].integral = nodes_[i][k].integral + kStep * sum[k];
  }
}

double TaperedOmori::Density(double t) const { return std::exp(-t / tau_ - (1 + omega_) * std::log(t + c_)); }

TaperedOmori::Parts TaperedOmori::Integrands(double u) const {
  const double t = c_ * std::expm1(u - first_);
  const double value = std::exp(-omega_ * u - t / tau_);
  return {value, -(1 + omega_) * std::exp(first_ - u) * value, -u * value, t / tau_ * value};
}

template <int parts>
std::array<double, parts> TaperedOmori::Interpolate(double t) const {
  std::array<double, parts> result;
  const double at = std::log1p(t / c_) / kStep;
  const auto cells = static_cast<double>(nodes_.size() - 1);
  if (!(at < cells)) {
    for (size_t k = 0; k < parts; ++k) result[k] = nodes_.back()[k].integral;
    return result;
  }
  const auto i = static_cast<size_t>(at);
  const double x = at - static_cast<double>(i);
  for (size_t k = 0; k < parts; ++k) {
    const Cumulated& left = nodes_[i][k];
    const Cumulated& right = nodes_[i + 1][k];
    result[k] = Hermite(left.integral, kStep * left.integrand, right.integral, kStep * right.integrand, x);
  }
  return result;
}

template std::array<double, 1> TaperedOmori::Interpolate<1>(double) const;
template std::array<double, TaperedOmori::kParts> TaperedOmori::Interpolate<TaperedOmori::kParts>(double) const;

double TaperedOmori::TimeOf(double integral) const {
  // Up to the first node that reaches it: the last ones all hold the total.
  integral = std::min(integral, total());
  const auto after = std::lower_bound(nodes_.begin() + 1, nodes_.end() - 1, integral,
                                      [](const Node& node, double y) { return node[kValue].integral < y; });
  const Cumulated& right = (*after)[kValue];
  const Cumulated& left = (*(after - 1))[kValue];
  double low = 0, high = 1;
  double x = std::clamp((integral - left.integral) / (right.integral - left.integral), 0.0, 1.0);
  // The cubic rises and is nearly straight; halving steps in where the secant leaves the bracket.
  for (int i = 0; i < 60 && high - low > 1e-12; ++i) {
    const double miss =
        Hermite(left.integral, kStep * left.integrand, right.integral, kStep * right.integrand, x) - integral;
    if (std::abs(miss) <= 1e-13 * right.integral) break;
    (miss > 0 ? high : low) = x;
    const double slope = kStep * (left.integrand + x * (right.integrand - left.integrand));
    const double next = x - miss / slope;
    x = next > low && next < high ? next : (low + high) / 2;
  }
  return c_ * std::expm1(kStep * (static_cast<double>(after - 1 - nodes_.begin()) + x));
}

}  // namespace tremorcast
