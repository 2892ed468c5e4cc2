#include "model/training/batch_sampler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/base/check.h"

namespace tremorcast {
namespace {

std::vector<double> Normalised(std::vector<double> values) {
  double sum = 0;
  for (double v : values) sum += v;
  for (double& v : values) v /= sum;
  return values;
}

// p_j proportional to n_j^q.
std::vector<double> Powers(const std::vector<double>& counts, double q) {
  std::vector<double> p;
  for (double n : counts) p.push_back(n > 0 ? std::pow(n, q) : 0.0);
  return Normalised(std::move(p));
}

}  // namespace

BatchSampler::BatchSampler(absl::Span<const int> labels, int classes, Sampling sampling, int max_epochs)
    : sampling_(sampling), max_epochs_(max_epochs), members_(static_cast<size_t>(classes)) {
  TREMORCAST_CHECK(!labels.empty());
  for (size_t i = 0; i < labels.size(); ++i) members_[static_cast<size_t>(labels[i])].push_back(static_cast<int>(i));
}

std::vector<double> BatchSampler::ClassProbabilities(int epoch) const {
  std::vector<double> counts;
  for (const auto& members : members_) counts.push_back(static_cast<double>(members.size()));
  switch (sampling_) {
    case Sampling::kInstance:
      return Powers(counts, 1);
    case Sampling::kSquareRoot:
      return Powers(counts, 0.5);
    case Sampling::kClassBalanced:
      return Powers(counts, 0);
    case Sampling::kProgressive:
      break;
  }
  const double t = std::min(1.0, static_cast<double>(epoch) / std::max(1, max_epochs_));
  const std::vector<double> instance = Powers(counts, 1), balanced = Powers(counts, 0);
  std::vector<double> p;
  for (size_t k = 0; k < counts.size(); ++k) p.push_back((1 - t) * instance[k] + t * balanced[k]);
  return p;
}

std::vector<double> BatchSampler::BalancedAwayPrior() const {
  std::vector<double> smoothed;
  for (const auto& members : members_) smoothed.push_back(static_cast<double>(members.size()) + 0.5);
  switch (sampling_) {
    case Sampling::kInstance:
      return Powers(smoothed, 0);
    case Sampling::kSquareRoot:
      return Powers(smoothed, 0.5);
    case Sampling::kClassBalanced:
    case Sampling::kProgressive:
      break;
  }
  return Powers(smoothed, 1);
}

std::vector<int> BatchSampler::Draw(int epoch, Random& random) const {
  size_t items = 0;
  for (const auto& members : members_) items += members.size();
  std::vector<int> draws;
  draws.reserve(items);
  if (sampling_ == Sampling::kInstance) {
    for (size_t i = 0; i < items; ++i) draws.push_back(static_cast<int>(i));
    random.Shuffle(draws);
    return draws;
  }
  const std::vector<double> p = ClassProbabilities(epoch);
  while (draws.size() < items) {
    double u = random.Uniform();
    size_t last = 0;  // the last class with items takes what rounding leaves
    for (size_t k = 0; k < p.size(); ++k) {
      if (p[k] <= 0) continue;
      last = k;
      if (u < p[k]) break;
      u -= p[k];
    }
    draws.push_back(members_[last][random.Below(members_[last].size())]);
  }
  return draws;
}

std::vector<std::vector<int>> Batches(absl::Span<const int> draws, int batch_size) {
  std::vector<std::vector<int>> batches;
  for (size_t begin = 0; begin < draws.size(); begin += static_cast<size_t>(batch_size)) {
    const absl::Span<const int> part = draws.subspan(begin, static_cast<size_t>(batch_size));
    if (part.size() < 2) break;
    batches.emplace_back(part.begin(), part.end());
  }
  return batches;
}

int StepsPerEpoch(int draws, int batch_size) { return draws / batch_size + (draws % batch_size >= 2 ? 1 : 0); }

}  // namespace tremorcast
