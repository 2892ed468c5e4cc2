#include "server/rpc/wire/convert_forecast.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/rpc/wire/convert_model.h"

namespace tremorcast::rpc {
namespace {

using testing::ElementsAre;
using testing::Pair;

Forecast Sample() {
  Forecast forecast;
  forecast.region = RegionId("area1");
  forecast.valid_from = absl::FromUnixSeconds(1607184000);
  forecast.valid_to = forecast.valid_from + kWeekLength;
  forecast.id = MakeForecastId(forecast.valid_from, ForecastPurpose::kOperational, 2);
  forecast.revision = 2;
  forecast.supersedes = MakeForecastId(forecast.valid_from, ForecastPurpose::kOperational, 1);
  forecast.reason = RevisionReason::kLateData;
  forecast.status = ForecastStatus::kDegraded;
  forecast.issued_at = forecast.data_cutoff = forecast.valid_from;
  forecast.expires_at = forecast.next_issue = forecast.valid_to;
  forecast.probabilities = {0.6, 0.2, 0.1, 0.06, 0.04};
  forecast.climatology = {0.7, 0.15, 0.08, 0.04, 0.03};
  forecast.sequence = 41;
  forecast.stations = {
      {StationId("s1"), true, 0.9, WindowKey{StationId("s1"), forecast.valid_from - kWeekLength, 3}, {}},
      {StationId("s2"), false, 0.1, std::nullopt, {"magn@var"}}};
  forecast.stations_enrolled = 2;
  forecast.stations_usable = 1;
  return forecast;
}

TEST(ConvertForecastTest, SaysWhatTheArchiveSays) {
  v1::Forecast proto;
  const TrackRecord record;
  FillForecast(Sample(), &record, &proto);
  EXPECT_EQ(proto.name(), "regions/area1/forecasts/" + Sample().id);
  EXPECT_EQ(proto.supersedes(), "regions/area1/forecasts/" + Sample().supersedes);
  EXPECT_EQ(proto.revision_reason(), v1::REVISION_REASON_LATE_DATA);
  EXPECT_THAT(proto.class_probabilities(), ElementsAre(0.6, 0.2, 0.1, 0.06, 0.04));
  ASSERT_EQ(proto.exceedances_size(), 4);
  EXPECT_EQ(proto.exceedances(0).magnitude(), 3.5);
  EXPECT_NEAR(proto.exceedances(0).probability(), 0.4, 1e-12);
  EXPECT_NEAR(proto.exceedances(0).ratio(), 0.4 / 0.3, 1e-12);
  EXPECT_FALSE(proto.exceedances(0).has_change());
  EXPECT_EQ(proto.coverage().stations(0).window().revision(), 3);
  EXPECT_FALSE(proto.coverage().stations(1).has_window());
  EXPECT_NEAR(proto.coverage().slot_fraction(), 0.5, 1e-12);
  EXPECT_THAT(proto.coverage().missing(), ElementsAre("stations/s2"));
  EXPECT_FALSE(proto.model_use().used());
  EXPECT_EQ(proto.model_use().class_probabilities_size(), 0);
  EXPECT_FALSE(proto.audience_notice().empty());
  EXPECT_EQ(proto.sequence(), 41);
}

// Longer horizons come from a tenth of the catalogues: 1 - .5 / 1002 where 10,000 say 1 - .5 / 10002.
TEST(ConvertForecastTest, NothingBecomesLessLikelyInALongerTime) {
  Forecast forecast;
  forecast.outlook.emplace();
  forecast.outlook->horizons.resize(3);
  forecast.outlook->horizons[0].probabilities = {.3, .3, .2, .1, .1};
  forecast.outlook->horizons[1].probabilities = {.0001, .1999, .4, .3, .1};
  forecast.outlook->horizons[2].probabilities = {.001, .099, .1, .3, .5};
  v1::Forecast proto;
  FillForecast(forecast, nullptr, &proto);
  ASSERT_EQ(proto.catalogue_outlook().horizons_size(), 3);
  for (int h = 0; h < 3; ++h) {
    double sum = 0;
    for (const double p : proto.catalogue_outlook().horizons(h).class_probabilities()) sum += p;
    EXPECT_NEAR(sum, 1, 1e-12);
    for (int k = 0; h > 0 && k < 4; ++k) {
      EXPECT_GE(proto.catalogue_outlook().horizons(h).exceedance_probabilities(k),
                proto.catalogue_outlook().horizons(h - 1).exceedance_probabilities(k) - 1e-15);
    }
  }
  EXPECT_EQ(proto.catalogue_outlook().horizons(1).class_probabilities(1), .1999)
      << "to the bit where nothing is raised";
  EXPECT_NEAR(proto.catalogue_outlook().horizons(2).exceedance_probabilities(0), .9999, 1e-12);
  EXPECT_NEAR(proto.catalogue_outlook().horizons(2).exceedance_probabilities(3), .5, 1e-12);
}

TEST(ConvertForecastTest, ATrackRecordHasARowForEachRung) {
  TrackRecord record;
  record.rungs.resize(2);
  record.rungs[0].issue = IssueKind::kDaily;
  record.rungs[0].issues = 300;
  record.rungs[0].event_issues = 40;
  record.rungs[0].over_climatology = RecordedGain{};
  record.rungs[0].over_climatology->mean = 0.02;
  record.rungs[0].over_climatology->low = 0.01;
  record.rungs[0].over_climatology->high = 0.03;
  record.rungs[0].over_climatology->weeks = 50;
  record.rungs[1].rung = Rung::kStations;
  record.rungs[1].over_below = RecordedGain{};
  record.rungs[1].over_below->mean = -0.1;
  v1::TrackRecord proto;
  FillTrackRecord(record, &proto);
  ASSERT_EQ(proto.rungs_size(), 2);
  EXPECT_EQ(proto.rungs(0).rung(), v1::RUNG_CATALOGUE);
  EXPECT_EQ(proto.rungs(0).issue_kind(), v1::ISSUE_KIND_DAILY);
  EXPECT_EQ(proto.rungs(0).issues_scored(), 300);
  EXPECT_EQ(proto.rungs(0).event_issues(), 40);
  EXPECT_EQ(proto.rungs(0).weeks(), 50);
  EXPECT_EQ(proto.rungs(0).information_gain(), 0.02);
  EXPECT_EQ(proto.rungs(0).information_gain_low(), 0.01);
  EXPECT_FALSE(proto.rungs(0).has_below_information_gain());
  EXPECT_EQ(proto.rungs(1).rung(), v1::RUNG_STATIONS);
  EXPECT_EQ(proto.rungs(1).issue_kind(), v1::ISSUE_KIND_WEEKLY);
  EXPECT_EQ(proto.rungs(1).below_information_gain(), -0.1);
  EXPECT_FALSE(proto.rungs(1).has_below_information_gain_low());
}

TEST(ConvertForecastTest, LeavesAnEmptyTrackRecordHonestlyEmpty) {
  v1::TrackRecord proto;
  FillTrackRecord(TrackRecord{}, &proto);
  EXPECT_EQ(proto.weeks_scored(), 0);
  EXPECT_FALSE(proto.has_information_gain());
  EXPECT_FALSE(proto.has_information_gain_low());
}

TEST(ConvertForecastTest, ARecordThatDeniesTheClaimOfTheArchiveTakesItBack) {
  Forecast forecast = Sample();
  forecast.model_used = forecast.demonstrated_skill = true;
  forecast.pool_weight = 0.5;
  forecast.verdict = "the model was better than climatology";
  v1::Forecast proto;
  FillForecast(forecast, nullptr, &proto);
  EXPECT_TRUE(proto.model_use().demonstrated_skill());
  EXPECT_EQ(proto.verdict(), forecast.verdict);
  TrackRecord record;
  record.weeks_scored = 9;
  record.over_climatology = RecordedGain{-0.677, {}, {}, 0, 9, 9 * -0.677, 9 * 0.677};
  record.looked_at = 8;
  proto.Clear();
  FillForecast(forecast, &record, &proto);
  EXPECT_FALSE(proto.model_use().demonstrated_skill());
  EXPECT_THAT(proto.verdict(), testing::StartsWith("no demonstrated skill: the forecasts issued for this region"));
  EXPECT_EQ(proto.track_record().regions_looked_at(), 8);
  EXPECT_NEAR(proto.track_record().log_evidence_needed(), std::log(160.0), 1e-12);
}

TEST(ConvertForecastTest, CarriesTheGainOverTheTwin) {
  TrackRecord record;
  record.weeks_scored = 40;
  record.over_twin = RecordedGain{0.02, -0.1, 0.14, 4, 39, 0.78, -0.7};
  v1::TrackRecord proto;
  FillTrackRecord(record, &proto);
  EXPECT_EQ(proto.twin_weeks(), 39);
  EXPECT_EQ(proto.twin_information_gain(), 0.02);
  EXPECT_EQ(proto.twin_information_gain_low(), -0.1);
  EXPECT_EQ(proto.twin_information_gain_high(), 0.14);
  EXPECT_EQ(proto.twin_log_evidence(), 0.78);
}

TEST(ConvertForecastTest, TakesOperationalWhenNoPurposeIsAskedForAndRefusesUnknownOnes) {
  google::protobuf::RepeatedField<int> purposes;
  EXPECT_THAT(*ToPurposes("purposes", purposes), ElementsAre(ForecastPurpose::kOperational));
  purposes.Add(v1::FORECAST_PURPOSE_TEST);
  purposes.Add(v1::FORECAST_PURPOSE_TEST);
  EXPECT_THAT(*ToPurposes("purposes", purposes), ElementsAre(ForecastPurpose::kTest));
  purposes.Add(0);
  EXPECT_FALSE(ToPurposes("purposes", purposes).ok());
}

TEST(ConvertModelTest, ReadsNumbersAndLeavesTheRest) {
  EXPECT_THAT(ScoresOf(R"({"gain": 0.21, "weeks": 52, "note": "x", "nested": {"a": 1}})"),
              ElementsAre(Pair("gain", 0.21), Pair("weeks", 52)));
  EXPECT_TRUE(ScoresOf("").empty());
  EXPECT_TRUE(ScoresOf("not json").empty());
}

}  // namespace
}  // namespace tremorcast::rpc
