#include "core/significance/kolmogorov_smirnov.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

// scipy 1.10, scipy.stats.kstwo.sf. Above 140 values its own expansion has some five digits.
TEST(KolmogorovTailTest, AgreesWithScipy) {
  EXPECT_NEAR(KolmogorovTail(.3, 5), .664, 1e-13);
  EXPECT_NEAR(KolmogorovTail(.7, 5), .00556, 1e-14);
  EXPECT_NEAR(KolmogorovTail(.6, 3), .144, 1e-13);
  EXPECT_NEAR(KolmogorovTail(.2, 20), .352720173623415, 1e-12);
  EXPECT_NEAR(KolmogorovTail(.05, 100), .9532159710635725, 1e-11);
  EXPECT_NEAR(KolmogorovTail(.12, 100), .1033037490181987, 1e-12);
  EXPECT_NEAR(KolmogorovTail(.3, 100), 1.7719869892662917e-08, 1e-17);
  EXPECT_NEAR(KolmogorovTail(.04, 1000), .07933956059000224, 1e-8);
  EXPECT_NEAR(KolmogorovTail(.0895, 1000) / 2.0256030876576968e-07, 1, 1e-6);
  EXPECT_NEAR(KolmogorovTail(.02, 2000), .3953133626892045, 2e-5);
  EXPECT_NEAR(KolmogorovTail(.03, 2000), .05354694893932557, 2e-5);
  EXPECT_NEAR(KolmogorovTail(.1, 2000) / 7.300241819807517e-18, 1, 1e-6);
  EXPECT_NEAR(KolmogorovTail(.01, 10000), .2682191277029192, 2e-5);
}

// Closed forms: P(D >= d) = 2 (1 - d) for one value, and for n values n! (2 d - 1/n)^n lies below
// d <= 1/n.
TEST(KolmogorovTailTest, KnowsTheClosedForms) {
  EXPECT_NEAR(KolmogorovTail(.55, 1), .9, 1e-15);
  EXPECT_NEAR(KolmogorovTail(.8, 1), .4, 1e-15);
  EXPECT_EQ(KolmogorovTail(.5, 1), 1);
  EXPECT_NEAR(KolmogorovTail(.3, 3), 1 - 6 * std::pow(.6 - 1.0 / 3, 3), 1e-14);
  EXPECT_NEAR(KolmogorovTail(.09, 10), 1 - 3628800 * std::pow(.08, 10), 1e-14);
  EXPECT_NEAR(KolmogorovTail(.99, 5) / 2e-10, 1, 1e-12);  // 2 (1 - d)^n from d = 1 - 1/n on
  EXPECT_EQ(KolmogorovTail(1, 7), 0);
  EXPECT_EQ(KolmogorovTail(.01, 7), 1);
  EXPECT_TRUE(std::isnan(KolmogorovTail(.1, 0)));
  EXPECT_TRUE(std::isnan(KolmogorovTail(std::nan(""), 3)));
}

// The three ways of computing it meet without a step.
TEST(KolmogorovTailTest, FallsSteadilyAcrossItsBranches) {
  for (const int n : {1, 2, 10, 141, 1000, 1001, 5000}) {
    double before = 1;
    for (int i = 1; i <= 60; ++i) {
      const double p = KolmogorovTail(3.0 * i / 60 / std::sqrt(static_cast<double>(n)), n);
      EXPECT_LE(p, before + 1e-9) << n << " " << i;
      EXPECT_TRUE(p >= 0 && p <= 1) << n << " " << i;
      before = p;
    }
  }
  EXPECT_NEAR(KolmogorovTail(.04, 1000), KolmogorovTail(.04 * std::sqrt(1000 / 1001.0), 1001), 2e-5);
}

// scipy 1.10, scipy.stats.kstest(values, "uniform").
TEST(UniformityTest, AgreesWithScipy) {
  const UniformityTest three = TestUniformity({.4, .1, .7}).value();
  EXPECT_EQ(three.values, 3);
  EXPECT_NEAR(three.distance, .3, 1e-15);
  EXPECT_NEAR(three.p_value, .8862222222222221, 1e-13);
  const UniformityTest six = TestUniformity({.02, .03, .5, .51, .9, .95}).value();
  EXPECT_NEAR(six.distance, .30333333333333334, 1e-15);
  EXPECT_NEAR(six.p_value, .5408762936226064, 1e-13);
  std::vector<double> narrow;
  for (int i = 0; i < 200; ++i) narrow.push_back((i + .5) / 200 * .8);
  const UniformityTest many = TestUniformity(narrow).value();
  EXPECT_NEAR(many.distance, .202, 1e-15);
  EXPECT_NEAR(many.p_value / 1.2467951541066327e-07, 1, 1e-6);
}

TEST(UniformityTest, SeesValuesAtBothEnds) {
  EXPECT_EQ(TestUniformity({0, 0, 0})->distance, 1);
  EXPECT_EQ(TestUniformity({1, 1, 1})->distance, 1);
  EXPECT_EQ(TestUniformity({1, 1, 1})->p_value, 0);
  EXPECT_FALSE(TestUniformity({}).ok());
  EXPECT_FALSE(TestUniformity({.5, 1.01}).ok());
  EXPECT_FALSE(TestUniformity({-.01}).ok());
  EXPECT_FALSE(TestUniformity({std::nan("")}).ok());
}

}  // namespace
}  // namespace tremorcast
