#include <cmath>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>

#include "bulletin/pages.h"
#include "bulletin/values.h"
#include "bulletin/words.h"
#include "core/base/ids.h"

namespace tremorcast::bulletin {
namespace {

// Smaller moves come from rounding and from one week more in the climatology.
constexpr double kNoteworthy = 0.005;

std::string ModelText(const Words& words, const v1::Forecast& forecast) {
  return forecast.model_use().used() ? LastPart(forecast.model_use().model()) : words("climatology", "背景概率");
}

}  // namespace

const v1::Forecast* WeekBefore(const RegionBulletin& region) {
  const v1::Forecast& latest = *region.latest();
  const absl::Time wanted = ToTime(latest.valid_from_time()) - absl::Hours(24 * 7);
  for (const v1::Forecast& one : region.forecasts) {
    if (ToTime(one.valid_from_time()) == wanted) return &one;
  }
  return nullptr;
}

std::vector<std::string> Changes(const Bulletin& bulletin, const Words& words) {
  std::vector<std::string> changes;
  int compared = 0;
  for (const RegionBulletin& region : bulletin.regions) {
    if (region.latest() == nullptr) continue;
    const v1::Forecast& now = *region.latest();
    const v1::Forecast* before = WeekBefore(region);
    if (before == nullptr || now.exceedances_size() == 0 || before->exceedances_size() == 0) continue;
    ++compared;
    const std::string id = LastPart(region.region.name());
    const double moved = now.exceedances(0).probability() - before->exceedances(0).probability();
    if (std::abs(moved) >= kNoteworthy) {
      changes.push_back(absl::StrCat(id, ": P(M ≥ 3.5) ", before->exceedances(0).display(), " → ",
                                     now.exceedances(0).display(), " (", Points(moved),
                                     words(" points)", " 个百分点)")));
    }
    if (now.status() != before->status()) {
      changes.push_back(absl::StrCat(id, ": ", StatusText(words, *before), " → ", StatusText(words, now)));
    }
    if (now.coverage().usable_count() != before->coverage().usable_count()) {
      changes.push_back(absl::StrCat(id, ": ", words("usable stations ", "可用台站 "),
                                     before->coverage().usable_count(), " → ", now.coverage().usable_count(),
                                     words(" of ", " / "), now.coverage().enrolled_count()));
    }
    if (ModelText(words, now) != ModelText(words, *before)) {
      changes.push_back(
          absl::StrCat(id, ": ", words("model ", "模型 "), ModelText(words, *before), " → ", ModelText(words, now)));
    }
    if (HasSkill(now) != HasSkill(*before)) {
      changes.push_back(absl::StrCat(id, ": ", VerdictText(words, now)));
    }
  }
  if (compared > 0 && changes.empty()) {
    changes.push_back(words("Nothing moved by half a point or more; the same stations and models.",
                            "各区概率变化均不足半个百分点；台站与模型未变。"));
  }
  return changes;
}

}  // namespace tremorcast::bulletin
