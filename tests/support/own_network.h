#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tremorcast {

// Runs `test` on a thread with a network of its own, in which every address of 2001:db8::/32 is this
// machine's, so that a test can be many strangers. Sockets belong to the network of the thread that
// makes them. Returns why it could not, to skip with; empty when it ran.
std::string RunInOwnNetwork(const std::function<void()>& test);

// A connection from `from` to `port` at `to`, both IPv6 addresses; -1: refused. The caller closes it.
int ConnectFrom(const std::string& from, const std::string& to, int port);

}  // namespace tremorcast
