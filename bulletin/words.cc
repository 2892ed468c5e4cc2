#include "bulletin/words.h"

#include <absl/strings/str_cat.h>

#include "bulletin/values.h"
#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "page/html.h"

namespace tremorcast::bulletin {
namespace {

RecordedGain Gain(double mean, int weeks, double log_evidence) {
  RecordedGain gain;
  gain.mean = mean;
  gain.weeks = weeks;
  gain.log_evidence = log_evidence;
  gain.log_against = -mean * weeks;  // of one region: the sum of its gains
  return gain;
}

VerifiedRecord RecordOf(const v1::TrackRecord& proto) {
  VerifiedRecord record;
  record.weeks_scored = proto.weeks_scored();
  record.event_weeks = proto.event_weeks();
  record.looked_at = proto.regions_looked_at();
  if (proto.has_information_gain()) {
    record.over_climatology = Gain(proto.information_gain(), proto.weeks_scored(), proto.log_evidence());
    if (proto.has_information_gain_low()) record.over_climatology->low = proto.information_gain_low();
    if (proto.has_information_gain_high()) record.over_climatology->high = proto.information_gain_high();
  }
  if (proto.has_catalogue_information_gain()) {
    record.over_catalogue =
        Gain(proto.catalogue_information_gain(), proto.catalogue_weeks(), proto.catalogue_log_evidence());
    if (proto.has_catalogue_information_gain_low()) record.over_catalogue->low = proto.catalogue_information_gain_low();
    if (proto.has_catalogue_information_gain_high()) {
      record.over_catalogue->high = proto.catalogue_information_gain_high();
    }
  }
  if (proto.has_twin_information_gain()) {
    record.over_twin = Gain(proto.twin_information_gain(), proto.twin_weeks(), proto.twin_log_evidence());
    if (proto.has_twin_information_gain_low()) record.over_twin->low = proto.twin_information_gain_low();
    if (proto.has_twin_information_gain_high()) record.over_twin->high = proto.twin_information_gain_high();
  }
  return record;
}

}  // namespace

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

std::string StatusText(const Words& words, const v1::Forecast& forecast) {
  switch (forecast.status()) {
    case v1::FORECAST_STATUS_OK:
      return words("ok", "正常");
    case v1::FORECAST_STATUS_DEGRADED:
      return words("degraded: few stations", "降级：台站不足");
    case v1::FORECAST_STATUS_INSUFFICIENT_DATA:
      return forecast.rung() == v1::RUNG_CATALOGUE
                 ? words("not enough data: earthquake catalogue alone", "数据不足：仅依据地震目录")
                 : words("not enough data: climatology", "数据不足：采用背景概率");
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

SkillClaim ClaimOfForecast(const v1::Forecast& forecast) {
  const v1::ModelUse& use = forecast.model_use();
  const SkillClaim said = ClaimOf(use.used(), use.pool_weight(), use.demonstrated_skill());
  const VerifiedRecord record = RecordOf(forecast.track_record());
  return WithRecord({said, ""}, &record).claim;
}

bool HasSkill(const v1::Forecast& forecast) { return SkillVerdict{ClaimOfForecast(forecast), ""}.demonstrated(); }

std::string VerdictText(const Words& words, const v1::Forecast& forecast) {
  const SkillClaim claim = ClaimOfForecast(forecast);
  return words.language() == Language::kEnglish ? ClaimInEnglish(claim) : ClaimInChinese(claim);
}

std::string Notice(const Words& words) {
  return words("Research use: no one can predict the exact time or place of an earthquake.",
               "仅供研究使用：没有人能够预测地震发生的准确时间和地点。");
}

}  // namespace tremorcast::bulletin
