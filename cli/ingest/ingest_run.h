#pragma once

// A whole ingest: files shared out among a few streams. Blocks; everything it finds is in the tally.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "cli/calls/client.h"
#include "cli/ingest/progress.h"
#include "cli/ingest/tally.h"
#include "cli/text/console.h"
#include "cli/text/exit_code.h"
#include "core/readers/aeta_csv.h"

namespace tremorcast::cli {

// 8 hexadecimal digits, another at each call.
std::string NewRunId();

struct IngestRunOptions {
  int jobs = 4;  // streams, each with a file at a time
  int rows_per_batch = 2000;
  bool live = false;
  bool resume = true;
  bool accept_unterminated = false;
  std::vector<float> sentinels = AetaCsvReader::Options().sentinels;
  std::string run_id = NewRunId();  // see FileFeed::Options
  absl::Duration retry_for = absl::Minutes(5);
  absl::Duration poll_interval = absl::Seconds(1);  // between looks at a followed file
};

// Reads every file to its end.
ExitCode IngestFiles(const std::vector<std::string>& files, const IngestRunOptions& options, const Client& client,
                     Pacer& pacer, Tally& tally, ProgressCounters& counters);

}  // namespace tremorcast::cli
