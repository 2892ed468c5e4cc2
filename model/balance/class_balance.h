#pragma once

// What stage 2 may do for rare classes beside sampling (the long-tail methods that the paper cites
// or could mean): a loss that weighs classes or sets margins, made-up rows, and a treatment of the
// last layer. Names, the papers' constants and what follows from class counts; no Torch. Pure;
// thread safe.

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

namespace tremorcast {

// The loss of a head. It acts on stage 2 alone: the backbone is always trained by plain
// cross-entropy on natural sampling, as Kang et al. found best.
enum class LossKind : int8_t {
  kCrossEntropy,
  kClassBalanced,  // Cui et al. 2019: cross-entropy, each class weighted by its effective number of rows
  kFocal,          // Lin et al. 2017: (1 - p_y)^gamma times cross-entropy
  kLdam,           // Cao et al. 2019, LDAM-DRW: a cosine layer with margins by class; class weights come later
};
absl::string_view LossName(LossKind loss);  // "cross-entropy" | "class-balanced" | "focal" | "ldam-drw"
absl::StatusOr<LossKind> ParseLoss(absl::string_view name);

// What is done to the pooled maps of the drawn training rows, never to those of another slice: the
// paper's "data augmentation", which it does not explain.
enum class Augmentation : int8_t {
  kNone,
  kSmote,   // Chawla et al. 2002: draws beyond a class's own rows lie between a row and a near one of its class
  kMixup,   // Zhang et al. 2018: mixtures of two drawn rows and of their labels
  kJitter,  // normal noise
};
absl::string_view AugmentationName(Augmentation augmentation);  // "none" | "smote" | "mixup" | "jitter"
absl::StatusOr<Augmentation> ParseAugmentation(absl::string_view name);

// What becomes of the last layer of trained heads (Kang et al.).
enum class Treatment : int8_t {
  kRetrained,      // cRT: as stage 2 trained it, with its bias
  kTauNormalised,  // rows over ||row||^tau, bias dropped; tau by log score on the early-stop slice
  kScaled,         // LWS: frozen, one learned scale per class
  kNearestMean,    // NCM: nearest class mean of centred, L2-normalised features
};
absl::string_view TreatmentName(Treatment treatment);              // "cRT" | "tau" | "LWS" | "NCM"
absl::StatusOr<Treatment> ParseTreatment(absl::string_view name);  // in any case

// Constants of the papers. Only those of time and noise are ours: Cao et al. weigh classes from
// epoch 160 of 200 on, and our stages end after 10 to 30; mixup's 0.2 is in its authors' range.
inline constexpr double kClassBalancedBeta = 0.999;
inline constexpr double kFocalGamma = 2;
inline constexpr double kLdamBeta = 0.9999;
inline constexpr double kLdamLargestMargin = 0.5;  // of a cosine
inline constexpr double kLdamScale = 30;           // logits are this times a cosine
inline constexpr int kLdamPlainEpochs = 10;        // before the weights; none of them is kept
inline constexpr int kSmoteNeighbours = 5;
inline constexpr double kMixupAlpha = 0.2;
inline constexpr double kJitterDeviation = 0.1;  // Z is batch-normalised and E in interquartile ranges

// Rows of each class.
std::vector<double> RowsByClass(absl::Span<const int> labels, int classes);

// (1 - beta^n) / (1 - beta) for each count, which need not be whole: n for beta near 1 (rows that
// all say something new), 1 for beta 0.
std::vector<double> EffectiveNumbers(absl::Span<const double> counts, double beta);

// The weight of a row of each class in the loss: proportional to 1 / EffectiveNumbers, with a mean
// of 1 over the classes that have rows, 0 for the others. All 1 for losses without weights.
std::vector<double> ClassWeights(absl::Span<const double> counts, LossKind loss);

// LDAM's margins: proportional to n^(-1/4), the largest kLdamLargestMargin; 0 for classes without
// rows.
std::vector<double> LdamMargins(absl::Span<const double> counts);

// What remains for the prior of the probabilities after sampler and loss. `sampler_prior` is what
// the sampler balanced away (BatchSampler::BalancedAwayPrior), `counts` are RowsByClass.
//
// * Weights w_k: the network that minimises sum over draws of -w_y ln p_y answers p_k proportional
//   to w_k times the drawn share of k, so pi_k is sampler_prior_k / w_k, which is sampler_prior_k
//   times the effective number (of n + 1/2, Jeffreys, as in the sampler's). Natural sampling with
//   beta near 1 leaves the class frequencies, as class-balanced sampling does. Both together
//   balance twice, and pi says so.
// * Focal: the same factor for whatever class is true, so no share moves and nothing is added. It
//   flattens probabilities without changing their order, and T is fitted to that.
// * LDAM: a margin changes how far a score must go, not which side it is on. Where margins are wide
//   (kLdamScale times 0.5 here) the gradient between them is that of a hinge, weight times share of
//   the classes, whatever the margins are. So margins take no share away; the late weights do, as
//   above. The epochs without weights are never kept, so one pi is right for whatever is kept.
// * SMOTE, mixup and jitter leave the drawn shares of the classes as they are.
std::vector<double> PriorAfterLoss(std::vector<double> sampler_prior, absl::Span<const double> counts, LossKind loss);

}  // namespace tremorcast
