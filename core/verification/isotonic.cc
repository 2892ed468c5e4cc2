#include "core/verification/isotonic.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <absl/status/status.h>

namespace tremorcast {
namespace {

struct Pool {
  double x_low, x_high;
  double sum;  // of weight * y
  double weight;
};

// Cross-multiplied, so that counts compare exactly.
bool Violates(const Pool& left, const Pool& right) { return left.sum * right.weight >= right.sum * left.weight; }

void MergeInto(Pool& left, const Pool& right) {
  left.x_high = right.x_high;
  left.sum += right.sum;
  left.weight += right.weight;
}

bool Usable(const IsotonicPoint& p) {
  return std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.weight) && p.weight > 0;
}

}  // namespace

absl::StatusOr<IsotonicFit> IsotonicFit::Fit(absl::Span<const IsotonicPoint> points) {
  if (points.empty()) return absl::InvalidArgumentError("isotonic: no points");
  if (!std::all_of(points.begin(), points.end(), Usable)) {
    return absl::InvalidArgumentError("isotonic: points must be finite, weights positive");
  }
  std::vector<IsotonicPoint> sorted(points.begin(), points.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const IsotonicPoint& a, const IsotonicPoint& b) { return a.x < b.x; });
  std::vector<Pool> pools;
  for (size_t i = 0; i < sorted.size();) {
    Pool next = {sorted[i].x, sorted[i].x, 0, 0};
    for (; i < sorted.size() && sorted[i].x == next.x_low; ++i) {
      next.sum += sorted[i].weight * sorted[i].y;
      next.weight += sorted[i].weight;
    }
    pools.push_back(next);
    while (pools.size() > 1 && Violates(pools[pools.size() - 2], pools.back())) {
      MergeInto(pools[pools.size() - 2], pools.back());
      pools.pop_back();
    }
  }
  std::vector<IsotonicBlock> blocks;
  blocks.reserve(pools.size());
  for (const Pool& pool : pools) blocks.push_back({pool.x_low, pool.x_high, pool.sum / pool.weight, pool.weight});
  return IsotonicFit(std::move(blocks));
}

absl::StatusOr<IsotonicFit> IsotonicFit::Create(std::vector<IsotonicBlock> blocks) {
  if (blocks.empty()) return absl::InvalidArgumentError("isotonic: no blocks");
  for (size_t i = 0; i < blocks.size(); ++i) {
    const IsotonicBlock& block = blocks[i];
    const bool usable = std::isfinite(block.x_low) && std::isfinite(block.x_high) && std::isfinite(block.value) &&
                        std::isfinite(block.weight) && block.weight > 0 && block.x_low <= block.x_high;
    const bool follows = i == 0 || (blocks[i - 1].x_high < block.x_low && blocks[i - 1].value < block.value);
    if (!usable || !follows) {
      return absl::InvalidArgumentError("isotonic: blocks must be finite, apart and increasing");
    }
  }
  return IsotonicFit(std::move(blocks));
}

double IsotonicFit::At(double x) const {
  if (std::isnan(x)) return x;
  // First block that ends at or after x.
  const auto it = std::lower_bound(blocks_.begin(), blocks_.end(), x,
                                   [](const IsotonicBlock& block, double at) { return block.x_high < at; });
  if (it == blocks_.end()) return blocks_.back().value;
  if (it == blocks_.begin() || x >= it->x_low) return it->value;
  const IsotonicBlock& before = *(it - 1);
  const double share = (x - before.x_high) / (it->x_low - before.x_high);
  return before.value + share * (it->value - before.value);
}

}  // namespace tremorcast
