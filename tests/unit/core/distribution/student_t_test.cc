#include "core/distribution/student_t.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

void ExpectClose(double actual, double expected) { EXPECT_NEAR(actual, expected, 1e-12 * std::abs(expected)); }

// References: scipy 1.10, t.sf and t.ppf, unless said otherwise.
TEST(StudentTTest, AgreesWithScipy) {
  ExpectClose(StudentTwoSided(2.5, 7), 0.040992218585752874);
  ExpectClose(StudentCentralQuantile(0.95, 18), 2.10092204024096);
  ExpectClose(StudentCentralQuantile(0.99, 2.5), 7.16372813894878552);  // mpmath; scipy's t.ppf is off by 5e-9 here
}

TEST(StudentTTest, TailsAddUpToOne) {
  EXPECT_NEAR(StudentUpperTail(1.3, 5) + StudentUpperTail(-1.3, 5), 1, 1e-14);
  EXPECT_EQ(StudentUpperTail(std::numeric_limits<double>::infinity(), 5), 0);
}

TEST(StudentTTest, IsNotANumberOutsideItsDomainAndNeverThrows) {
  EXPECT_TRUE(std::isnan(StudentTwoSided(1, 0)));
  EXPECT_TRUE(std::isnan(StudentTwoSided(std::nan(""), 3)));
  EXPECT_TRUE(std::isnan(StudentCentralQuantile(1, 3)));
  EXPECT_TRUE(std::isnan(StudentCentralQuantile(0.5, -1)));
}

}  // namespace
}  // namespace tremorcast
