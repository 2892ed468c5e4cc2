#pragma once

// The two languages of the pages, and how numbers and times are written in both. Pure; thread safe.

#include <string>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "bulletin/data.h"
#include "core/skill/skill_claim.h"

namespace tremorcast::bulletin {

enum class Language { kEnglish, kChinese };

// Both texts stand where they are used, so that neither is forgotten when the other changes.
class Words {
 public:
  explicit Words(Language language) : language_(language) {}
  const char* operator()(const char* english, const char* chinese) const {
    return language_ == Language::kEnglish ? english : chinese;
  }
  Language language() const { return language_; }
  const char* code() const { return (*this)("en", "zh-CN"); }
  // "index" -> "index.html" or "index.zh.html".
  std::string File(absl::string_view stem) const;

 private:
  const Language language_;
};

std::string LocalDate(absl::Time time);  // "2020-12-06", UTC+8
std::string WeekText(const Words& words, const v1::Forecast& forecast);
std::string PurposeText(const Words& words, v1::ForecastPurpose purpose);
std::string StatusText(const Words& words, const v1::Forecast& forecast);
std::string StateText(const Words& words, StationState state);
// "area-0", or "area-0: Title" when it has one of its own. Not escaped.
std::string RegionTitle(const v1::Region& region);
// "+2.1" points, "0.0".
std::string Points(double difference);

// What may be claimed for the answer: what the service says, beside the record that is shown below
// it (core/skill/skill_claim.h), also where an older service did not look at it.
SkillClaim ClaimOfForecast(const v1::Forecast& forecast);
// Whether the answer rests on a model that has shown skill.
bool HasSkill(const v1::Forecast& forecast);
// One plain sentence for the reader; not escaped.
std::string VerdictText(const Words& words, const v1::Forecast& forecast);
std::string Notice(const Words& words);

}  // namespace tremorcast::bulletin
