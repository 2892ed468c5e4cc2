// Every schema that ever was, with data in it, brought to the present one: no row is lost or
// altered, and the stores read what was written.

#include <absl/strings/escaping.h>
#include <gmock/gmock.h>

#include "storage/schema/migrations.h"
#include "storage/stores/window_codec.h"
#include "tests/integration/storage/storage_test.h"

namespace tremorcast {
namespace {

StationWindow Window() {
  WindowBuilder builder(StationId("ST1"), TestWeek(), kSlotsPerWeek);
  for (int n = 0; n < 3; ++n) {
    std::vector<float> values;
    for (int c = 0; c < kMagnFeatures; ++c) values.push_back(TestValue(TestSlot(n), Signal::kMagn, c));
    builder.AddRow(Signal::kMagn, TestSlot(n), values, TestWeek() + absl::Hours(24));
  }
  return std::move(builder).Build(1, TestWeek() + kWeekLength);
}

std::string HexBytes(absl::string_view bytes) { return absl::StrCat("'\\x", absl::BytesToHexString(bytes), "'"); }

std::string WindowRow() {
  const StationWindow window = Window();
  return absl::StrCat(
      "INSERT INTO weekly_windows (station, window_start, revision, rolling, slots, magn_rows, sound_rows, "
      "available_at, "
      "sealed_at, content_hash, codec, values) VALUES ('ST1', '2020-12-05 16:00Z', 1, false, 1008, 3, 0, "
      "'2020-12-06 16:00Z', '2020-12-12 16:00Z', ",
      HexBytes(window.content_hash), ", ", kWindowCodec, ", ", HexBytes(*EncodeWindowValues(window.values)),
      "); INSERT INTO dirty_windows (station, week) VALUES ('ST1', '2020-12-05 16:00Z')");
}

std::string ForecastRow(const std::string& id, int revision, const std::string& extra_columns,
                        const std::string& extra_values) {
  return absl::StrCat(
      "INSERT INTO forecasts (region, valid_from, purpose, revision, forecast_id, supersedes, reason, status, "
      "sequence, "
      "region_title, polygon_latitudes_deg, polygon_longitudes_deg, issued_at, data_cutoff, valid_to, expires_at, "
      "next_issue, scored, probabilities, climatology, spread_low, spread_high, magnitude_edges, model_used, "
      "pool_weight, demonstrated_skill, model_version, weights_sha256, training_from, training_to, calibration, "
      "runtime, "
      "git_revision, stations_enrolled, stations_usable, input_hash, catalogue_snapshot, verdict, limitations",
      extra_columns, ") VALUES ('area-1', '2020-12-12 16:00Z', 1, ", revision, ", '", id, "', '', 1, 1, ", revision,
      ", 'Area', '{0,0,1}', '{0,1,1}', '2020-12-12 16:30Z', '2020-12-12 16:00Z', '2020-12-19 16:00Z', "
      "'2020-12-19 16:00Z', '2020-12-19 16:30Z', ",
      revision == 1 ? "true" : "false",
      ", '{0.9,0.05,0.03,0.01,0.01}', '{0.9,0.05,0.03,0.01,0.01}', '{0,0,0,0}', '{0,0,0,0}', '{3.5,4,4.5,5}', false, "
      "0, "
      "false, '', '', '2020-01-01', '2020-06-01', '', 'cpu', 'abc', 1, 1, 'hash', 'snapshot', 'none', '{}'",
      extra_values, ")");
}

// What a database at migration i + 1 holds besides the rows of the migrations before. A new
// migration adds its own.
std::vector<std::string> DataOfEachMigration() {
  return {
      "INSERT INTO stations (station, revision, title, latitude_deg, longitude_deg, magn_updating, sound_updating, "
      "valid_from, valid_to, simulated) VALUES ('ST1', 1, 'One', 30.5, 104.25, true, true, '-infinity', 'infinity', "
      "false); INSERT INTO regions (region, revision, title, polygon_latitudes_deg, polygon_longitudes_deg, stations, "
      "whole_network, simulated) VALUES ('area-1', 1, 'Area', '{0,0,1}', '{0,1,1}', '{ST1}', false, false)",

      "CREATE TABLE observations_w20201206 (LIKE observations INCLUDING ALL); ALTER TABLE observations ATTACH "
      "PARTITION "
      "observations_w20201206 FOR VALUES FROM ('2020-12-05 16:00Z') TO ('2020-12-12 16:00Z'); INSERT INTO observations "
      "(slot, received_at, signal, delivery, station, source, values) SELECT '2020-12-05 16:00Z'::timestamptz + n * "
      "interval '10 min', '2020-12-06 16:00Z', 0, 1, 'ST1', 'logger', array_fill(0.1::real, ARRAY[51]) FROM "
      "generate_series(0, 2) n; INSERT INTO ingest_batches VALUES ('ST1', 'b1', '\\x01', NULL, '2021-01-10'); INSERT "
      "INTO ingest_positions VALUES ('ST1', 'logger', 'line 3', '2020-12-06'); INSERT INTO ingest_high_water VALUES "
      "('ST1', 0, '2020-12-05 16:20Z'); INSERT INTO station_weeks VALUES ('ST1', '2020-12-05 16:00Z', '2020-12-06 "
      "16:00Z')",

      WindowRow(),

      "INSERT INTO events VALUES ('cenc', 'e1', 1, '2020-12-14', 30, 104, 10, 4.1, 'Ms', 'Sichuan', false, "
      "'2020-12-15'); INSERT INTO catalogue_completeness (source, complete_until) VALUES ('cenc', '2020-12-30')",

      absl::StrCat("SELECT nextval('forecast_sequence'); ", ForecastRow("f1", 1, "", ""),
                   "; INSERT INTO forecast_windows VALUES ('area-1', 'f1', 0, 'ST1', true, 0.5, 'ST1', '2020-12-05 "
                   "16:00Z', 1, '{}'); INSERT INTO verifications VALUES ('area-1', 'f1', '2020-12-12 16:00Z', 1, "
                   "'2020-12-30', 1, 4.1, 1, 'snapshot', '{0.9,0.05,0.03,0.01,0.01}', '{0.9,0.05,0.03,0.01,0.01}', "
                   "false, '', -3, 0, 1, 0)"),

      "INSERT INTO model_versions VALUES ('m1', '2020-11-01', 'aa', '\\x0102', '{}', 'schema', 'data', 'git', "
      "'2020-01-01', '2020-06-01', 'run-1', false, 'kept', '{}', false); INSERT INTO promotions VALUES ('_network', "
      "nextval('promotion_sequence'), 'm1', '', 1, 'first', 'ada', '2020-11-02'); INSERT INTO training_runs VALUES "
      "('run-1', 2, '2020-11-01', '2020-11-01', '2020-11-01', 'done', 1, 18446744073709551615, 'data', '{}', 'plan', "
      "'{}', 'promoted', 'm1', '', false)",

      "INSERT INTO shadow_forecasts VALUES ('area-1', 'f1', 'm1', '2020-12-12 16:00Z', 1, '2020-12-12 17:00Z', "
      "'{0.9,0.05,0.03,0.01,0.01}', 0.5, false, 'aa', 'cpu', 'hash')",

      absl::StrCat("SELECT nextval('forecast_sequence'); ", ForecastRow("f2", 2, ", set_aside_model", ", 'm1'")),

      "INSERT INTO dropped_weeks VALUES ('2019-12-07 16:00Z', '2020-12-01', 12); INSERT INTO observation_corrections "
      "(station, signal, slot, corrected_at, actor, reason, old_received_at, old_delivery, old_values, new_values, "
      "week_was_sealed) VALUES ('ST1', 0, '2020-12-05 16:00Z', '2020-12-13', 'ada', 'spike', '2020-12-06', 1, '{1}', "
      "'{2}', true)",

      "INSERT INTO catalogue_completeness (source, region, complete_from, complete_until, magnitude, basis, note, "
      "stated_at, revoked_at) VALUES ('eqlst', NULL, '2016-12-25', '2020-11-30', 3.5, 0, 'ada', '2020-12-01', NULL)",

      "INSERT INTO verifications (region, forecast_id, valid_from, purpose, verified_at, observed_class, "
      "largest_magnitude, events, catalogue_snapshot, probabilities, climatology, model_used, model_version, "
      "log_score, "
      "information_gain, observed_class_after_issue, information_gain_after_issue, revision, reason, replaced_class, "
      "replaced_magnitude, replaced_events) SELECT region, forecast_id, valid_from, purpose, '2021-01-30', 2, 4.3, 2, "
      "'later', probabilities, climatology, model_used, model_version, log_score, information_gain, 2, 0, 2, 2, 1, "
      "4.1, "
      "1 FROM verifications; INSERT INTO events (source, source_event_id, revision, origin_time, latitude_deg, "
      "longitude_deg, depth_km, magnitude, magnitude_type, place, deleted, recorded_at, updated_at) VALUES ('cenc', "
      "'e1', 2, '2020-12-14', 30, 104, 10, 4.3, 'Ms', 'Sichuan', false, '2021-01-29', '2021-01-28')",

      "INSERT INTO identity_decisions (verdict, source, source_event_id, reason, actor, decided_at) VALUES (3, 'cenc', "
      "'e1', 'a quarry', 'ada', '2021-02-01')",

      "INSERT INTO forecast_rungs VALUES ('area-1', 'f1', 1, 'm2', 'bb', '2013-01-01', '2020-06-01', 'abc', "
      "'{0.9,0.05,0.03,0.01,0.01}', '{0.8,0.1,0.05,0.03,0.02}', 0.5, true, true, 'shown', 'etas 1'); INSERT INTO "
      "forecast_outlooks VALUES ('area-1', 'f1', 7, '{0.8,0.1,0.05,0.03,0.02}', 0.3, 0, 2, 3.0, '2020-12-12 16:30Z', "
      "'2020-12-12', '2020-12-11', 812, 10000)",

      "INSERT INTO verifications (region, forecast_id, valid_from, purpose, verified_at, observed_class, events, "
      "catalogue_snapshot, probabilities, climatology, model_used, model_version, log_score, information_gain, "
      "observed_class_after_issue, information_gain_after_issue, revision, reason, issue) SELECT region, 'd1', "
      "valid_from + interval '1 day', purpose, '2021-01-31', 0, 0, 'later', probabilities, climatology, model_used, "
      "model_version, log_score, information_gain, 0, 0, 1, 1, 2 FROM verifications WHERE revision = 1",

      "INSERT INTO forecast_station_horizons VALUES ('area-1', 'f1', 1, '{0.9,0.05,0.03,0.01,0.01}', 'm3', 'cc', "
      "'2013-01-01', '2020-06-01', 'abc', '{0.8,0.1,0.05,0.03,0.02}', NULL, 0.5, true, true, 'shown', 'libtorch')",
  };
}

class MigrationsDataTest : public StorageTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    const auto bare = TempCluster::Shared().CreateDatabase(/*migrated=*/false);
    ASSERT_TRUE(bare.ok()) << bare.status();
    conninfo_ = *bare;
    auto connection = PgConnection::Open(conninfo_, "test", Soon());
    ASSERT_TRUE(connection.ok()) << connection.status();
    watch_ = *std::move(connection);
  }
  void Do(const std::string& sql) {
    const auto done = watch_->Exec(sql, Soon());
    ASSERT_TRUE(done.ok()) << done.status() << "\n" << sql;
  }
  // Every row of every table as it is now, into a table of the test's own.
  void RememberAllRows() {
    Do("CREATE TABLE remembered (source text, row_value jsonb); DO $$ DECLARE name text; BEGIN FOR name IN SELECT "
       "relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = "
       "'public'::regnamespace AND relname NOT IN ('remembered', 'schema_migrations') LOOP EXECUTE format('INSERT INTO "
       "remembered SELECT %L, to_jsonb(t) FROM %I t', name, name); END LOOP; END $$");
  }
  // Remembered rows that are not there any more with the same columns.
  void CountMissing() {
    Do("CREATE TABLE missing (row_value jsonb); DO $$ DECLARE name text; BEGIN FOR name IN SELECT DISTINCT source FROM "
       "remembered LOOP EXECUTE format('INSERT INTO missing SELECT row_value FROM remembered r WHERE source = %L AND "
       "NOT "
       "EXISTS (SELECT 1 FROM %I t WHERE to_jsonb(t) @> r.row_value)', name, name); END LOOP; END $$");
    const auto missing = watch_->Exec("SELECT row_value FROM missing", Soon());
    ASSERT_TRUE(missing.ok());
    for (int i = 0; i < missing->size(); ++i) ADD_FAILURE() << "lost or altered: " << missing->Text(i, 0);
  }
};

