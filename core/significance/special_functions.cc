#include "core/significance/special_functions.h"

#include <cmath>
#include <limits>

namespace tremorcast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = 1e-300;  // stands for a zero denominator in Lentz's method
constexpr double kEpsilon = 1e-16;
constexpr int kMaxTerms = 200000;
constexpr double kHalfLogTwoPi = 0.91893853320467274178;

double AwayFromZero(double x) { return std::abs(x) < kTiny ? kTiny : x; }

// x^a e^-x / Gamma(a)
double GammaFactor(double a, double x) { return std::exp(a * std::log(x) - x - LogGamma(a)); }

double GammaSeries(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (int n = 1; n < kMaxTerms; ++n) {
    term *= x / (a + n);
    sum += term;
    if (term < sum * kEpsilon) break;
  }
  return sum * GammaFactor(a, x);
}

double GammaFraction(double a, double x) {
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / AwayFromZero(b);
  double h = d;
  for (int n = 1; n < kMaxTerms; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = 1 / AwayFromZero(numerator * d + b);
    c = AwayFromZero(b + numerator / c);
    const double step = c * d;
    h *= step;
    if (std::abs(step - 1) < kEpsilon) break;
  }
  return h * GammaFactor(a, x);
}

double BetaFraction(double a, double b, double x) {
  double c = 1;
  double d = 1 / AwayFromZero(1 - (a + b) * x / (a + 1));
  double h = d;
  for (int m = 1; m < kMaxTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / AwayFromZero(1 + even * d);
    c = AwayFromZero(1 + even / c);
    h *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / AwayFromZero(1 + odd * d);
    c = AwayFromZero(1 + odd / c);
    const double step = d * c;
    h *= step;
    if (std::abs(step - 1) < kEpsilon) break;
  }
  return h;
}

}  // namespace

double LogGamma(double x) {
  if (!(x > 0)) return kNaN;
  if (std::isinf(x)) return x;
  double product = 1;  // Gamma(x) = Gamma(x + n) / product; the series wants a large argument
  while (x < 15) product *= x++;
  const double inverse = 1 / x;
  const double square = inverse * inverse;
  const double series =
      inverse *
      (1.0 / 12 -
       square *
           (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square * (1.0 / 1188 - square * 691 / 360360)))));
  return (x - 0.5) * std::log(x) - x + kHalfLogTwoPi + series - std::log(product);
}

double LogFactorial(int64_t n) {
  if (n < 0) return kNaN;
  if (n > 20) return LogGamma(static_cast<double>(n) + 1);
  double product = 1;  // exact: 20! < 2^63
  for (int64_t k = 2; k <= n; ++k) product *= static_cast<double>(k);
  return std::log(product);
}

double GammaP(double a, double x) {
  if (!(a > 0) || !(x >= 0)) return kNaN;
  if (x == 0) return 0;
  if (std::isinf(x)) return 1;
  return x < a + 1 ? GammaSeries(a, x) : 1 - GammaFraction(a, x);
}

double GammaQ(double a, double x) {
  if (!(a > 0) || !(x >= 0)) return kNaN;
  if (x == 0) return 1;
  if (std::isinf(x)) return 0;
  return x < a + 1 ? 1 - GammaSeries(a, x) : GammaFraction(a, x);
}

double RegularisedBeta(double a, double b, double x) {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return kNaN;
  if (x == 0 || x == 1) return x;
  const double factor = std::exp(a * std::log(x) + b * std::log1p(-x) + LogGamma(a + b) - LogGamma(a) - LogGamma(b));
  if (x < (a + 1) / (a + b + 2)) return factor * BetaFraction(a, b, x) / a;
  return 1 - factor * BetaFraction(b, a, 1 - x) / b;
}

double NormalTwoSided(double z) { return std::erfc(std::abs(z) / std::sqrt(2.0)); }

double StudentTwoSided(double t, double degrees) {
  if (!(degrees > 0) || std::isnan(t)) return kNaN;
  if (std::isinf(t)) return 0;
  return RegularisedBeta(degrees / 2, 0.5, degrees / (degrees + t * t));
}

double StudentUpperTail(double t, double degrees) {
  const double outside = StudentTwoSided(t, degrees) / 2;
  return t >= 0 ? outside : 1 - outside;
}

double StudentCentralQuantile(double level, double degrees) {
  if (!(level >= 0 && level < 1) || !(degrees > 0)) return kNaN;
  double low = 0;
  double high = 1;
  while (StudentTwoSided(high, degrees) > 1 - level && high < 1e150) high *= 2;
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (StudentTwoSided(middle, degrees) > 1 - level ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace tremorcast
