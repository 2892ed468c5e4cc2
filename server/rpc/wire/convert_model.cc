#include "server/rpc/wire/convert_model.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "server/rpc/wire/convert_forecast.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/resource_names.h"

namespace tremorcast::rpc {

static_assert(static_cast<int>(v1::PROMOTION_KIND_PROMOTE) == static_cast<int>(PromotionKind::kPromote));
static_assert(static_cast<int>(v1::PROMOTION_KIND_ROLLBACK) == static_cast<int>(PromotionKind::kRollback));
static_assert(static_cast<int>(v1::PROMOTION_KIND_WITHDRAW) == static_cast<int>(PromotionKind::kWithdraw));

void FillModel(const ModelRecord& record, const SkillVerdict& standing, v1::Model* proto) {
  proto->set_name(ModelName(record.model.version));
  SetIfFinite(record.created_at, [&] { return proto->mutable_create_time(); });
  proto->set_sha256(record.model.weights_sha256);
  proto->set_size_bytes(record.artifact_bytes);
  proto->set_feature_schema_hash(record.feature_schema_hash);
  proto->set_data_hash(record.data_hash);
  proto->set_git_revision(record.model.git_revision);
  if (!record.model.training_period.empty()) {
    SetIfFinite(record.model.training_period.begin, [&] { return proto->mutable_training_start_time(); });
    SetIfFinite(record.model.training_period.end, [&] { return proto->mutable_training_end_time(); });
  }
  proto->set_training_run(record.training_run);
  proto->set_demonstrated_skill(standing.demonstrated());
  proto->set_verdict(record.verdict);
  proto->set_standing(standing.sentence);
  for (const auto& [name, score] : ScoresOf(record.scores_json)) (*proto->mutable_scores())[name] = score;
  proto->set_simulated(record.simulated);
  proto->set_rung(ToRung(record.rung));
  proto->set_issue_day(record.question.issue_day);
  proto->set_horizon_days(record.question.horizon_days);
}

void FillPromotion(const Promotion& promotion, v1::Promotion* proto) {
  proto->set_sequence(promotion.sequence);
  proto->set_scope(RegionName(promotion.scope));
  if (!promotion.version.empty()) proto->set_model(ModelName(promotion.version));
  if (!promotion.previous.empty()) proto->set_previous_model(ModelName(promotion.previous));
  proto->set_kind(static_cast<v1::PromotionKind>(promotion.kind));
  proto->set_reason(promotion.reason);
  proto->set_actor(promotion.actor);
  SetIfFinite(promotion.promoted_at, [&] { return proto->mutable_promote_time(); });
}

std::map<std::string, double> ScoresOf(absl::string_view scores_json) {
  std::map<std::string, double> scores;
  google::protobuf::Struct object;
  if (scores_json.empty() || !google::protobuf::util::JsonStringToMessage(std::string(scores_json), &object).ok())
    return scores;
  for (const auto& [name, value] : object.fields()) {
    if (value.kind_case() == google::protobuf::Value::kNumberValue) scores[name] = value.number_value();
  }
  return scores;
}

}  // namespace tremorcast::rpc