TEST_P(MigrationsDataTest, KeepEveryRow) {
  const int from = GetParam();
  const std::vector<std::string> data = DataOfEachMigration();
  ASSERT_EQ(data.size(), EmbeddedMigrations().size()) << "give the new migration data of its own above";
  ASSERT_TRUE(Migrate(*watch_, EmbeddedMigrations().first(from), Soon()).ok());
  for (int i = 0; i < from; ++i) Do(data[i]);
  RememberAllRows();
  EXPECT_GE(Number("SELECT count(DISTINCT source) FROM remembered"), from) << "each migration's data counts";

  auto store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->CheckSchema(Soon()).ok(), from == static_cast<int>(data.size()));
  ASSERT_TRUE(store->Migrate().ok());
  EXPECT_TRUE(store->CheckSchema(Soon()).ok());
  CountMissing();

  // As the program reads them.
  EXPECT_EQ(store->network().ListStations()->front().location.longitude_deg, 104.25);
  if (from >= 2) {
    EXPECT_EQ(*store->observations().CountRows(StationId("ST1"), Signal::kMagn), 3);
  }
  if (from >= 2) {
    EXPECT_EQ(*store->observations().Position(StationId("ST1"), "logger"), "line 3");
  }
  if (from >= 3) {
    const auto window = store->windows().Read({StationId("ST1"), TestWeek(), 1});
    ASSERT_TRUE(window.ok()) << window.status();
    EXPECT_EQ((*window)->values[kSlotsPerWeek + 2], TestValue(TestSlot(2), Signal::kMagn, 1));
  }
  if (from >= 4) {
    EventQuery query;
    query.include_deleted = true;
    const SeismicEvent event = store->events().List(query)->front();
    EXPECT_EQ(event.magnitude, from >= 11 ? 4.3 : 4.1);
    EXPECT_EQ(event.updated.has_value(), from >= 11);
    EXPECT_EQ(event.withdrawn, from >= 12);
    const auto changes = store->events().ChangesAfter(0);
    ASSERT_TRUE(changes.ok());
    EXPECT_EQ(changes->sequence, std::min(std::max(from, 10) - 9, 3)) << "what stood before is numbered too";
    const Completeness carried = store->events().ListCompleteness(false)->front();
    EXPECT_EQ(carried.source, "cenc");
    EXPECT_EQ(FormatUtc(carried.period.end).substr(0, 4), "2020");
    EXPECT_EQ(carried.period.begin, absl::InfinitePast()) << "nobody said since when";
    EXPECT_EQ(carried.basis, CompletenessBasis::kCarriedOver);
    EXPECT_EQ(carried.magnitude, 3.5);
  }
  if (from >= 5) {
    const auto forecast = store->forecasts().Get(RegionId("area-1"), "f1");
    ASSERT_TRUE(forecast.ok() && forecast->has_value());
    EXPECT_EQ((*forecast)->probabilities[1], 0.05);
    EXPECT_EQ((*forecast)->stations.size(), 1u);
    const auto verified = store->forecasts().ListVerifications(std::nullopt, {ForecastPurpose::kOperational});
    ASSERT_TRUE(verified.ok() && verified->size() == 1);
    EXPECT_EQ(verified->front().revision, from >= 11 ? 2 : 1);
    EXPECT_EQ(verified->front().reason,
              from >= 11 ? VerificationReason::kCatalogueChanged : VerificationReason::kFirst);
    EXPECT_EQ(verified->front().observed_class, from >= 11 ? 2 : 1);
    EXPECT_EQ(verified->front().probabilities[0], 0.9);
    EXPECT_EQ(verified->front().issue, IssueKind::kWeekly);
    const auto daily = store->forecasts().ListDailyVerifications(std::nullopt, {});
    EXPECT_EQ(daily->size(), from >= 14 ? 1u : 0u);
    Forecast next = **forecast;  // and the history goes on
    next.revision = from >= 8 ? 3 : 2;
    next.id = "next";
    EXPECT_TRUE(store->forecasts().Append(next).ok());
  }
  if (from >= 6) {
    EXPECT_EQ(store->models().Champions(absl::InfiniteFuture())->at(RegionId(kNetworkScope)).version,
              ModelVersion("m1"));
    EXPECT_EQ(*store->models().Artifact(ModelVersion("m1")), std::string("\x01\x02"));
    EXPECT_EQ(store->training_runs().List(10)->front().seed, UINT64_MAX);
  }
  if (from >= 7) {
    EXPECT_EQ(store->forecasts().ListShadows(std::nullopt, {})->size(), 1u);
  }
  if (from >= 9) {
    EXPECT_EQ(store->maintenance().Corrections(std::nullopt, INT64_MAX, 10)->size(), 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(FromEachSchema, MigrationsDataTest,
                         testing::Range(1, static_cast<int>(EmbeddedMigrations().size()) + 1));

TEST_F(MigrationsDataTest, ANewerSchemaIsRefusedAndLeftAlone) {
  auto store = Open();
  ASSERT_TRUE(store->Migrate().ok());
  const int known = static_cast<int>(EmbeddedMigrations().size());
  Do(absl::StrCat("INSERT INTO schema_migrations (number, name, checksum) VALUES (", known + 1, ", 'later', 'x')"));
  for (const absl::Status& refused : {store->Migrate(), store->CheckSchema(Soon())}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(refused.message(),
              absl::StrCat("the database schema is at migration ", known + 1, ", newer than this program's ", known,
                           ": upgrade the program, never the other way round"));
  }
  EXPECT_EQ(Number("SELECT max(number) FROM schema_migrations"), known + 1);
}

}  // namespace
}  // namespace tremorcast
