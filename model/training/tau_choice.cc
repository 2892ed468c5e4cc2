#include "model/training/tau_choice.h"

#include <algorithm>

#include "core/base/status_macros.h"
#include "core/forecast/calibration.h"
#include "model/calibration/head_calibration.h"
#include "model/training/trained_networks.h"

namespace tremorcast {

absl::StatusOr<TauChoice> ChooseTau(absl::Span<const double> grid, const std::vector<LastLayer>& heads,
                                    const RowSet& rows, const std::vector<double>& prior,
                                    absl::Span<const int> labels) {
  std::vector<double> losses;
  for (double tau : grid) {
    std::vector<Logits> logits;
    for (const LastLayer& head : heads) logits.push_back(TauLogits(head.features, head.weight, tau));
    ASSIGN_OR_RETURN(auto fits, FitHeads(logits, rows, prior, /*fit_event_bias=*/true));
    losses.push_back(MeanLogScore(HeadAnswers(logits, rows, fits, prior), labels));
  }
  ASSIGN_OR_RETURN(auto tau, SelectTau(grid, losses));
  const auto chosen = std::find(grid.begin(), grid.end(), tau) - grid.begin();
  return TauChoice{tau, losses[static_cast<size_t>(chosen)]};
}

}  // namespace tremorcast
