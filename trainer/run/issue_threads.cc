#include "trainer/run/issue_threads.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tremorcast {

std::function<void(int n, const std::function<void(int)>&)> ForEachOnThreads(int threads) {
  if (threads <= 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
  return [threads](int n, const std::function<void(int)>& one) {
    std::atomic<int> next{0};
    const auto work = [&] {
      for (int i = next++; i < n; i = next++) one(i);
    };
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
  };
}

std::function<void(int done, int all)> OneAtATime(std::function<void(int done, int all)> told) {
  return [told = std::move(told), lock = std::make_shared<std::mutex>()](int done, int all) {
    const std::lock_guard alone(*lock);
    told(done, all);
  };
}

}  // namespace tremorcast
