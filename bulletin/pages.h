#pragma once

// The pages of a bulletin: static HTML with inline SVG, light, dark and print, without scripts and
// outside requests. Pure; thread safe. Names out of the data are escaped.

#include <string>
#include <vector>

#include <absl/strings/string_view.h>

#include "bulletin/data.h"
#include "bulletin/words.h"

namespace tremorcast::bulletin {

std::string IndexPage(const Bulletin& bulletin, const Words& words);
std::string RegionPage(const Bulletin& bulletin, const RegionBulletin& region, const Words& words);
// `window` may be null: then the page says that there is none.
std::string StationPage(const Bulletin& bulletin, const v1::Station& station, const v1::StationWindow* window,
                        const Words& words);

// Regions with P(M >= 3.5) of their newest forecasts, stations and recent events, with a legend:
// shaded by the probability, or by cells of expected earthquakes where the catalogue rung answers and
// they are drawn. `only`: this region alone, as large as the page allows.
std::string MapFigure(const Bulletin& bulletin, const Words& words, const RegionBulletin* only = nullptr);
// 0 (least) to 5: the shade of a probability, and the ranges of all shades ("2 to 5 %"); the same of
// the events that a cell expects in a week.
int ShadeOf(double probability);
const std::vector<std::string>& ShadeRanges();
int RateShadeOf(double expected);
const std::vector<std::string>& RateShadeRanges();

// The forecast of the week before the latest one, of a region that has one; null without it.
const v1::Forecast* WeekBefore(const RegionBulletin& region);
// What is new against the forecasts a week before, a sentence each, not escaped; empty: nothing to
// compare with.
std::vector<std::string> Changes(const Bulletin& bulletin, const Words& words);

// CSS beside PageStyle().
absl::string_view BulletinStyle();

// The frame of a page: down to the open <main>, and from its end. `stem` names the page in both
// languages; `heading` is escaped here.
std::string OpenBulletinPage(const Bulletin& bulletin, const Words& words, absl::string_view stem,
                             absl::string_view heading);
std::string CloseBulletinPage(const Bulletin& bulletin, const Words& words);
std::string Warning(absl::string_view html);
std::string Link(absl::string_view file, absl::string_view html);

}  // namespace tremorcast::bulletin
