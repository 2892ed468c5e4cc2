#pragma once

// The decay of aftershocks in time, w(t) = e^(-t / tau) (t + c)^(-1 - omega), and its integral with
// derivatives, from a table over ln(t + c). Immutable after construction; thread safe.
//
// The integral is e^(c/tau) tau^(-omega) [Gamma(-omega, c/tau) - Gamma(-omega, (t+c)/tau)]. In u =
// ln(t + c) it is that of e^(-omega u - t/tau), which is smooth, so Gauss's rule between the nodes
// and Hermite's cubic inside give it with an error below 1e-7 of the total at 1/20 of the price,
// for every sign of omega, with the same table for each derivative.

#include <array>
#include <cstddef>
#include <vector>

namespace tremorcast {

class TaperedOmori {
 public:
  // c, tau > 0, days; |omega| <= 1; tau >= c.
  TaperedOmori(double c, double omega, double tau);

  // w(t) for t >= 0.
  double Density(double t) const;
  // Integral of w over [0, t]; t >= 0, infinity too.
  double Integral(double t) const { return Interpolate(t)[kValue]; }
  double total() const { return nodes_.back()[kValue].integral; }
  // The t with Integral(t) = integral, which must lie in [0, total()].
  double TimeOf(double integral) const;

  // The integral and its derivatives by ln c, omega and ln tau.
  enum Part { kValue, kByLogC, kByOmega, kByLogTau, kParts };
  using Parts = std::array<double, kParts>;
  Parts IntegralWithGradient(double t) const { return Interpolate<kParts>(t); }

 private:
  struct Cumulated {
    double integral = 0;   // up to this node
    double integrand = 0;  // at this node, by u
  };
  using Node = std::array<Cumulated, kParts>;

  Parts Integrands(double u) const;
  template <int parts = 1>
  std::array<double, parts> Interpolate(double t) const;

  double c_, omega_, tau_;
  double first_;  // u of the first node, ln c
  std::vector<Node> nodes_;
};

}  // namespace tremorcast
