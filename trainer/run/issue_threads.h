#pragma once

// Threads for the issues of a trial of the catalogue model (LadderTrialOptions::for_each, progress).

#include <functional>

namespace tremorcast {

// Runs a function for 0..n-1 on so many threads, the caller's among them, and returns when all are
// done; 0: half of the processor's.
std::function<void(int n, const std::function<void(int)>&)> ForEachOnThreads(int threads);

// `told` for those threads: one call at a time. Whoever shows or records progress has no lock.
std::function<void(int done, int all)> OneAtATime(std::function<void(int done, int all)> told);

}  // namespace tremorcast
