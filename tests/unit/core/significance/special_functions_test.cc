#include "core/significance/special_functions.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

void ExpectClose(double actual, double expected, double relative = 1e-12) {
  EXPECT_NEAR(actual, expected, relative * std::abs(expected));
}

// References: scipy 1.10, gammaln, gammainc, gammaincc, betainc, t.sf, t.ppf, norm.sf, unless said otherwise.
TEST(SpecialFunctionsTest, AgreeWithScipy) {
  ExpectClose(LogGamma(0.3), 1.0957979948180756);
  ExpectClose(LogGamma(123.4), 469.3360974421906);
  ExpectClose(GammaP(3.2, 0.4), 0.0050792386335072135);
  ExpectClose(GammaQ(250.5, 300), 0.0015224585856744573, 1e-11);
  ExpectClose(RegularisedBeta(2.5, 40, 0.03), 0.22079391994007666);
  ExpectClose(RegularisedBeta(500, 700, 0.4), 0.12051628908953421, 1e-11);
  ExpectClose(StudentTwoSided(2.5, 7), 0.040992218585752874);
  ExpectClose(StudentCentralQuantile(0.95, 18), 2.10092204024096);
  ExpectClose(StudentCentralQuantile(0.99, 2.5), 7.16372813894878552);  // mpmath; scipy's t.ppf is off by 5e-9 here
  ExpectClose(NormalTwoSided(3.3), 0.0009668482847675549);
}

TEST(SpecialFunctionsTest, FactorialsAreThoseOfWholeNumbers) {
  EXPECT_EQ(LogFactorial(0), 0);
  EXPECT_EQ(LogFactorial(1), 0);
  EXPECT_DOUBLE_EQ(LogFactorial(4), std::log(24.0));
  ExpectClose(LogFactorial(21), LogFactorial(20) + std::log(21.0), 1e-14);
  EXPECT_TRUE(std::isnan(LogFactorial(-1)));
}

TEST(SpecialFunctionsTest, TailsAddUpToOne) {
  for (const double a : {0.5, 3.0, 70.0, 1000.0}) {
    for (const double x : {0.1, 3.0, 71.0, 990.0}) EXPECT_NEAR(GammaP(a, x) + GammaQ(a, x), 1, 1e-14);
  }
  EXPECT_NEAR(RegularisedBeta(3, 9, 0.2) + RegularisedBeta(9, 3, 0.8), 1, 1e-14);
  EXPECT_NEAR(StudentUpperTail(1.3, 5) + StudentUpperTail(-1.3, 5), 1, 1e-14);
  EXPECT_EQ(GammaQ(3, 0), 1);
  EXPECT_EQ(GammaP(3, std::numeric_limits<double>::infinity()), 1);
}

TEST(SpecialFunctionsTest, AreNotANumberOutsideTheirDomain) {
  EXPECT_TRUE(std::isnan(LogGamma(0)));
  EXPECT_TRUE(std::isnan(GammaP(-1, 1)));
  EXPECT_TRUE(std::isnan(GammaQ(1, std::nan(""))));
  EXPECT_TRUE(std::isnan(RegularisedBeta(1, 1, 1.5)));
  EXPECT_TRUE(std::isnan(StudentTwoSided(1, 0)));
  EXPECT_TRUE(std::isnan(StudentCentralQuantile(1, 3)));
}

}  // namespace
}  // namespace tremorcast
