#pragma once

// Forecasts, track records and enumerations of theirs: core -> proto, and purposes back. Pure;
// thread safe.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <google/protobuf/repeated_field.h>

#include "core/forecast/forecast.h"
#include "core/skill/track_record.h"
#include "tremorcast/v1/forecast.pb.h"

namespace tremorcast::rpc {

// `track_record` is the region's of now, and takes back a claim of skill that it denies; null leaves
// the field unset.
v1::Rung ToRung(Rung rung);
// Weekly where none is asked for. InvalidArgument: not a kind.
absl::StatusOr<std::vector<IssueKind>> ToIssueKinds(absl::string_view field,
                                                    const google::protobuf::RepeatedField<int>& kinds);

void FillForecast(const Forecast& forecast, const TrackRecord* track_record, v1::Forecast* proto);
void FillTrackRecord(const TrackRecord& track_record, v1::TrackRecord* proto);

// OPERATIONAL when none is listed. InvalidArgument naming `field` for an unknown one.
absl::StatusOr<std::vector<ForecastPurpose>> ToPurposes(absl::string_view field,
                                                        const google::protobuf::RepeatedField<int>& purposes);

}  // namespace tremorcast::rpc
