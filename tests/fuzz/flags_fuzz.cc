// The server's command line, one argument a line. What is accepted is valid; no message shows the
// connection string.

#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_split.h>

#include "server/flags.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {

void FuzzOne(absl::string_view input) {
  constexpr absl::string_view kSecret = "hunter2-secret";
  // It would read the file named, whatever that is.
  if (absl::StrContains(input, "database-file")) return;
  if (absl::StrContains(input, '\0')) return;  // ends an argument
  std::vector<std::string> arguments = {"tremorcast-server", "--database=host=/nowhere password=hunter2-secret"};
  for (absl::string_view line : absl::StrSplit(input, '\n', absl::SkipEmpty())) arguments.emplace_back(line);
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const auto line = ParseCommandLine(static_cast<int>(argv.size()), argv.data(), "no models");
  if (!line.ok()) {
    FUZZ_CHECK(line.status().code() == absl::StatusCode::kInvalidArgument);
    FUZZ_CHECK(!line.status().message().empty());
    if (!absl::StrContains(input, "hunter2")) FUZZ_CHECK(!absl::StrContains(line.status().message(), kSecret));
    return;
  }
  FUZZ_CHECK(line->text.empty() == line->server.Validate().ok());
  if (!line->text.empty()) return;
  const ServerOptions& server = line->server;
  for (absl::Duration wait :
       {server.jobs.issue.grace, server.jobs.issue.max_grace, server.jobs.seal.quiet, server.jobs.verify.settling_time,
        server.grpc.max_connection_age, server.lame_duck, server.drain_timeout}) {
    FUZZ_CHECK(wait >= absl::ZeroDuration() && wait < absl::InfiniteDuration());
  }
}

}  // namespace tremorcast
