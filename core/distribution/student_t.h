#pragma once

// Student's t distribution with `degrees` > 0 degrees of freedom. Pure; thread safe. An argument
// outside the stated domain gives NaN.

namespace tremorcast {

// P(|T| >= |t|).
double StudentTwoSided(double t, double degrees);
// P(T >= t).
double StudentUpperTail(double t, double degrees);
// t >= 0 with P(|T| <= t) = level, level in [0, 1).
double StudentCentralQuantile(double level, double degrees);

}  // namespace tremorcast
