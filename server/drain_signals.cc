#include "server/drain_signals.h"

#include <cstdio>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

namespace tremorcast {
namespace {

sigset_t DrainSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

int WaitForOne() {
  const sigset_t set = DrainSet();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

}  // namespace

struct DrainSignals::State {
  absl::Mutex mutex;
  bool kept ABSL_GUARDED_BY(mutex) = false;
  int arrived ABSL_GUARDED_BY(mutex) = 0;

  void Listen() {
    const int number = WaitForOne();
    {
      absl::MutexLock lock(&mutex);
      if (!kept) {
        std::fprintf(stderr, "tremorcast-server: signal %d during the start: nothing was served yet\n", number);
        _exit(0);
      }
      arrived = number;
    }
    WaitForOne();
    _exit(1);
  }
};

DrainSignals::DrainSignals() : state_(std::make_shared<State>()) {
  const sigset_t set = DrainSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::thread([state = state_] { state->Listen(); }).detach();
}

DrainSignals::~DrainSignals() = default;

void DrainSignals::Keep() {
  absl::MutexLock lock(&state_->mutex);
  state_->kept = true;
}

int DrainSignals::Wait() {
  Keep();
  absl::MutexLock lock(&state_->mutex);
  const auto arrived = [this] {
    state_->mutex.AssertReaderHeld();
    return state_->arrived != 0;
  };
  state_->mutex.Await(absl::Condition(&arrived));
  return state_->arrived;
}

}  // namespace tremorcast
