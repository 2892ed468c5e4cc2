#pragma once

// tremorcast_log_lines_dropped_total: lines that nobody read in time. Thread safe; never blocks.

#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "server/telemetry/log.h"

namespace tremorcast {

class LogCollector final : public prometheus::Collectable {
 public:
  // The log must outlive the collector.
  explicit LogCollector(const Log& log) : log_(log) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Log& log_;
};

}  // namespace tremorcast
