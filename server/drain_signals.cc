#include "server/drain_signals.h"

#include <cstdio>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

namespace tremorcast {
namespace {

sigset_t HandledSet() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, number);
  return set;
}

int WaitForOne() {
  const sigset_t set = HandledSet();
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
  bool hangup ABSL_GUARDED_BY(mutex) = false;

  void Listen() {
    for (;;) {
      const int number = WaitForOne();
      absl::MutexLock lock(&mutex);
      if (number == SIGHUP) hangup = kept;  // what was not read yet needs no reading again
      if (number != SIGTERM && number != SIGINT) continue;
      if (!kept) {
        std::fprintf(stderr, "tremorcast-server: signal %d during the start: nothing was served yet\n", number);
        _exit(0);
      }
      if (arrived != 0) _exit(1);
      arrived = number;
    }
  }
};

DrainSignals::DrainSignals() : state_(std::make_shared<State>()) {
  const sigset_t set = HandledSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::thread([state = state_] { state->Listen(); }).detach();
}

DrainSignals::~DrainSignals() = default;

void DrainSignals::Keep() {
  absl::MutexLock lock(&state_->mutex);
  state_->kept = true;
}

int DrainSignals::Wait(const std::function<void()>& on_hangup) {
  Keep();
  const auto any = [this] {
    state_->mutex.AssertReaderHeld();
    return state_->arrived != 0 || state_->hangup;
  };
  for (;;) {
    {
      absl::MutexLock lock(&state_->mutex);
      state_->mutex.Await(absl::Condition(&any));
      if (state_->arrived != 0) return state_->arrived;
      state_->hangup = false;
    }
    on_hangup();
  }
}

}  // namespace tremorcast
