#pragma once

// Models and promotions: core -> proto. Pure; thread safe.

#include <map>
#include <string>

#include <absl/strings/string_view.h>

#include "core/skill/records.h"
#include "core/skill/skill_claim.h"
#include "tremorcast/v1/model_service.pb.h"

namespace tremorcast::rpc {

// Everything of the record but the manifest; scopes are the caller's to add.
// `standing`: what all the evidence says of it now.
void FillModel(const ModelRecord& record, const SkillVerdict& standing, v1::Model* proto);
void FillPromotion(const Promotion& promotion, v1::Promotion* proto);

// The numbers of a JSON object, {"gain": 0.21, "weeks": 52}; whatever else stands in it is left
// out, and text that is no object has none. Our own trainer writes the registry's scores, and no
// other JSON is read in this way.
std::map<std::string, double> ScoresOf(absl::string_view scores_json);

}  // namespace tremorcast::rpc
