#pragma once

// The few special functions that the tests of this folder need and the standard library lacks. std::lgamma is left
// alone: it writes a global. Pure; thread safe; about 1e-13 relative for parameters up to some thousands. Arguments
// outside the stated domain give NaN.
//
// Source: Abramowitz and Stegun, chapters 6 and 26; continued fractions evaluated by Lentz's method.

#include <cstdint>

namespace tremorcast {

// ln Gamma(x), x > 0.
double LogGamma(double x);
// ln n!, n >= 0.
double LogFactorial(int64_t n);
// Regularised lower and upper incomplete gamma, a > 0, x >= 0. They sum to 1.
double GammaP(double a, double x);
double GammaQ(double a, double x);
// Regularised incomplete beta I_x(a, b), a > 0, b > 0, x in [0, 1].
double RegularisedBeta(double a, double b, double x);

// P(|Z| >= |z|) for a standard normal.
double NormalTwoSided(double z);
// P(|T| >= |t|) and P(T >= t) for Student's t with `degrees` > 0.
double StudentTwoSided(double t, double degrees);
double StudentUpperTail(double t, double degrees);
// t >= 0 with P(|T| <= t) = level, level in [0, 1).
double StudentCentralQuantile(double level, double degrees);

}  // namespace tremorcast
