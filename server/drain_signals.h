#pragma once

// SIGTERM and SIGINT, waited for instead of handled: no code runs in a signal handler.
// Construct before any thread is started (threads inherit the blocked mask). One per process.

namespace tremorcast {

class DrainSignals {
 public:
  // Blocks both signals in this thread and those it starts, and ignores SIGPIPE.
  DrainSignals();
  // Blocks until one arrives; its number. From then on a second one ends the process at once, with exit code 1.
  int Wait();
};

}  // namespace tremorcast
