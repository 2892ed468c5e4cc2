#pragma once

// The signals of the server: SIGTERM and SIGINT drain it, SIGHUP has it read its files again, and
// SIGUSR1 and SIGUSR2, which would end it, do nothing. A thread waits for them, so no code runs in
// a signal handler. A process has one, made before any other thread is started, because threads
// inherit the blocked mask.

#include <functional>
#include <memory>

namespace tremorcast {

class DrainSignals {
 public:
  // Blocks all of them in this thread and those it starts, and ignores SIGPIPE. Until Keep, SIGTERM
  // or SIGINT ends the process at once, with exit code 0: what has served nobody has nothing to
  // drain, and a start may take long (a database that does not answer, another server's migration).
  DrainSignals();
  ~DrainSignals();
  // From now on a signal is kept for Wait.
  void Keep();
  // Keeps, and blocks until SIGTERM or SIGINT arrives; its number. A second one ends the process at
  // once, with exit code 1. Meanwhile calls `on_hangup` in this thread for SIGHUP, also for one
  // that came since Keep; several at once may be one.
  int Wait(const std::function<void()>& on_hangup);

 private:
  struct State;
  const std::shared_ptr<State> state_;  // also the listening thread's, which lives as long as the process
};

}  // namespace tremorcast
