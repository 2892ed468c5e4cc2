#pragma once

// What an ETAS model says of one earthquake: the parameters of the intensity, the law of
// magnitudes, and the children that an event has (docs/METHOD.md section 7).
//
//   lambda(t, x | H) = mu(x) + sum over events i before t of
//       k0 e^(a (m_i - m0)) e^(-dt / tau) (dt + c)^(-1 - omega) (r^2 + d e^(gamma (m_i - m0)))^(-1 - rho)
//
// in events a day and km^2, with dt in days and r in km on a sphere of 6378.1 km. m0 is the lower
// end of the lowest complete magnitude bin. Plain values; the functions are pure and thread safe.
//
// Sources: Ogata (1998), Space-time point-process models, Ann. Inst. Statist. Math. 50; Mizrahi,
// Nandan and Wiemer (2021), The effect of declustering, SRL 92.

#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

enum EtasParameter { kLog10Mu, kLog10K0, kA, kLog10C, kOmega, kLog10Tau, kLog10D, kGamma, kRho };
inline constexpr int kEtasParameters = 9;
// One number for each parameter, in the order of EtasParameter.
using EtasVector = std::array<double, kEtasParameters>;

absl::string_view EtasParameterName(EtasParameter parameter);  // "log10_mu", "log10_k0", "a", ...
// Where the fit may look. A fit that ends on a bound is refused.
struct EtasBound {
  double low = 0, high = 0;
};
EtasBound EtasParameterBound(EtasParameter parameter);

struct EtasParameters {
  // The defaults are where a fit begins.
  EtasVector value = {-5.8, -2.6, 1.8, -2.5, -0.02, 3.5, -0.85, 1.3, 0.66};

  double mu() const { return std::pow(10, value[kLog10Mu]); }  // mean over the region, events a day and km^2
  double k0() const { return std::pow(10, value[kLog10K0]); }
  double a() const { return value[kA]; }
  double c() const { return std::pow(10, value[kLog10C]); }  // days
  double omega() const { return value[kOmega]; }
  double tau() const { return std::pow(10, value[kLog10Tau]); }  // days
  double d() const { return std::pow(10, value[kLog10D]); }      // km^2
  double gamma() const { return value[kGamma]; }
  double rho() const { return value[kRho]; }
  // Growth of the number of children with magnitude: children ~ e^(alpha m).
  double alpha() const { return a() - rho() * gamma(); }
  // Of an event of excess = m - m0: ln(k0 e^(a excess)), and d e^(gamma excess).
  double LogProductivity(double excess) const { return std::numbers::ln10 * value[kLog10K0] + a() * excess; }
  double ZoneKm2(double excess) const { return d() * std::exp(gamma() * excess); }

  friend bool operator==(const EtasParameters&, const EtasParameters&) = default;
};
// InvalidArgument: a value that is not finite or outside its bound.
absl::Status ValidateEtasParameters(const EtasParameters& parameters);

// Gutenberg and Richter's law as catalogues list it: exponential from lower() to upper(), and
// rounded to bins. Magnitude and completeness name the middle of their bin; bins are counted from
// the completeness.
struct MagnitudeLaw {
  double completeness = 3.0;  // lowest magnitude of which the catalogue lists every event
  double bin = 0.1;           // step of listed magnitudes; 0: they are not rounded
  double beta = 2.302585;     // b ln 10
  double largest = 9.5;       // no event that is drawn exceeds it

  double lower() const { return completeness - bin / 2; }  // m0
  // The upper end of the last bin whose middle does not exceed `largest`.
  double upper() const { return bin > 0 ? lower() + bins() * bin : largest; }
  // Bins that are drawn; of a law with bins.
  double bins() const { return std::floor((largest - completeness) / bin + 1e-6) + 1; }
  // `magnitude` on the nearest bin, halves up.
  double Binned(double magnitude) const;
  // A magnitude for `uniform` in [0, 1).
  double Draw(double uniform) const;
  // The share of what is drawn that reaches `magnitude`; the last bits of an edge decide nothing.
  double ShareFrom(double magnitude) const;
  friend bool operator==(const MagnitudeLaw&, const MagnitudeLaw&) = default;
};
// InvalidArgument: a number that is not finite, a bin < 0, beta <= 0, largest not above the
// completeness.
absl::Status ValidateMagnitudeLaw(const MagnitudeLaw& law);

// Children of an event of `magnitude` over all time and the whole plane.
double ExpectedChildren(const EtasParameters& parameters, const MagnitudeLaw& law, double magnitude);
// Mean of ExpectedChildren over the law as it is drawn. An event has 1 / (1 - ratio) events in its
// cascade on average, itself included; from 1 on cascades need not end.
double BranchingRatio(const EtasParameters& parameters, const MagnitudeLaw& law);

}  // namespace tremorcast
