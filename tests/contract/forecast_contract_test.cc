#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/backend.h"
#include "tests/support/batches.h"

namespace tremorcast {
namespace {

// Every field set, with numbers that do not survive a careless trip through text.
Forecast SomeForecast(const std::string& region, int week, int revision = 1,
                      ForecastPurpose purpose = ForecastPurpose::kOperational) {
  Forecast f;
  f.region = RegionId(region);
  f.valid_from = TestWeek() + week * kWeekLength;
  f.purpose = purpose;
  f.revision = revision;
  f.id = MakeForecastId(f.valid_from, purpose, revision);
  if (revision > 1) f.supersedes = MakeForecastId(f.valid_from, purpose, revision - 1);
  f.reason = revision > 1 ? RevisionReason::kLateData : RevisionReason::kFirstIssue;
  f.status = ForecastStatus::kDegraded;
  f.region_title = "Area, \"3\" {a}";
  f.region_polygon = {{22.1, 98.000000000000014}, {22, 102}, {26, 102}};
  f.issued_at = f.valid_from + absl::Hours(6) + absl::Microseconds(7);
  f.data_cutoff = f.valid_from;
  f.valid_to = f.valid_from + kWeekLength;
  f.expires_at = f.valid_to + absl::Hours(1);
  f.next_issue = f.valid_to + absl::Hours(6);
  f.scored = revision == 1;
  f.probabilities = {0.1 + 0.2, 1.0 / 3, 1e-4, 0.2, 1e-300};
  f.climatology = {0.9, 0.05, 0.025, 0.0125, 0.0125};
  f.spread_low = {0.01, 0.02, 0.03, 0.04};
  f.spread_high = {0.1, 0.2, 0.30000000000000004, 0.4};
  f.change_since_last = {{-0.1, 0.0, 0.25, -1e-17}};
  f.model_used = true;
  f.model_probabilities = {{0.2, 0.2, 0.2, 0.2, 0.2}};
  f.pool_weight = 0.1 * 3;
  f.demonstrated_skill = true;
  f.model.version = ModelVersion("20261122T153000-1a2b3c4d");
  f.set_aside_model = ModelVersion("20261120T153000-99999999");
  f.model.weights_sha256 = "1a2b3c4d";
  f.model.training_period = {f.valid_from - absl::Hours(9000), f.valid_from};
  f.calibration = "T=1.2";
  f.runtime = "cpu";
  f.model.git_revision = "abc";
  f.stations_enrolled = 3;
  f.stations_usable = 1;
  f.stations = {{StationId("ST1"),
                 true,
                 2.0 / 3,
                 WindowKey{StationId("ST1"), f.valid_from - kWeekLength, 2},
                 {"magn@var", "sound@mean"}},
                {StationId("ST2"), false, 0, std::nullopt, {}},
                {StationId("ST3"), false, 0.5, WindowKey{StationId("ST3"), f.valid_from - kWeekLength, 1}, {}}};
  f.issue = week == 6 ? IssueKind::kEvent : IssueKind::kWeekly;
  f.trigger = "M 6.5";
  f.rungs.resize(3);
  f.rungs[0].probabilities = f.climatology;
  f.rungs[0].verdict = "usual";
  f.rungs[1].rung = Rung::kCatalogue;
  f.rungs[1].model = f.model;
  f.rungs[1].model.version = ModelVersion("20261119T153000-77777777");
  f.rungs[1].probabilities = {0.7, 0.1 + 0.2, 1e-4, 1e-9, 1e-300};
  f.rungs[1].before_pool = {{0.3, 0.2, 0.2, 0.2, 1.0 / 7}};
  f.rungs[1].pool_weight = 2.0 / 3;
  f.rungs[1].demonstrated_skill = true;
  f.rungs[1].runtime = "etas 1";
  f.rungs[2].rung = Rung::kStations;
  f.rungs[2].probabilities = f.probabilities;
  f.rungs[2].answers = true;
  f.outlook = CatalogueOutlook{3.05, f.issued_at, f.valid_from, f.valid_from - absl::Microseconds(3), 1LL << 40, {}};
  f.station_horizons = {{1, f.climatology, f.rungs.back()}, {3, f.climatology, f.rungs.back()}};
  f.outlook->horizons = {{1, {0.99, 0.01, 0, 0, 0}, 1.0 / 3, 0, 2, 10000}, {7, f.climatology, 2.5, 1, 17, 1LL << 33}};
  f.input_hash = absl::StrCat("hash-", region, week, revision);
  f.catalogue_snapshot = "2020/17/ff";
  f.verdict = "no demonstrated skill: \\ \"quoted\", {braces}";
  f.limitations = {"one, with a comma", "two \"quoted\" \\", ""};
  return f;
}

void ExpectSame(const Forecast& a, const Forecast& b) {
  EXPECT_EQ(a.region, b.region);
  EXPECT_EQ(a.issue, b.issue);
  EXPECT_EQ(a.trigger, b.trigger);
  EXPECT_EQ(a.rungs, b.rungs);
  EXPECT_EQ(a.outlook, b.outlook);
  EXPECT_EQ(a.station_horizons, b.station_horizons);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.revision, b.revision);
  EXPECT_EQ(a.supersedes, b.supersedes);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.purpose, b.purpose);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.region_title, b.region_title);
  EXPECT_EQ(a.region_polygon, b.region_polygon);
  EXPECT_EQ(a.issued_at, b.issued_at);
  EXPECT_EQ(a.data_cutoff, b.data_cutoff);
  EXPECT_EQ(a.valid_from, b.valid_from);
  EXPECT_EQ(a.valid_to, b.valid_to);
  EXPECT_EQ(a.expires_at, b.expires_at);
  EXPECT_EQ(a.next_issue, b.next_issue);
  EXPECT_EQ(a.scored, b.scored);
  EXPECT_EQ(a.probabilities, b.probabilities);
  EXPECT_EQ(a.climatology, b.climatology);
  EXPECT_EQ(a.spread_low, b.spread_low);
  EXPECT_EQ(a.spread_high, b.spread_high);
  EXPECT_EQ(a.magnitude_edges, b.magnitude_edges);
  EXPECT_EQ(a.change_since_last, b.change_since_last);
  EXPECT_EQ(a.model_used, b.model_used);
  EXPECT_EQ(a.model_probabilities, b.model_probabilities);
  EXPECT_EQ(a.pool_weight, b.pool_weight);
  EXPECT_EQ(a.demonstrated_skill, b.demonstrated_skill);
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.set_aside_model, b.set_aside_model);
  EXPECT_EQ(a.calibration, b.calibration);
  EXPECT_EQ(a.runtime, b.runtime);
  EXPECT_EQ(a.stations_enrolled, b.stations_enrolled);
  EXPECT_EQ(a.stations_usable, b.stations_usable);
  EXPECT_EQ(a.input_hash, b.input_hash);
  EXPECT_EQ(a.catalogue_snapshot, b.catalogue_snapshot);
  EXPECT_EQ(a.verdict, b.verdict);
  EXPECT_EQ(a.limitations, b.limitations);
  ASSERT_EQ(a.stations.size(), b.stations.size());
  for (size_t i = 0; i < a.stations.size(); ++i) {
    EXPECT_EQ(a.stations[i].station, b.stations[i].station);
    EXPECT_EQ(a.stations[i].usable, b.stations[i].usable);
    EXPECT_EQ(a.stations[i].slot_fraction, b.stations[i].slot_fraction);
    EXPECT_EQ(a.stations[i].window, b.stations[i].window);
    EXPECT_EQ(a.stations[i].drift_flags, b.stations[i].drift_flags);
  }
}

