#include "model/balance/map_augmentation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/status_macros.h"
#include "model/balance/class_balance.h"

namespace tremorcast {
namespace {

// Jöhnk's way to Beta(alpha, alpha): few rejections for alpha <= 1.
double DrawBeta(double alpha, Random& random) {
  while (true) {
    const double x = std::pow(random.Uniform(), 1 / alpha), y = std::pow(random.Uniform(), 1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

}  // namespace

absl::StatusOr<Smote> Smote::Create(
    absl::Span<const int> labels, absl::Span<const double> shares,
    const std::function<absl::StatusOr<torch::Tensor>(const std::vector<int>&)>& maps_of) {
  const torch::NoGradGuard no_grad;
  Smote smote;
  smote.labels_.assign(labels.begin(), labels.end());
  smote.counts_ = RowsByClass(labels, static_cast<int>(shares.size()));
  smote.neighbours_.resize(labels.size());
  for (size_t k = 0; k < shares.size(); ++k) {
    std::vector<int> members;
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == static_cast<int>(k)) members.push_back(static_cast<int>(i));
    }
    if (members.size() < 2 || shares[k] * static_cast<double>(labels.size()) <= smote.counts_[k]) continue;
    ASSIGN_OR_RETURN(const torch::Tensor maps, maps_of(members));
    const torch::Tensor flat = maps.flatten(1);
    torch::Tensor distances = torch::cdist(flat, flat);
    distances.fill_diagonal_(std::numeric_limits<float>::infinity());
    const int64_t wanted = std::min<int64_t>(kSmoteNeighbours, static_cast<int64_t>(members.size()) - 1);
    const torch::Tensor nearest =
        std::get<1>(distances.topk(wanted, 1, /*largest=*/false)).to(torch::kCPU, torch::kLong).contiguous();
    const int64_t* at = nearest.data_ptr<int64_t>();
    for (int member : members) {
      for (int64_t i = 0; i < wanted; ++i) {
        smote.neighbours_[static_cast<size_t>(member)].push_back(members[static_cast<size_t>(*at++)]);
      }
    }
  }
  return smote;
}

Smote::Step Smote::Draw(int row, absl::Span<const double> shares, Random& random) const {
  const std::vector<int>& near = Neighbours(row);
  if (near.empty()) return {row, 0};
  const size_t k = static_cast<size_t>(labels_[static_cast<size_t>(row)]);
  const double drawn = shares[k] * static_cast<double>(labels_.size());
  if (random.Uniform() * drawn < counts_[k]) return {row, 0};
  const int towards = near[random.Below(near.size())];
  return {towards, random.Uniform()};
}

torch::Tensor Between(const torch::Tensor& from, const torch::Tensor& to, const std::vector<double>& ways) {
  std::vector<int64_t> shape(static_cast<size_t>(from.dim()), 1);
  shape[0] = from.size(0);
  return from + torch::tensor(ways, torch::kDouble).to(from.dtype()).to(from.device()).view(shape) * (to - from);
}

Mixture DrawMixture(size_t rows, Random& random) {
  Mixture mixture;
  mixture.share = DrawBeta(kMixupAlpha, random);
  mixture.partner.resize(rows);
  std::iota(mixture.partner.begin(), mixture.partner.end(), 0);
  random.Shuffle(mixture.partner);
  return mixture;
}

torch::Tensor Jittered(const torch::Tensor& maps) { return maps + kJitterDeviation * torch::randn_like(maps); }

}  // namespace tremorcast
