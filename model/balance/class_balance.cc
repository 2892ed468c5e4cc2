#include "model/balance/class_balance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

// beta of the weights of a loss; 0 weighs all classes alike.
double BetaOf(LossKind loss) {
  switch (loss) {
    case LossKind::kClassBalanced:
      return kClassBalancedBeta;
    case LossKind::kLdam:
      return kLdamBeta;
    case LossKind::kCrossEntropy:
    case LossKind::kFocal:
      break;
  }
  return 0;
}

}  // namespace

absl::string_view LossName(LossKind loss) {
  switch (loss) {
    case LossKind::kCrossEntropy:
      return "cross-entropy";
    case LossKind::kClassBalanced:
      return "class-balanced";
    case LossKind::kFocal:
      return "focal";
    case LossKind::kLdam:
      return "ldam-drw";
  }
  return "?";
}

absl::StatusOr<LossKind> ParseLoss(absl::string_view name) {
  for (LossKind loss : {LossKind::kCrossEntropy, LossKind::kClassBalanced, LossKind::kFocal, LossKind::kLdam}) {
    if (name == LossName(loss)) return loss;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("loss is '", name, "'; it must be cross-entropy, class-balanced, focal or ldam-drw"));
}

absl::string_view AugmentationName(Augmentation augmentation) {
  switch (augmentation) {
    case Augmentation::kNone:
      return "none";
    case Augmentation::kSmote:
      return "smote";
    case Augmentation::kMixup:
      return "mixup";
    case Augmentation::kJitter:
      return "jitter";
  }
  return "?";
}

absl::StatusOr<Augmentation> ParseAugmentation(absl::string_view name) {
  for (Augmentation a : {Augmentation::kNone, Augmentation::kSmote, Augmentation::kMixup, Augmentation::kJitter}) {
    if (name == AugmentationName(a)) return a;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("augmentation is '", name, "'; it must be none, smote, mixup or jitter"));
}

absl::string_view TreatmentName(Treatment treatment) {
  switch (treatment) {
    case Treatment::kRetrained:
      return "cRT";
    case Treatment::kTauNormalised:
      return "tau";
    case Treatment::kScaled:
      return "LWS";
    case Treatment::kNearestMean:
      return "NCM";
  }
  return "?";
}

absl::StatusOr<Treatment> ParseTreatment(absl::string_view name) {
  for (Treatment t : {Treatment::kRetrained, Treatment::kTauNormalised, Treatment::kScaled, Treatment::kNearestMean}) {
    if (absl::EqualsIgnoreCase(name, TreatmentName(t))) return t;
  }
  return absl::InvalidArgumentError(absl::StrCat("last layer is '", name, "'; it must be cRT, tau, LWS or NCM"));
}

std::vector<double> RowsByClass(absl::Span<const int> labels, int classes) {
  std::vector<double> counts(static_cast<size_t>(classes));
  for (int label : labels) ++counts[static_cast<size_t>(label)];
  return counts;
}

std::vector<double> EffectiveNumbers(absl::Span<const double> counts, double beta) {
  std::vector<double> numbers;
  // expm1 keeps the digits that 1 - beta^n loses where beta is near 1.
  for (double n : counts) numbers.push_back(-std::expm1(n * std::log(beta)) / (1 - beta));
  return numbers;
}

std::vector<double> ClassWeights(absl::Span<const double> counts, LossKind loss) {
  const double beta = BetaOf(loss);
  if (beta == 0) return std::vector<double>(counts.size(), 1.0);
  std::vector<double> weights = EffectiveNumbers(counts, beta);
  double sum = 0;
  int present = 0;
  for (double& w : weights) {
    w = w > 0 ? 1 / w : 0;
    sum += w;
    present += w > 0 ? 1 : 0;
  }
  for (double& w : weights) w *= present / sum;
  return weights;
}

std::vector<double> LdamMargins(absl::Span<const double> counts) {
  std::vector<double> margins;
  for (double n : counts) margins.push_back(n > 0 ? std::pow(n, -0.25) : 0);
  const double largest = *std::max_element(margins.begin(), margins.end());
  for (double& m : margins) m *= kLdamLargestMargin / largest;
  return margins;
}

std::vector<double> PriorAfterLoss(std::vector<double> sampler_prior, absl::Span<const double> counts, LossKind loss) {
  const double beta = BetaOf(loss);
  if (beta == 0) return sampler_prior;
  std::vector<double> smoothed;
  for (double n : counts) smoothed.push_back(n + 0.5);
  const std::vector<double> numbers = EffectiveNumbers(smoothed, beta);
  double sum = 0;
  for (size_t k = 0; k < numbers.size(); ++k) sum += sampler_prior[k] *= numbers[k];
  for (double& p : sampler_prior) p /= sum;
  return sampler_prior;
}

}  // namespace tremorcast
