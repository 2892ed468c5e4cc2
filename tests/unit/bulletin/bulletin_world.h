#pragma once

// A small bulletin: two areas and the whole box, stations in every state, a week before and a week
// of now.

#include "bulletin/data.h"

namespace tremorcast::bulletin {

inline const absl::Time kWeek = absl::FromUnixSeconds(1607184000);  // Sunday 2020-12-06 00:00 UTC+8
inline const absl::Time kNow = kWeek + absl::Hours(30);

// P(M >= 3.5) = event, the others a fixed part of it; climatology 0.05 likewise.
v1::Forecast MakeForecast(const std::string& region, absl::Time valid_from, double event);
Bulletin MakeBulletin();
// Three cells of area-0: a quiet one, one beside a main shock, one where hardly anything happens.
v1::RateMap MakeRates();

}  // namespace tremorcast::bulletin
