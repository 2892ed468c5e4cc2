#include "server/drain_signals.h"

#include <signal.h>
#include <thread>
#include <unistd.h>

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

DrainSignals::DrainSignals() {
  const sigset_t set = DrainSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int DrainSignals::Wait() {
  const int number = WaitForOne();
  std::thread([] {
    WaitForOne();
    _exit(1);
  }).detach();
  return number;
}

}  // namespace tremorcast
