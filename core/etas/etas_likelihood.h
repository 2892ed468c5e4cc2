#pragma once

// The log likelihood of an ETAS model on the events that it is fitted to, with its slope and
// curvature, in one pass over the pairs of source and target. Immutable but for the background;
// thread safe while that stays.
//
// One pass is the E step of EM: it gives each pair's probability p_ij that the source triggered the
// target, and by Fisher's identity the slope of the likelihood is the p_ij-weighted slope of the
// kernels. The information is the sum over targets of the outer product of d ln lambda (Ogata,
// 1978), which is never negative.

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/etas/etas_events.h"
#include "core/etas/etas_model.h"

namespace tremorcast {

using EtasMatrix = std::array<EtasVector, kEtasParameters>;

class EtasLikelihood {
 public:
  // Targets: the events of `events` in the region from `begin` to `end` (days); sources: all before
  // `end`. A source reaches `rupture_lengths` times the mean rupture length of its magnitude
  // (Wells and Coppersmith, 1994); what lies further away is none of its pairs. No pair is closer
  // than model.location_km. `model` gives region, law and reach; it and `events` need not outlive
  // this.
  EtasLikelihood(const EtasModel& model, const EtasEvents& events, double begin, double end, double rupture_lengths);

  size_t sources() const { return sources_.size(); }
  size_t targets() const { return first_pair_.size() - 1; }
  size_t pairs() const { return pairs_.size(); }
  const std::vector<GeoPoint>& target_places() const { return target_places_; }

  // The background at each target, relative to its mean over the region. 1 at first.
  void SetRelativeBackground(std::vector<double> relative) { relative_background_ = std::move(relative); }

  struct Evaluation {
    double log_likelihood = 0;  // nats
    EtasVector gradient = {};
    EtasMatrix information = {};
    std::vector<double> independence;  // of each target: the probability that no event triggered it
  };
  Evaluation Evaluate(const EtasParameters& parameters) const;

 private:
  struct Source {
    double excess = 0;       // m - m0
    double begin = 0;        // days from the source to the begin of the targets, 0 if it is one
    double end = 0;          // and to their end
    size_t first_piece = 0;  // of the border as seen from it
  };
  struct Pair {
    int32_t source = 0;
    float days = 0;
    float squared_km = 0;
  };

  void AddTargets(const EtasParameters& parameters, Evaluation& evaluation) const;
  void TakeCompensator(const EtasParameters& parameters, Evaluation& evaluation) const;

  double area_days_ = 0;
  std::vector<Source> sources_;
  std::vector<BorderPiece> border_;  // none where all children count
  std::vector<size_t> first_pair_;   // of each target, and the end
  std::vector<Pair> pairs_;
  std::vector<GeoPoint> target_places_;
  std::vector<double> relative_background_;
};

}  // namespace tremorcast
