#pragma once

// Isotonic regression by pooling adjacent violators (PAV): the non-decreasing function nearest to
// weighted points in squares. Immutable; thread safe.
//
// Source: Ayer et al. (1955), An empirical distribution function for sampling with incomplete
// information.

#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct IsotonicPoint {
  double x = 0;
  double y = 0;
  double weight = 1;
};

// Points with x in [x_low, x_high] share the fitted value.
struct IsotonicBlock {
  double x_low = 0;
  double x_high = 0;
  double value = 0;
  double weight = 0;  // total of its points
  friend bool operator==(const IsotonicBlock&, const IsotonicBlock&) = default;
};

class IsotonicFit {
 public:
  // In any order; points of equal x become their weighted mean first. InvalidArgument: no points, x
  // or y not finite, a weight that is not positive and finite.
  static absl::StatusOr<IsotonicFit> Fit(absl::Span<const IsotonicPoint> points);
  // Restores stored blocks. InvalidArgument: none, a number not finite, blocks that overlap or
  // values that do not increase.
  static absl::StatusOr<IsotonicFit> Create(std::vector<IsotonicBlock> blocks);

  // x and value strictly increase from block to block.
  const std::vector<IsotonicBlock>& blocks() const { return blocks_; }
  // The value of the block that holds x; between two blocks a straight line; beyond the ends the
  // end's value. NaN for NaN.
  double At(double x) const;

 private:
  explicit IsotonicFit(std::vector<IsotonicBlock> blocks) : blocks_(std::move(blocks)) {}
  std::vector<IsotonicBlock> blocks_;
};

}  // namespace tremorcast
