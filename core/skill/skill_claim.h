#pragma once

// May it be said that a forecast rests on a model that has shown skill? One function of all the
// evidence: what answered, the gate's verdict at publication, the weight in the pool, and the
// verified weeks since. The archive, the API, the lists of models and the pages all say what it
// says, so that no banner claims what the record below it denies. Pure; thread safe.

#include <cstdint>
#include <string>

#include "core/forecast/forecast.h"
#include "core/skill/verified_record.h"

namespace tremorcast {

enum class SkillClaim : int8_t {
  kNoAnswerOfAModel = 1,  // too few stations, no model in service, or one without weight
  kNotShown = 2,          // neither by the gate nor in service
  kContradicted = 3,      // the verified weeks speak against the forecasts, whatever the gate said
  kShownByGate = 4,       // on held-out weeks, and nothing verified since speaks against it
  kShownInService = 5,    // over each reference of the gate; supports the word precursor
};

struct SkillFacts {
  Rung rung = Rung::kStations;  // of the model
  ForecastStatus status = ForecastStatus::kOk;
  int usable = 0;
  int enrolled = 0;
  bool has_model = false;
  double pool_weight = 0;  // as calibrated
  bool gate_passed = false;
  std::string gate_verdict;
  // The model has no demonstrated skill and was not asked: policy serves climatology then.
  bool set_aside = false;
  // The catalogue rung answers unless the station rung has shown skill over it: in verified weeks, or
  // by a gate that asked for a gain over that rung.
  bool below_answers = false;
  bool gate_over_catalogue_rung = false;
  // Why the catalogue rung must not answer now, whatever it has shown; empty where it may.
  std::string lowered;
  // The model's answers since it was published, in all its regions; null: unknown.
  const VerifiedRecord* model_record = nullptr;
};

struct SkillVerdict {
  SkillClaim claim = SkillClaim::kNoAnswerOfAModel;
  // Why a reader should or should not trust this, one sentence. Begins with "no demonstrated skill:
  // " unless `demonstrated`.
  std::string sentence;
  bool demonstrated() const { return claim == SkillClaim::kShownByGate || claim == SkillClaim::kShownInService; }
};
SkillVerdict JudgeSkill(const SkillFacts& facts);

// What stands of `said` beside the record of the forecasts issued for its region; null: unknown. A
// record that speaks against them takes the claim back, one that demonstrates skill makes it.
SkillVerdict WithRecord(SkillVerdict said, const VerifiedRecord* record);

// The claim behind what a forecast carries, for readers of the archive and of the wire.
SkillClaim ClaimOf(bool model_used, double pool_weight, bool demonstrated_skill);

// The claim alone, for a banner: without figures, which stand in the record beside it.
std::string ClaimInEnglish(SkillClaim claim);
std::string ClaimInChinese(SkillClaim claim);

}  // namespace tremorcast
