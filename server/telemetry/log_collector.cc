#include "server/telemetry/log_collector.h"

namespace tremorcast {

std::vector<prometheus::MetricFamily> LogCollector::Collect() const {
  prometheus::MetricFamily family;
  family.name = "tremorcast_log_lines_dropped_total";
  family.help = "Lines of the log that were dropped because nobody read standard error in time";
  family.type = prometheus::MetricType::Counter;
  family.metric.emplace_back();
  family.metric.back().counter.value = static_cast<double>(log_.dropped());
  return {family};
}

}  // namespace tremorcast
