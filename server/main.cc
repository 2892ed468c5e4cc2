// tremorcast-server. Exit codes: 0 drained, or told to stop before it served; 1 could not start, or
// told twice to stop; 2 wrong flags.

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "command_line/arguments.h"
#include "files/replay_clock.h"
#include "model/modules/torch_runtime.h"
#include "model/serving/torch_predictor.h"
#include "server/descriptor_limit.h"
#include "server/drain_signals.h"
#include "server/flags.h"
#include "server/library_lines.h"
#include "server/server.h"

namespace tremorcast {
namespace {

// Whole or not at all: readers wait for the file to appear.
absl::Status WritePortFile(const std::string& path, const Server& server) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::trunc);
  file << "grpc=" << server.grpc_address().ToString() << "\nhttp=" << server.http_address().ToString() << "\n";
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("--port-file: cannot write ", path));
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "tremorcast-server: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Run(const CommandLine& line) {
  RaiseDescriptorLimit();
  DrainSignals signals;
  const Log log("server", line.log_level, line.log_format);
  const LibraryLines libraries(log);
  const TorchPredictorLoader loader(line.server.model);
  std::unique_ptr<ReplayClock> replay;
  if (!line.replay_clock.empty()) {
    auto opened = ReplayClock::Open(line.replay_clock);
    if (!opened.ok()) return Fail(opened.status());
    replay = *std::move(opened);
  }
  auto server =
      Server::Start(line.server, {replay.get(), &loader, &log, TorchRuntimeName()}, [&signals] { signals.Keep(); });
  if (!server.ok()) return Fail(server.status());
  if (!line.port_file.empty()) {
    if (absl::Status written = WritePortFile(line.port_file, **server); !written.ok()) return Fail(written);
  }
  const int number = signals.Wait([&server] { (*server)->Reload(); });
  log.Info(absl::StrCat("signal ", number, " received"), {{"event", "drain"}});
  (*server)->Drain();
  if (!line.port_file.empty()) std::remove(line.port_file.c_str());
  return 0;
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) {
  const auto line = tremorcast::ParseCommandLine(argc, argv, tremorcast::TorchRuntimeName());
  if (!line.ok()) {
    std::fputs(tremorcast::UsageError("tremorcast-server", line.status().message()).c_str(), stderr);
    return tremorcast::kExitUsage;
  }
  if (!line->text.empty()) {
    std::fputs(line->text.c_str(), stdout);
    return 0;
  }
  return tremorcast::Run(*line);
}
