#include "server/telemetry/metrics.h"

#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Text(const prometheus::Registry& registry) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry.Collect());
  return out.str();
}

TEST(GaugeSetTest, RemovesTheSeriesOfAnOldVersionAndKeepsTheOthers) {
  prometheus::Registry registry;
  GaugeSet info(registry, "tremorcast_model_info", "help", {"region", "version"});
  info.Set({"area1", "v1"}, 1);
  info.Set({"area2", "v1"}, 1);
  info.Remove({"area1", "v1"});
  info.Set({"area1", "v2"}, 1);
  const std::string text = Text(registry);
  EXPECT_THAT(text, Not(HasSubstr(R"(region="area1",version="v1")")));
  EXPECT_THAT(text, HasSubstr(R"(region="area1",version="v2")"));
  EXPECT_THAT(text, HasSubstr(R"(region="area2",version="v1")"));
  EXPECT_EQ(info.size(), 2u);
}

TEST(GaugeSetTest, ARemovedSeriesMayComeBack) {
  prometheus::Registry registry;
  GaugeSet gauges(registry, "a_gauge", "help", {"region"});
  gauges.Set({"r"}, 3);
  gauges.Remove({"r"});
  gauges.Remove({"r"});
  gauges.Set({"r"}, 4);
  EXPECT_THAT(Text(registry), HasSubstr("a_gauge{region=\"r\"} 4"));
}

TEST(GaugeSetTest, RemovesAllSeriesOfOneRegion) {
  prometheus::Registry registry;
  GaugeSet gauges(registry, "a_gauge", "help", {"region", "class"});
  gauges.Set({"r1", "3.5"}, 1);
  gauges.Set({"r1", "4.0"}, 1);
  gauges.Set({"r2", "3.5"}, 1);
  gauges.RemoveWithFirstLabel("r1");
  EXPECT_EQ(gauges.size(), 1u);
  EXPECT_THAT(Text(registry), Not(HasSubstr("r1")));
  gauges.Clear();
  EXPECT_EQ(gauges.size(), 0u);
}

TEST(GaugeSetTest, AMaximumNeverGoesBack) {
  prometheus::Registry registry;
  GaugeSet gauges(registry, "newest", "help", {"station"});
  gauges.SetMax({"s"}, 600);
  gauges.SetMax({"s"}, 0);
  EXPECT_THAT(Text(registry), HasSubstr("newest{station=\"s\"} 600"));
}

TEST(CounterSetTest, ShowsEveryValueFromTheStartAndCountsUnknownOnesAsTheLast) {
  prometheus::Registry registry;
  CounterSet set(registry, "failures_total", "help", "reason", {"store", "other"});
  EXPECT_THAT(Text(registry), HasSubstr("failures_total{reason=\"store\"} 0"));
  set["unheard of"].Increment();
  EXPECT_EQ(set["other"].Value(), 1);
}

// The dashboards and the alerts ask for these names.
TEST(ServerMetricsTest, ExportsTheNamesThatDashboardsAskFor) {
  prometheus::Registry registry;
  ServerMetrics metrics(registry);
  metrics.grpc.AddMethod("tremorcast.v1.IngestService", "StreamObservations", "bidi_stream");
  ExportBuildInfo(registry, "0.1.0", "abc", "libtorch");
  metrics.ingest.station_last_observation.Set({"s"}, 1);
  metrics.windows.completeness.Set({"r"}, 1);
  metrics.models.info.Set({"r", "v", "g", "d"}, 1);
  metrics.models.trained_timestamp.Set({"r"}, 1);
  metrics.models.shadow_divergence.Set({"r"}, 0);
  metrics.forecasts.probability.Set({"r", "3.5"}, .1);
  metrics.forecasts.issued_timestamp.Set({"r"}, 1);
  metrics.forecasts.information_gain.Set({"r", "climatology"}, .1);
  metrics.forecasts.feature_drift_psi.Set({"magn"}, .1);
  metrics.training.runs.Set({"promoted"}, 1);
  metrics.training.candidate_score.Set({"_network", "gain"}, 1);
  const std::string text = Text(registry);
  for (const char* name : {"grpc_server_started_total{",
                           "grpc_server_handled_total{",
                           "grpc_code=\"ResourceExhausted\"",
                           "grpc_server_handling_seconds_bucket{",
                           "grpc_server_msg_received_total{",
                           "grpc_server_msg_sent_total{",
                           "tremorcast_ingest_rows_total{verdict=\"late\"}",
                           "tremorcast_ingest_commit_seconds_bucket",
                           "tremorcast_ingest_rows_per_commit_bucket",
                           "tremorcast_ingest_queue_bytes",
                           "tremorcast_ingest_queue_capacity_bytes",
                           "tremorcast_ingest_backpressure_total",
                           "tremorcast_ingest_lateness_seconds_bucket",
                           "tremorcast_station_last_observation_timestamp_seconds{station=",
                           "tremorcast_window_completeness_ratio{region=",
                           "tremorcast_window_dirty",
                           "tremorcast_window_seal_seconds_bucket",
                           "tremorcast_inference_seconds_bucket{phase=\"queue\"",
                           "tremorcast_inference_seconds_bucket{phase=\"input\"",
                           "tremorcast_inference_seconds_bucket{phase=\"compute\"",
                           "tremorcast_inference_seconds_bucket{phase=\"output\"",
                           "tremorcast_inference_windows_total",
                           "tremorcast_inference_failures_total{reason=",
                           "tremorcast_model_info{",
                           "tremorcast_model_load_attempts_total{result=",
                           "tremorcast_model_load_seconds_bucket",
                           "tremorcast_model_swaps_total{result=",
                           "tremorcast_model_trained_timestamp_seconds{region=",
                           "tremorcast_shadow_divergence{region=",
                           "tremorcast_forecast_probability{",
                           "tremorcast_forecast_issued_timestamp_seconds{region=",
                           "tremorcast_forecast_information_gain_nats{",
                           "tremorcast_feature_drift_psi{signal=",
                           "tremorcast_regions_degraded",
                           "tremorcast_training_last_success_timestamp_seconds",
                           "tremorcast_training_runs_total{result=",
                           "tremorcast_training_candidate_score{",
                           "tremorcast_build_info{"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

}  // namespace
}  // namespace tremorcast
