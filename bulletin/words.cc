#include "bulletin/words.h"

#include <absl/strings/str_cat.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "page/html.h"

namespace tremorcast::bulletin {

std::string Words::File(absl::string_view stem) const { return absl::StrCat(stem, (*this)(".html", ".zh.html")); }

std::string LocalDate(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, NetworkTimeZone()); }

std::string WeekText(const Words& words, const v1::Forecast& forecast) {
  return absl::StrCat(LocalMinute(ToTime(forecast.valid_from_time())), words(" to ", " 至 "),
                      LocalMinute(ToTime(forecast.valid_to_time())), " UTC+8");
}

std::string PurposeText(const Words& words, v1::ForecastPurpose purpose) {
  switch (purpose) {
    case v1::FORECAST_PURPOSE_OPERATIONAL:
      return words("operational", "业务发布");
    case v1::FORECAST_PURPOSE_HINDCAST:
      return words("hindcast (computed afterwards)", "回溯计算（事后计算）");
    case v1::FORECAST_PURPOSE_TEST:
      return words("test (simulated network)", "测试（模拟台网）");
    default:
      return words("unknown", "未知");
  }
}

std::string StatusText(const Words& words, v1::ForecastStatus status) {
  switch (status) {
    case v1::FORECAST_STATUS_OK:
      return words("ok", "正常");
    case v1::FORECAST_STATUS_DEGRADED:
      return words("degraded: few stations", "降级：台站不足");
    case v1::FORECAST_STATUS_INSUFFICIENT_DATA:
      return words("not enough data: climatology", "数据不足：采用背景概率");
    default:
      return words("unknown", "未知");
  }
}

std::string StateText(const Words& words, StationState state) {
  switch (state) {
    case StationState::kWorking:
      return words("working", "正常");
    case StationState::kPartial:
      return words("one signal only", "仅一种信号");
    case StationState::kSilent:
      return words("silent", "无数据");
    case StationState::kNotEnrolled:
      return words("not enrolled", "未纳入");
  }
  return "";
}

std::string RegionTitle(const v1::Region& region) {
  const std::string id = LastPart(region.name());
  return region.title().empty() || region.title() == id ? id : absl::StrCat(id, ": ", region.title());
}

std::string Points(double difference) { return SignedNumber(100 * difference, 1); }

bool HasSkill(const v1::Forecast& forecast) {
  const v1::ModelUse& use = forecast.model_use();
  return use.used() && use.demonstrated_skill() && use.pool_weight() > 0;
}

std::string VerdictText(const Words& words, const v1::Forecast& forecast) {
  if (HasSkill(forecast)) {
    return words("The model has shown skill over climatology on weeks it was not trained on.",
                 "该模型在未参与训练的周次上显示出优于背景概率的预测技巧。");
  }
  if (forecast.model_use().used()) {
    return words("No demonstrated skill: the model has not been shown to know more than the usual rate of earthquakes.",
                 "未显示预测技巧：尚无证据表明模型优于该区的背景概率。");
  }
  return words("No model was used: the numbers are the usual rate of earthquakes (climatology).",
               "未使用模型：所示数字为该区的背景概率（历史平均）。");
}

std::string Notice(const Words& words) {
  return words("Research use: no one can predict the exact time or place of an earthquake.",
               "仅供研究使用：没有人能够预测地震发生的准确时间和地点。");
}

}  // namespace tremorcast::bulletin
