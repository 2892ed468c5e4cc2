#include "server/telemetry/process_collector.h"

#include <dirent.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

namespace tremorcast {
namespace {

prometheus::MetricFamily Single(const std::string& name, const std::string& help, prometheus::MetricType type,
                                double value) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(metric);
  return family;
}

// Fields of /proc/self/stat from the third (state) on: the second, the program's name, may hold
// blanks and brackets.
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>()};
}

double Number(const std::vector<std::string>& fields, size_t proc_number) {
  const size_t index = proc_number - 3;
  if (index >= fields.size()) return 0;
  std::istringstream in(fields[index]);
  double value = 0;
  in >> value;
  return value;
}

// btime of /proc/stat: when the machine booted, seconds since the epoch.
double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

double OpenDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  int entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries - 3;  // ".", ".." and the directory itself
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  using prometheus::MetricType;
  const std::vector<std::string> stat = StatFields();
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  return {
      Single("process_cpu_seconds_total", "User and system CPU time.", MetricType::Counter,
             (Number(stat, 14) + Number(stat, 15)) / ticks),
      Single("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, Number(stat, 24) * page),
      Single("process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge, Number(stat, 23)),
      Single("process_threads", "Threads.", MetricType::Gauge, Number(stat, 20)),
      Single("process_open_fds", "Open file descriptors.", MetricType::Gauge, OpenDescriptors()),
      Single("process_max_fds", "Most file descriptors that may be open.", MetricType::Gauge,
             static_cast<double>(files.rlim_cur)),
      Single("process_start_time_seconds", "When the process started, seconds since the epoch.", MetricType::Gauge,
             BootTime() + Number(stat, 22) / ticks),
  };
}

std::vector<prometheus::MetricFamily> GpuCollector::Collect() const {
  const std::optional<GpuMemory> memory = source_ ? source_() : std::nullopt;
  if (!memory.has_value()) return {};
  prometheus::MetricFamily family;
  family.name = "tremorcast_gpu_memory_bytes";
  family.help = "GPU memory: used by tensors, reserved by the allocator, total of the device.";
  family.type = prometheus::MetricType::Gauge;
  const auto add = [&family](const char* kind, int64_t bytes) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"kind", kind});
    metric.gauge.value = static_cast<double>(bytes);
    family.metric.push_back(metric);
  };
  add("used", memory->used_bytes);
  add("reserved", memory->reserved_bytes);
  add("total", memory->total_bytes);
  return {family};
}

}  // namespace tremorcast