class ForecastContractTest : public ContractTest {
 protected:
  Forecast Append(const Forecast& forecast) {
    auto stored = backend_->forecasts().Append(forecast);
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.value_or(Forecast{});
  }
  std::vector<std::string> List(const ForecastQuery& query) {
    std::vector<std::string> names;
    const auto forecasts = backend_->forecasts().List(query);
    EXPECT_TRUE(forecasts.ok()) << forecasts.status();
    for (const Forecast& f : *forecasts) {
      names.push_back(
          absl::StrCat(f.region.value(), "/w", (f.valid_from - TestWeek()) / kWeekLength, "/r", f.revision));
      EXPECT_EQ(f.stations.size(), 3u);
    }
    return names;
  }
};

TEST_P(ForecastContractTest, GivesAForecastBackToTheLastBit) {
  const Forecast forecast = SomeForecast("area-1", 0);
  const Forecast stored = Append(forecast);
  EXPECT_EQ(stored.sequence, 1);
  ExpectSame(stored, forecast);
  const auto read = backend_->forecasts().Get(RegionId("area-1"), forecast.id);
  ASSERT_TRUE(read.ok() && read->has_value()) << read.status();
  EXPECT_EQ((*read)->sequence, 1);
  ExpectSame(**read, forecast);
}

TEST_P(ForecastContractTest, KeepsAbsentPartsAbsent) {
  Forecast forecast = SomeForecast("area-1", 0);
  forecast.rungs.clear();
  forecast.outlook.reset();
  forecast.change_since_last.reset();
  forecast.model_probabilities.reset();
  forecast.model_used = false;
  forecast.stations.clear();
  forecast.limitations.clear();
  forecast.region_polygon.clear();
  ExpectSame(Append(forecast), forecast);
}

