#pragma once

// SIGTERM and SIGINT of the server. A thread waits for them, so no code runs in a signal handler.
// A process has one, made before any other thread is started, because threads inherit the blocked
// mask.

#include <memory>

namespace tremorcast {

class DrainSignals {
 public:
  // Blocks both signals in this thread and those it starts, and ignores SIGPIPE. Until Keep a
  // signal ends the process at once, with exit code 0: what has served nobody has nothing to drain,
  // and a start may take long (a database that does not answer, another server's migration).
  DrainSignals();
  ~DrainSignals();
  // From now on a signal is kept for Wait.
  void Keep();
  // Keeps, and blocks until one arrives; its number. A second one ends the process at once, with
  // exit code 1.
  int Wait();

 private:
  struct State;
  const std::shared_ptr<State> state_;  // also the listening thread's, which lives as long as the process
};

}  // namespace tremorcast
