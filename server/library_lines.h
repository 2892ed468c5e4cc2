#pragma once

// What gRPC and libprotobuf would write to standard error by themselves goes through the server's
// log while one of these lives: a line among ours, JSON where ours are, and never a wait for the
// reader in one of gRPC's threads. Their errors are warnings here, since a peer can cause them by
// what it sends. What they say before they end the process goes to standard error at once as well.
// One at a time; thread safe towards the libraries.

#include "server/telemetry/log.h"

namespace tremorcast {

class LibraryLines {
 public:
  // The log must outlive this.
  explicit LibraryLines(const Log& log);
  // What the libraries say from now on is dropped: their threads may outlive the log.
  ~LibraryLines();
  LibraryLines(const LibraryLines&) = delete;
  LibraryLines& operator=(const LibraryLines&) = delete;
};

}  // namespace tremorcast
