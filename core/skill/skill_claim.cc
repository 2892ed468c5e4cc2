#include "core/skill/skill_claim.h"

#include <utility>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

constexpr char kNoSkill[] = "no demonstrated skill: ";

std::string InParentheses(const std::string& text) { return text.empty() ? "" : absl::StrCat(" (", text, ")"); }

// Of the catalogue rung, which answers without any station.
SkillVerdict JudgeCatalogue(const SkillFacts& facts) {
  const auto no_answer = [](const std::string& why) {
    return SkillVerdict{SkillClaim::kNoAnswerOfAModel, absl::StrCat(kNoSkill, why)};
  };
  if (!facts.has_model) return no_answer("no catalogue model is in service");
  if (facts.pool_weight <= 0) {
    return no_answer("before its publication the catalogue model did not improve on climatology, so it has no weight");
  }
  if (!facts.lowered.empty()) return no_answer(absl::StrCat("the catalogue model may not answer: ", facts.lowered));
  if (facts.model_record != nullptr) {
    if (const std::string better = WorseThan(*facts.model_record); !better.empty()) {
      return {SkillClaim::kContradicted,
              absl::StrCat(kNoSkill, "since it was published the catalogue model answered worse than ", better, " (",
                           Describe(*facts.model_record), ")")};
    }
    if (Demonstrates(*facts.model_record)) {
      return {SkillClaim::kShownInService,
              absl::StrCat("the catalogue model (ETAS) was better than climatology and than its event-free twin in "
                           "forecasts answered since it was published (",
                           Describe(*facts.model_record), ")")};
    }
  }
  if (!facts.gate_passed) {
    return {SkillClaim::kNotShown, absl::StrCat(kNoSkill, "on held-out weeks the catalogue model did not pass the gate",
                                                InParentheses(facts.gate_verdict))};
  }
  return {SkillClaim::kShownByGate, absl::StrCat("the catalogue model (ETAS) was better than climatology on held-out "
                                                 "weeks before it entered service",
                                                 InParentheses(facts.gate_verdict))};
}

}  // namespace

SkillVerdict JudgeSkill(const SkillFacts& facts) {
  const auto no_answer = [](const std::string& why) {
    return SkillVerdict{SkillClaim::kNoAnswerOfAModel, absl::StrCat(kNoSkill, why)};
  };
  const char* const instead =
      facts.below_answers ? "so the rung below answers" : "so the answer is the region's climatology";
  if (facts.status == ForecastStatus::kInsufficientData && facts.rung == Rung::kStations) {
    return no_answer(
        absl::StrCat(facts.usable, " of ", facts.enrolled, " enrolled stations have enough data, ", instead));
  }
  if (facts.rung == Rung::kCatalogue) return JudgeCatalogue(facts);
  if (!facts.has_model) return no_answer(absl::StrCat("no model is in service, ", instead));
  if (facts.pool_weight <= 0) {
    return no_answer(absl::StrCat(
        "on its calibration weeks the model did not improve on what is below it and has no weight, ", instead));
  }
  const char* const set_aside = facts.set_aside ? ", and by policy the answer is then the region's climatology" : "";
  const std::string because = InParentheses(facts.gate_verdict);
  if (facts.model_record != nullptr) {
    if (const std::string better = WorseThan(*facts.model_record); !better.empty()) {
      return {SkillClaim::kContradicted,
              absl::StrCat(kNoSkill, "since it was published the model answered worse than ", better, " (",
                           Describe(*facts.model_record), ")",
                           facts.gate_passed ? ", although it had passed the promotion gate on held-out weeks" : "",
                           set_aside)};
    }
    if (Demonstrates(*facts.model_record) && (!facts.below_answers || facts.model_record->over_below.has_value())) {
      return {SkillClaim::kShownInService,
              absl::StrCat("the model was better than climatology, the catalogue-only model and its input-free twin in "
                           "forecasts answered since it was published (",
                           Describe(*facts.model_record), "); see the track record of this region")};
    }
  }
  const bool over_rung = facts.gate_passed && facts.gate_over_catalogue_rung;
  if (facts.below_answers && !over_rung) {
    return {SkillClaim::kNotShown,
            absl::StrCat(kNoSkill, "the stations' model has not been shown to know more than the catalogue rung",
                         facts.model_record != nullptr && facts.model_record->over_below.has_value()
                             ? InParentheses(Describe(*facts.model_record))
                             : "",
                         ", so the catalogue rung answers")};
  }
  if (!facts.gate_passed) {
    return {SkillClaim::kNotShown,
            absl::StrCat(kNoSkill, "on held-out weeks the model did not pass the promotion gate", because, set_aside)};
  }
  return {SkillClaim::kShownByGate,
          absl::StrCat("the model was better than ", over_rung ? "the catalogue rung and " : "",
                       "climatology on held-out weeks before it entered service", because,
                       "; see the track record for its issued forecasts")};
}

