#pragma once

// Files followed as they grow, until the run is interrupted. Blocks; everything it finds is in the
// tally.
//
// A name is not a file. One that is moved away is read on through its descriptor, until it has been
// quiet for a minute. What came and went between two looks, or was copied before its file was cut,
// or was moved away while nobody followed, is found under the names that rotations give
// (RotatedFrom) and taken up where the service's position says. A file that was cut or written anew
// in its place is read from its start.

#include <string>
#include <vector>

#include "cli/calls/client.h"
#include "cli/ingest/ingest_run.h"
#include "cli/ingest/tally.h"
#include "cli/text/console.h"
#include "cli/text/exit_code.h"

namespace tremorcast::cli {

// Reads what is in the files of `paths` and goes on as they grow, and as new files appear in
// folders.
ExitCode FollowFiles(const std::vector<std::string>& paths, const IngestRunOptions& options, const Client& client,
                     Pacer& pacer, Tally& tally);

}  // namespace tremorcast::cli
