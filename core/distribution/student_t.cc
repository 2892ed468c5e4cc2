#include "core/distribution/student_t.h"

#include <cmath>
#include <limits>

#include <boost/math/distributions/students_t.hpp>

#include "core/distribution/math_policy.h"

namespace tremorcast {
namespace {

using Distribution = boost::math::students_t_distribution<double, MathPolicy>;

}  // namespace

double StudentTwoSided(double t, double degrees) { return 2 * StudentUpperTail(std::abs(t), degrees); }

double StudentUpperTail(double t, double degrees) {
  return boost::math::cdf(boost::math::complement(Distribution(degrees), t));
}

double StudentCentralQuantile(double level, double degrees) {
  if (!(level >= 0 && level < 1)) return std::numeric_limits<double>::quiet_NaN();
  return boost::math::quantile(boost::math::complement(Distribution(degrees), (1 - level) / 2));
}

}  // namespace tremorcast
