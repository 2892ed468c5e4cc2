#include "server/telemetry/process_collector.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

std::map<std::string, double> Values() {
  std::map<std::string, double> values;
  for (const auto& family : ProcessCollector().Collect()) {
    values[family.name] =
        family.type == prometheus::MetricType::Counter ? family.metric[0].counter.value : family.metric[0].gauge.value;
  }
  return values;
}

TEST(ProcessCollectorTest, TellsPlausibleValuesOfThisProcess) {
  const std::map<std::string, double> values = Values();
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(values.at("process_resident_memory_bytes"), 100'000);
  EXPECT_GE(values.at("process_virtual_memory_bytes"), values.at("process_resident_memory_bytes"));
  EXPECT_GE(values.at("process_threads"), 1);
  EXPECT_GE(values.at("process_open_fds"), 3);
  EXPECT_GT(values.at("process_max_fds"), values.at("process_open_fds"));
  EXPECT_GE(values.at("process_cpu_seconds_total"), 0);
  EXPECT_LE(values.at("process_start_time_seconds"), now + 2);
  EXPECT_GT(values.at("process_start_time_seconds"), now - 86400);
}

TEST(GpuCollectorTest, ShowsNothingWithoutADevice) {
  EXPECT_TRUE(GpuCollector([] { return std::optional<GpuMemory>(); }).Collect().empty());
  const auto families = GpuCollector([] { return std::optional<GpuMemory>(GpuMemory{1, 2, 3}); }).Collect();
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].name, "tremorcast_gpu_memory_bytes");
  EXPECT_EQ(families[0].metric.size(), 3u);
}

}  // namespace
}  // namespace tremorcast