SkillVerdict WithRecord(SkillVerdict said, const VerifiedRecord* record) {
  if (record == nullptr || said.claim == SkillClaim::kNoAnswerOfAModel) return said;
  if (const std::string better = WorseThan(*record); !better.empty() && said.claim != SkillClaim::kContradicted) {
    const bool claimed = said.demonstrated();
    return {
        SkillClaim::kContradicted,
        absl::StrCat(kNoSkill, "the forecasts issued for this region were worse than ", better, " (", Describe(*record),
                     ")", claimed ? ", although the model had been found better when they were issued" : "")};
  }
  if (said.claim == SkillClaim::kNotShown && Demonstrates(*record)) {
    return {SkillClaim::kShownInService,
            absl::StrCat("the forecasts issued for this region were better than climatology, the catalogue-only model "
                         "and the input-free twin (",
                         Describe(*record), ")")};
  }
  return said;
}

SkillClaim ClaimOf(bool model_used, double pool_weight, bool demonstrated_skill) {
  if (!model_used || pool_weight <= 0) return SkillClaim::kNoAnswerOfAModel;
  return demonstrated_skill ? SkillClaim::kShownByGate : SkillClaim::kNotShown;
}

std::string ClaimInEnglish(SkillClaim claim) {
  switch (claim) {
    case SkillClaim::kNoAnswerOfAModel:
      return "No model was used: the numbers are the usual rate of earthquakes (climatology).";
    case SkillClaim::kNotShown:
      return "No demonstrated skill: the model has not been shown to know more than the usual rate of earthquakes.";
    case SkillClaim::kContradicted:
      return "No demonstrated skill: in the verified weeks the issued forecasts were worse than what they must beat.";
    case SkillClaim::kShownByGate:
      return "The model has shown skill over climatology on weeks it was not trained on.";
    case SkillClaim::kShownInService:
      return "The issued forecasts have shown skill over climatology, over the earthquake catalogue alone and over a "
             "model that sees no station.";
  }
  return "";
}

std::string ClaimInChinese(SkillClaim claim) {
  switch (claim) {
    case SkillClaim::kNoAnswerOfAModel:
      return "未使用模型：所示数字为该区的背景概率（历史平均）。";
    case SkillClaim::kNotShown:
      return "未显示预测技巧：尚无证据表明模型优于该区的背景概率。";
    case SkillClaim::kContradicted:
      return "未显示预测技巧：在已检验的周次中，已发布的预报不如其应当超过的参照。";
    case SkillClaim::kShownByGate:
      return "该模型在未参与训练的周次上显示出优于背景概率的预测技巧。";
    case SkillClaim::kShownInService:
      return "已发布的预报显示出优于背景概率、优于仅用地震目录的模型、也优于不看台站的模型的预测技巧。";
  }
  return "";
}

}  // namespace tremorcast
