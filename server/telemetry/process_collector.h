#pragma once

// The standard process_* series, read from /proc/self at each scrape (prometheus-cpp brings none),
// and GPU memory when told how to ask. Thread safety: Collect may run at any time; reading /proc
// does not block.

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace tremorcast {

class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

struct GpuMemory {
  int64_t used_bytes = 0;      // allocated by tensors
  int64_t reserved_bytes = 0;  // held by the allocator
  int64_t total_bytes = 0;     // of the device
};

// tremorcast_gpu_memory_bytes{kind}; no series while the source answers nothing.
class GpuCollector : public prometheus::Collectable {
 public:
  explicit GpuCollector(std::function<std::optional<GpuMemory>()> source) : source_(std::move(source)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::function<std::optional<GpuMemory>()> source_;
};

}  // namespace tremorcast
