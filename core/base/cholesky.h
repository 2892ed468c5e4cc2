#pragma once

// Small systems of linear equations with a symmetric positive definite matrix. Pure; thread safe.

#include <vector>

namespace tremorcast {

// Solves matrix x = rhs: `rhs` becomes x, and `matrix` (rows one after the other, only its lower
// triangle is read) its Cholesky factor. False, with both in an unspecified state, where the matrix
// is not positive definite. The matrix must have as many rows as rhs has entries, squared.
bool SolveInPlace(std::vector<double>& matrix, std::vector<double>& rhs);

}  // namespace tremorcast
