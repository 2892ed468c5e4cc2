#include "core/csep/numpy_random.h"

#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

// numpy 1.24: numpy.random.seed(seed), then numpy.random.rand() and numpy.random.poisson(mean) one
// by one.
TEST(NumpyRandomTest, GivesTheUniformsOfNumpy) {
  NumpyRandom random(0);
  for (const double expected : {0.5488135039273248, 0.7151893663724195, 0.6027633760716439, 0.5448831829968969,
                                0.4236547993389047, 0.6458941130666561, 0.4375872112626925, 0.8917730007820798}) {
    EXPECT_EQ(random.Uniform(), expected);
  }
}

std::vector<int64_t> Draw(NumpyRandom& random, double mean, int n) {
  std::vector<int64_t> drawn;
  for (int i = 0; i < n; ++i) drawn.push_back(random.Poisson(mean));
  return drawn;
}

TEST(NumpyRandomTest, GivesThePoissonNumbersOfNumpy) {
  NumpyRandom small(7), ten(7), middle(7), large(3);
  EXPECT_EQ(Draw(small, 3.7, 12), (std::vector<int64_t>{3, 3, 5, 4, 1, 4, 5, 5, 4, 5, 5, 0}));
  EXPECT_EQ(Draw(ten, 10, 12), (std::vector<int64_t>{9, 10, 8, 9, 8, 7, 16, 7, 15, 10, 12, 7}));
  EXPECT_EQ(Draw(middle, 42.5, 12), (std::vector<int64_t>{31, 41, 42, 38, 46, 40, 38, 36, 55, 44, 37, 53}));
  EXPECT_EQ(Draw(large, 12345.6, 6), (std::vector<int64_t>{12361, 12277, 12507, 12199, 12098, 12393}));
  // As many numbers were used up.
  EXPECT_EQ(small.Uniform(), 0.09226234584675208);
  EXPECT_EQ(ten.Uniform(), 0.372384689385059);
  EXPECT_EQ(middle.Uniform(), 0.5234125806737658);
  EXPECT_EQ(large.Uniform(), 0.6762549019801313);
  EXPECT_EQ(small.Poisson(0), 0);
}

}  // namespace
}  // namespace tremorcast
