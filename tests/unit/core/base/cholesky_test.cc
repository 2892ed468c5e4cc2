#include "core/base/cholesky.h"

#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(Cholesky, SolvesFromTheLowerTriangle) {
  // Above the diagonal stands nothing that counts.
  std::vector<double> matrix = {4, 99, 99, 2, 5, 99, 1, 3, 6};
  std::vector<double> x = {4 * 1 + 2 * -2 + 1 * 3, 2 * 1 + 5 * -2 + 3 * 3, 1 * 1 + 3 * -2 + 6 * 3};
  ASSERT_TRUE(SolveInPlace(matrix, x));
  EXPECT_NEAR(x[0], 1, 1e-12);
  EXPECT_NEAR(x[1], -2, 1e-12);
  EXPECT_NEAR(x[2], 3, 1e-12);
}

TEST(Cholesky, SaysWhereAMatrixIsNotPositive) {
  std::vector<double> singular = {1, 1, 1, 1}, negative = {1, 2, 2, 1}, rhs = {1, 1};
  EXPECT_FALSE(SolveInPlace(singular, rhs));
  rhs = {1, 1};
  EXPECT_FALSE(SolveInPlace(negative, rhs));
}

}  // namespace
}  // namespace tremorcast