TEST_P(ForecastContractTest, KeepsInfiniteTimes) {
  Forecast forecast = SomeForecast("area-1", 0);
  forecast.model.training_period = {absl::InfinitePast(), absl::InfiniteFuture()};
  ExpectSame(Append(forecast), forecast);
}

TEST_P(ForecastContractTest, AnswersARepeatedAppendWithTheStoredForecast) {
  Append(SomeForecast("area-1", 0));
  Forecast again = SomeForecast("area-1", 0);
  again.verdict = "written anew after a lost answer";
  const Forecast stored = Append(again);
  EXPECT_EQ(stored.sequence, 1);
  EXPECT_EQ(stored.verdict, SomeForecast("area-1", 0).verdict);
  again.input_hash = "other";
  EXPECT_EQ(backend_->forecasts().Append(again).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(ForecastContractTest, RefusesARevisionWithoutThePreviousOne) {
  EXPECT_EQ(backend_->forecasts().Append(SomeForecast("area-1", 0, 2)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  Append(SomeForecast("area-1", 0, 1));
  EXPECT_EQ(Append(SomeForecast("area-1", 0, 2)).revision, 2);
  EXPECT_EQ(backend_->forecasts().Append(SomeForecast("area-1", 0, 4)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(ForecastContractTest, RefusesAnIdThatNamesAnotherForecast) {
  Append(SomeForecast("area-1", 0));
  Forecast other = SomeForecast("area-1", 1);
  other.id = SomeForecast("area-1", 0).id;
  EXPECT_EQ(backend_->forecasts().Append(other).status().code(), absl::StatusCode::kAlreadyExists);
  other.region = RegionId("area-2");
  EXPECT_TRUE(backend_->forecasts().Append(other).ok());
}

TEST_P(ForecastContractTest, ListsByQuery) {
  Append(SomeForecast("area-2", 0));
  Append(SomeForecast("area-1", 0));
  Append(SomeForecast("area-1", 1));
  Append(SomeForecast("area-1", 0, 2));
  Append(SomeForecast("area-1", 2, 1, ForecastPurpose::kTest));
  EXPECT_EQ(*backend_->forecasts().LastSequence(), 5);

  EXPECT_THAT(List({}), testing::ElementsAre("area-2/w0/r1", "area-1/w1/r1", "area-1/w0/r2"))
      << "operational, newest revisions";
  ForecastQuery all;
  all.latest_revision_only = false;
  all.purposes = {};
  EXPECT_THAT(List(all),
              testing::ElementsAre("area-2/w0/r1", "area-1/w0/r1", "area-1/w1/r1", "area-1/w0/r2", "area-1/w2/r1"));
  all.after_sequence = 3;
  EXPECT_THAT(List(all), testing::ElementsAre("area-1/w0/r2", "area-1/w2/r1"));
  all.after_sequence = 0;
  all.newest_first = true;
  EXPECT_THAT(List(all),
              testing::ElementsAre("area-1/w2/r1", "area-1/w1/r1", "area-1/w0/r2", "area-1/w0/r1", "area-2/w0/r1"));
  all.limit = 2;
  EXPECT_THAT(List(all), testing::ElementsAre("area-1/w2/r1", "area-1/w1/r1"));

  ForecastQuery one;
  one.region = RegionId("area-1");
  one.valid_from = {TestWeek(), TestWeek() + kWeekLength};
  EXPECT_THAT(List(one), testing::ElementsAre("area-1/w0/r2"));
  one.purposes = {ForecastPurpose::kTest};
  EXPECT_THAT(List(one), testing::IsEmpty());
}

TEST_P(ForecastContractTest, FindsNothingWhereThereIsNothing) {
  EXPECT_EQ(*backend_->forecasts().LastSequence(), 0);
  EXPECT_FALSE(backend_->forecasts().Get(RegionId("area-1"), "none")->has_value());
}

ShadowForecast SomeShadow(const std::string& region, int week, const std::string& model,
                          ForecastPurpose purpose = ForecastPurpose::kOperational) {
  ShadowForecast s;
  s.region = RegionId(region);
  s.valid_from = TestWeek() + week * kWeekLength;
  s.purpose = purpose;
  s.forecast_id = MakeForecastId(s.valid_from, purpose, 1);
  s.model_version = ModelVersion(model);
  s.answered_at = s.valid_from + absl::Hours(6) + absl::Microseconds(7);
  s.probabilities = {0.1 + 0.2, 1.0 / 3, 1e-4, 0.2, 1e-300};
  s.pool_weight = 0.1 * 3;
  s.served = true;
  s.weights_sha256 = "1a2b";
  s.runtime = "cpu";
  s.input_hash = "hash";
  return s;
}

TEST_P(ForecastContractTest, KeepsTheFirstShadowOfAModelBesideAForecastToTheLastBit) {
  auto& store = backend_->forecasts();
  Append(SomeForecast("area-1", 0));
  const ShadowForecast expected = SomeShadow("area-1", 0, "m");
  ASSERT_TRUE(store.AppendShadow(expected).ok());
  ShadowForecast again = expected;
  again.probabilities = {1, 0, 0, 0, 0};
  ASSERT_TRUE(store.AppendShadow(again).ok()) << "what was answered later is ignored";
  const auto all = store.ListShadows(std::nullopt, {});
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 1u);
  const ShadowForecast& read = all->front();
  EXPECT_EQ(read.region, expected.region);
  EXPECT_EQ(read.forecast_id, expected.forecast_id);
  EXPECT_EQ(read.model_version, expected.model_version);
  EXPECT_EQ(read.valid_from, expected.valid_from);
  EXPECT_EQ(read.purpose, expected.purpose);
  EXPECT_EQ(read.answered_at, expected.answered_at);
  EXPECT_EQ(read.probabilities, expected.probabilities);
  EXPECT_EQ(read.pool_weight, expected.pool_weight);
  EXPECT_EQ(read.served, true);
  EXPECT_EQ(read.weights_sha256, "1a2b");
  EXPECT_EQ(read.runtime, "cpu");
  EXPECT_EQ(read.input_hash, "hash");
}

TEST_P(ForecastContractTest, RefusesAShadowWithoutItsForecast) {
  auto& store = backend_->forecasts();
  Append(SomeForecast("area-1", 0));
  EXPECT_EQ(store.AppendShadow(SomeShadow("area-2", 0, "m")).code(), absl::StatusCode::kFailedPrecondition);
  ShadowForecast other_week = SomeShadow("area-1", 0, "m");
  other_week.valid_from += kWeekLength;
  EXPECT_EQ(store.AppendShadow(other_week).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store.AppendShadow(SomeShadow("area-1", 0, "")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(store.ListShadows(std::nullopt, {})->empty());
}

TEST_P(ForecastContractTest, ListsShadowsByWeekRegionAndModelAndByPurpose) {
  auto& store = backend_->forecasts();
  for (const char* region : {"area-2", "area-1"}) {
    for (const int week : {1, 0}) {
      Append(SomeForecast(region, week));
      for (const char* model : {"n", "m"}) ASSERT_TRUE(store.AppendShadow(SomeShadow(region, week, model)).ok());
    }
  }
  Append(SomeForecast("area-1", 2, 1, ForecastPurpose::kTest));
  ASSERT_TRUE(store.AppendShadow(SomeShadow("area-1", 2, "m", ForecastPurpose::kTest)).ok());
  const auto names = [&](const std::optional<RegionId>& region, std::vector<ForecastPurpose> purposes) {
    std::vector<std::string> result;
    const auto shadows = store.ListShadows(region, purposes);
    EXPECT_TRUE(shadows.ok()) << shadows.status();
    for (const ShadowForecast& s : *shadows) {
      result.push_back(absl::StrCat("w", (s.valid_from - TestWeek()) / kWeekLength, "/", s.region.value(), "/",
                                    s.model_version.value()));
    }
    return result;
  };
  EXPECT_THAT(names(std::nullopt, {ForecastPurpose::kOperational}),
              testing::ElementsAre("w0/area-1/m", "w0/area-1/n", "w0/area-2/m", "w0/area-2/n", "w1/area-1/m",
                                   "w1/area-1/n", "w1/area-2/m", "w1/area-2/n"));
  EXPECT_THAT(names(RegionId("area-1"), {}),
              testing::ElementsAre("w0/area-1/m", "w0/area-1/n", "w1/area-1/m", "w1/area-1/n", "w2/area-1/m"));
  EXPECT_THAT(names(std::nullopt, {ForecastPurpose::kTest}), testing::ElementsAre("w2/area-1/m"));
}

INSTANTIATE_TEST_SUITE_P(Stores, ForecastContractTest, BothBackends(), BackendName);

}  // namespace
}  // namespace tremorcast
