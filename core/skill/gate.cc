#include "core/skill/gate.h"

#include <cmath>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "core/catalogue/climatology.h"

namespace tremorcast {
namespace {

void RequireGain(const char* reference, const std::optional<MeanInterval>& gain, const GateEvidence& evidence,
                 std::vector<std::string>& failures) {
  if (!gain.has_value()) {
    failures.push_back(absl::StrCat("the gain over ", reference, " could not be measured"));
  } else if (!(gain->low > kLeastGain)) {
    failures.push_back(absl::StrCat("the gain over ", reference, " is ", FormatGain(*gain), " nats per region-",
                                    evidence.issue, ", its lower end is not above 0"));
  }
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
    failures.push_back(absl::StrCat(evidence.test_weeks, " test ", evidence.issue, "s, at least ",
                                    policy.min_test_weeks, " are needed"));
  }
  if (evidence.event_region_weeks < policy.min_event_region_weeks) {
    failures.push_back(absl::StrCat(evidence.event_region_weeks, " event region-", evidence.issue,
                                    "s in the test period, at least ", policy.min_event_region_weeks, " are needed"));
  }
  if (!(evidence.pool_weight > 0)) {
    failures.push_back(absl::StrCat("the calibration period gave the model no weight against ",
                                    evidence.over_catalogue_rung ? "the catalogue rung" : "climatology"));
  }
  RequireGain("climatology", evidence.gain_over_climatology, evidence, failures);
  RequireGain("its input-free twin", evidence.gain_over_twin, evidence, failures);
  if (!evidence.catalogue_model) {
    RequireGain("the catalogue-only model", evidence.gain_over_catalogue, evidence, failures);
  }
  if (evidence.over_catalogue_rung) {
    RequireGain("the catalogue rung", evidence.gain_over_catalogue_rung, evidence, failures);
  }
  if (!evidence.suspicious_placebo.empty()) failures.push_back(evidence.suspicious_placebo);

  GateVerdict verdict;
  verdict.demonstrated_skill = failures.empty();
  if (verdict.demonstrated_skill) {
    verdict.sentence = absl::StrCat("demonstrated skill over ", evidence.test_weeks, " test ", evidence.issue,
                                    "s: gain over climatology ", FormatGain(*evidence.gain_over_climatology),
                                    ", over its input-free twin ", FormatGain(*evidence.gain_over_twin));
    if (!evidence.catalogue_model) {
      absl::StrAppend(&verdict.sentence, ", over the catalogue-only model ", FormatGain(*evidence.gain_over_catalogue));
    }
    if (evidence.over_catalogue_rung) {
      absl::StrAppend(&verdict.sentence, ", over the catalogue rung ", FormatGain(*evidence.gain_over_catalogue_rung));
    }
    absl::StrAppend(&verdict.sentence, " nats per region-", evidence.issue);
    return verdict;
  }
  verdict.sentence = absl::StrCat("no demonstrated skill: ", absl::StrJoin(failures, "; "));
  if (evidence.detectable_gain.has_value()) {
    absl::StrAppendFormat(&verdict.sentence, "; this test finds a gain of %.3f with 80 %% probability",
                          *evidence.detectable_gain);
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
  if (!(evidence.gain_over_champion->mean > kLeastGain)) {
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
