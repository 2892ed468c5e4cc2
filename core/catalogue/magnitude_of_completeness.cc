#include "core/catalogue/magnitude_of_completeness.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <vector>

#include <absl/status/status.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr double kCorrection = 0.2;
constexpr double kGoodFit = 90;

absl::Status CheckMagnitudes(absl::Span<const double> magnitudes, double bin) {
  if (!(bin >= 0 && bin < 10)) return absl::InvalidArgumentError("magnitudes: a bin that makes no sense");
  for (const double m : magnitudes) {
    if (!std::isfinite(m)) return absl::InvalidArgumentError("magnitudes: one is not finite");
  }
  return absl::OkStatus();
}

// Of `magnitudes` values that lie `mean` above the lowest on average. Binned ones are geometric
// with success 1 - p, p = e^(-beta bin).
absl::StatusOr<Beta> BetaOf(double mean, int magnitudes, double bin) {
  if (magnitudes < 2 || !(mean > 0)) {
    return absl::FailedPreconditionError("magnitudes: too few above the completeness for a b value");
  }
  if (bin == 0) return Beta{1 / mean, 1 / mean / std::sqrt(magnitudes), magnitudes};
  const double p = mean / (mean + bin);
  return Beta{-std::log(p) / bin, (1 - p) / (bin * std::sqrt(magnitudes * p)), magnitudes};
}

double GoodnessOfFit(const std::map<long, int>& bins, long lowest, double beta, double bin) {
  int total = 0;
  for (auto at = bins.lower_bound(lowest); at != bins.end(); ++at) total += at->second;
  double missed = 0, seen = 0;
  int from = total;  // events from this bin on
  for (long i = lowest; i <= bins.rbegin()->first; ++i) {
    missed += std::abs(from - total * std::exp(-beta * bin * static_cast<double>(i - lowest)));
    seen += from;
    if (const auto at = bins.find(i); at != bins.end()) from -= at->second;
  }
  return 100 * (1 - missed / seen);
}

}  // namespace

absl::StatusOr<Beta> EstimateBeta(absl::Span<const double> magnitudes, double completeness, double bin) {
  RETURN_IF_ERROR(CheckMagnitudes(magnitudes, bin));
  if (!std::isfinite(completeness)) return absl::InvalidArgumentError("magnitudes: the completeness is not finite");
  double sum = 0;
  int complete = 0;
  for (const double m : magnitudes) {
    if (m < completeness - 1e-6) continue;
    sum += m - completeness;
    ++complete;
  }
  return BetaOf(complete > 0 ? sum / complete : 0, complete, bin);
}

absl::StatusOr<Beta> EstimateBetaPositive(absl::Span<const double> magnitudes, double bin) {
  RETURN_IF_ERROR(CheckMagnitudes(magnitudes, bin));
  double sum = 0;
  int rises = 0;
  for (size_t i = 1; i < magnitudes.size(); ++i) {
    const double rise = magnitudes[i] - magnitudes[i - 1];
    // The smallest difference of binned magnitudes is the bin.
    if (!(rise > (bin > 0 ? bin / 2 : 0))) continue;
    sum += rise - bin;
    ++rises;
  }
  return BetaOf(rises > 0 ? sum / rises : 0, rises, bin);
}

absl::StatusOr<MagnitudeOfCompleteness> EstimateCompleteness(absl::Span<const double> magnitudes, double bin,
                                                             int least_events) {
  RETURN_IF_ERROR(CheckMagnitudes(magnitudes, bin));
  if (!(bin > 0) || least_events < 2) return absl::InvalidArgumentError("completeness: a bin and two events at least");
  std::map<long, int> bins;
  for (const double m : magnitudes) ++bins[std::lround(m / bin)];
  if (bins.empty()) return absl::FailedPreconditionError("completeness: no magnitudes");
  const auto most =
      std::max_element(bins.begin(), bins.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const long first = most->first + std::lround(kCorrection / bin);
  MagnitudeOfCompleteness result;
  for (long lowest = first; lowest <= bins.rbegin()->first; ++lowest) {
    MagnitudeOfCompleteness at;
    at.magnitude = static_cast<double>(lowest) * bin;
    const absl::StatusOr<Beta> beta = EstimateBeta(magnitudes, at.magnitude, bin);
    if (!beta.ok() || beta->magnitudes < least_events) {
      if (lowest == first) {
        RETURN_IF_ERROR(beta.status());
        return absl::FailedPreconditionError("completeness: too few events above the magnitude of most events");
      }
      break;
    }
    at.beta = *beta;
    at.goodness_of_fit = GoodnessOfFit(bins, lowest, beta->value, bin);
    at.fits = at.goodness_of_fit >= kGoodFit;
    if (lowest == first || at.fits) result = at;
    if (at.fits) break;
  }
  return result;
}

}  // namespace tremorcast
