#include "core/skill/gate.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

namespace tremorcast {
namespace {

constexpr double kNormal95 = 1.96;

bool LowerEndAboveZero(const std::optional<MeanInterval>& gain) { return gain.has_value() && gain->low > 0; }

void RequireGain(const char* reference, const std::optional<MeanInterval>& gain, std::vector<std::string>& failures) {
  if (!gain.has_value()) {
    failures.push_back(absl::StrCat("the gain over ", reference, " could not be measured"));
  } else if (!LowerEndAboveZero(gain)) {
    failures.push_back(absl::StrCat("the gain over ", reference, " is ", FormatGain(*gain),
                                    " nats per region-week, its lower end is not above 0"));
  }
}

std::optional<double> MinimumDetectableGain(const GateEvidence& evidence) {
  std::optional<double> widest;
  for (const auto& gain : {evidence.gain_over_climatology, evidence.gain_over_catalogue}) {
    if (gain.has_value()) widest = std::max(widest.value_or(0), gain->half_width());
  }
  if (widest.has_value() && evidence.region_weeks > 0) {
    widest = std::max(*widest, 2 * kNormal95 * kNormal95 / evidence.region_weeks);
  }
  return widest;
}

}  // namespace

absl::Status GatePolicy::Validate() const {
  if (min_test_weeks < 1 || min_event_region_weeks < 1) {
    return absl::InvalidArgumentError("gate: the least numbers of test weeks and event region-weeks must be positive");
  }
  return absl::OkStatus();
}

GateVerdict DecideSkill(const GateEvidence& evidence, const GatePolicy& policy) {
  std::vector<std::string> failures;
  if (evidence.test_weeks < policy.min_test_weeks) {
    failures.push_back(
        absl::StrCat(evidence.test_weeks, " test weeks, at least ", policy.min_test_weeks, " are needed"));
  }
  if (evidence.event_region_weeks < policy.min_event_region_weeks) {
    failures.push_back(absl::StrCat(evidence.event_region_weeks, " event region-weeks in the test period, at least ",
                                    policy.min_event_region_weeks, " are needed"));
  }
  if (!(evidence.pool_weight > 0)) {
    failures.push_back("the calibration period gave the model no weight against climatology");
  }
  RequireGain("climatology", evidence.gain_over_climatology, failures);
  RequireGain("the catalogue-only model", evidence.gain_over_catalogue, failures);

  GateVerdict verdict;
  verdict.minimum_detectable_gain = MinimumDetectableGain(evidence);
  verdict.demonstrated_skill = failures.empty();
  if (verdict.demonstrated_skill) {
    verdict.sentence =
        absl::StrCat("demonstrated skill over ", evidence.test_weeks, " test weeks: gain over climatology ",
                     FormatGain(*evidence.gain_over_climatology), ", over the catalogue-only model ",
                     FormatGain(*evidence.gain_over_catalogue), " nats per region-week");
    return verdict;
  }
  verdict.sentence = absl::StrCat("no demonstrated skill: ", absl::StrJoin(failures, "; "));
  if (verdict.minimum_detectable_gain.has_value()) {
    absl::StrAppendFormat(&verdict.sentence, "; this test could not have seen a gain below %.3f",
                          *verdict.minimum_detectable_gain);
  }
  return verdict;
}

ChampionVerdict DecideChampion(const ChallengerEvidence& evidence) {
  const auto keep = [](std::string reason) { return ChampionVerdict{ChampionDecision::kKeep, std::move(reason)}; };
  if (!evidence.verdict.demonstrated_skill) return keep(absl::StrCat("gate: ", evidence.verdict.sentence));
  if (!evidence.has_champion) {
    return {ChampionDecision::kPromote, absl::StrCat("gate: ", evidence.verdict.sentence, "; no champion before")};
  }
  if (!evidence.gain_over_champion.has_value()) {
    return keep("gate: the champion could not be scored on the same test weeks");
  }
  const std::string gain = FormatGain(*evidence.gain_over_champion);
  if (!(evidence.gain_over_champion->mean > 0)) {
    return keep(absl::StrCat("gate: gain over the champion ", gain,
                             evidence.champion_saw_test ? ", which has seen part of the test weeks" : ""));
  }
  return {ChampionDecision::kPromote,
          absl::StrCat("gate: gain over the champion ", gain, "; ", evidence.verdict.sentence)};
}

std::string FormatGain(const MeanInterval& gain) {
  // No "-0.000": rounding is no loss.
  const auto tidy = [](double x) { return std::abs(x) < 0.0005 ? 0.0 : x; };
  return absl::StrFormat("%+.3f [%.3f, %.3f]", tidy(gain.mean), tidy(gain.low), tidy(gain.high));
}

}  // namespace tremorcast
