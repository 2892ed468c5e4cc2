#include "core/csep/catalogue_sampler.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tremorcast {
namespace {

// With rates such as {1, 1e-30} drawing again and again would never end; from then on taken bins
// are left out, which gives the same distribution.
constexpr int kPatience = 1000;

std::vector<double> CumulativeShares(absl::Span<const double> rates) {
  std::vector<double> sums(rates.size());
  std::partial_sum(rates.begin(), rates.end(), sums.begin());
  const double total = sums.back();
  for (double& sum : sums) sum /= total;
  return sums;
}

// The bin of u in [0, 1). Never one without a rate: its interval is empty.
size_t BinOf(const std::vector<double>& cumulative, double u) {
  return static_cast<size_t>(std::upper_bound(cumulative.begin(), cumulative.end(), u) - cumulative.begin());
}

}  // namespace

CatalogueSampler::CatalogueSampler(absl::Span<const double> rates)
    : rates_(rates.begin(), rates.end()), cumulative_(CumulativeShares(rates)) {}

std::vector<int64_t> CatalogueSampler::Draw(int64_t events, NumpyRandom& random) const {
  std::vector<int64_t> counts(cumulative_.size(), 0);
  for (int64_t i = 0; i < events; ++i) ++counts[BinOf(cumulative_, random.Uniform())];
  return counts;
}

std::vector<int64_t> CatalogueSampler::DrawActive(int64_t active, NumpyRandom& random) const {
  std::vector<int64_t> counts(cumulative_.size(), 0);
  std::vector<double> shares = cumulative_;
  int refused = 0;
  for (int64_t taken = 0; taken < active;) {
    const size_t bin = BinOf(shares, random.Uniform());
    if (counts[bin] == 0) {
      counts[bin] = 1;
      ++taken;
      refused = 0;
    } else if (++refused == kPatience) {
      std::vector<double> left = rates_;
      for (size_t i = 0; i < left.size(); ++i) left[i] *= counts[i] == 0 ? 1 : 0;
      shares = CumulativeShares(left);
      refused = 0;
    }
  }
  return counts;
}

}  // namespace tremorcast
