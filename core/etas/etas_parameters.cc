#include "core/etas/etas_parameters.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include <absl/strings/str_cat.h>

#include "core/etas/tapered_omori.h"

namespace tremorcast {
namespace {

struct Named {
  absl::string_view name;
  EtasBound bound;
};

// The ranges of Mizrahi et al., which leave room on both sides of every published fit.
constexpr std::array<Named, kEtasParameters> kParameters = {{{"log10_mu", {-12, 0}},
                                                             {"log10_k0", {-20, 10}},
                                                             {"a", {0.01, 20}},
                                                             {"log10_c", {-8, 0}},
                                                             {"omega", {-0.99, 1}},
                                                             {"log10_tau", {0.01, 12.26}},
                                                             {"log10_d", {-4, 3}},
                                                             {"gamma", {-1, 5}},
                                                             {"rho", {0.01, 5}}}};

// Mean of e^(rate x) over x = m - m0 of the law as it is drawn.
double MeanGrowth(const MagnitudeLaw& law, double rate) {
  if (law.bin == 0) {
    const double span = law.upper() - law.lower();
    const double excess = (rate - law.beta) * span;
    const double growth = std::abs(excess) < 1e-9 ? span : std::expm1(excess) / (rate - law.beta);
    return law.beta * growth / -std::expm1(-law.beta * span);
  }
  const double bins = law.bins();
  const double excess = (rate - law.beta) * law.bin;
  const double growth = std::abs(excess) < 1e-12 ? bins : std::expm1(excess * bins) / std::expm1(excess);
  return std::exp(rate * law.bin / 2) * growth * std::expm1(-law.beta * law.bin) /
         std::expm1(-law.beta * law.bin * bins);
}

}  // namespace

absl::string_view EtasParameterName(EtasParameter parameter) {
  return kParameters[static_cast<size_t>(parameter)].name;
}

EtasBound EtasParameterBound(EtasParameter parameter) { return kParameters[static_cast<size_t>(parameter)].bound; }

absl::Status ValidateEtasParameters(const EtasParameters& parameters) {
  for (size_t i = 0; i < kEtasParameters; ++i) {
    const EtasBound bound = kParameters[i].bound;
    if (!(parameters.value[i] >= bound.low && parameters.value[i] <= bound.high)) {
      return absl::InvalidArgumentError(absl::StrCat("ETAS: ", kParameters[i].name, " = ", parameters.value[i],
                                                     " is not in [", bound.low, ", ", bound.high, "]"));
    }
  }
  return absl::OkStatus();
}

double MagnitudeLaw::Binned(double magnitude) const {
  // The last bits of parsed text decide no half.
  return bin > 0 ? std::floor(magnitude / bin + 0.5 + 1e-9) * bin : magnitude;
}

double MagnitudeLaw::Draw(double uniform) const {
  const double excess = -std::log1p(uniform * std::expm1(-beta * (upper() - lower()))) / beta;
  if (bin == 0) return lower() + excess;
  return completeness + std::min(std::floor(excess / bin), bins() - 1) * bin;
}

double MagnitudeLaw::ShareFrom(double magnitude) const {
  double excess = std::max(0.0, magnitude - lower());
  // An edge within the bins counts from the first of them whose middle reaches it.
  if (bin > 0) excess = std::max(0.0, std::ceil((magnitude - completeness) / bin - 1e-6)) * bin;
  const double span = upper() - lower();
  if (excess >= span) return 0;
  return std::exp(-beta * excess) * std::expm1(-beta * (span - excess)) / std::expm1(-beta * span);
}

absl::Status ValidateMagnitudeLaw(const MagnitudeLaw& law) {
  if (!std::isfinite(law.completeness) || !(law.bin >= 0 && law.bin < 10) || !(law.beta > 0 && law.beta < 100) ||
      !(law.largest > law.completeness && law.largest < 15)) {
    return absl::InvalidArgumentError(absl::StrCat("ETAS: no law of magnitudes: completeness ", law.completeness,
                                                   ", bin ", law.bin, ", beta ", law.beta, ", largest ", law.largest));
  }
  return absl::OkStatus();
}

double ExpectedChildren(const EtasParameters& p, const MagnitudeLaw& law, double magnitude) {
  const double in_space = std::numbers::pi / p.rho() * std::pow(p.d(), -p.rho());
  return p.k0() * in_space * TaperedOmori(p.c(), p.omega(), p.tau()).total() *
         std::exp(p.alpha() * (magnitude - law.lower()));
}

double BranchingRatio(const EtasParameters& p, const MagnitudeLaw& law) {
  return ExpectedChildren(p, law, law.lower()) * MeanGrowth(law, p.alpha());
}

}  // namespace tremorcast
