#include "trainer/ladder/ladder_placebos.h"

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

bool AboveZero(const std::optional<MeanInterval>& gain) { return gain.has_value() && gain->low > kLeastGain; }

}  // namespace

std::vector<PlaceboCatalogue> PlaceboCatalogues(absl::Span<const SeismicEvent> catalogue,
                                                absl::Span<const Region> regions, const Interval& period) {
  // By years: what a catalogue knew half a year ago is still worth something.
  return {{"half the catalogue's time later", ShiftedCatalogue(catalogue, period, period.length() / 2)},
          {"mirrored north to south", MirroredCatalogue(catalogue, regions)}};
}

void ApplyPlacebos(absl::Span<const LadderPlacebo> placebos, const GatePolicy& gate, LadderTrial& trial) {
  for (const LadderPlacebo& placebo : placebos) {
    if (!AboveZero(placebo.trial.gain) || !AboveZero(placebo.trial.gain_over_twin)) continue;
    trial.evidence.suspicious_placebo =
        absl::StrCat("the placebo \"", placebo.name, "\" shows skill: ", FormatGain(*placebo.trial.gain),
                     " over climatology where nothing can be known");
    trial.verdict = DecideSkill(trial.evidence, gate);
    return;
  }
}

}  // namespace tremorcast
