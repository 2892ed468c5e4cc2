// tremorcast-server. Exit codes: 0 drained, or told to stop before it served; 1 could not start, or
// told twice to stop; 2 wrong flags.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <absl/strings/str_cat.h>

#include "command_line/arguments.h"
#include "command_line/output.h"
#include "files/replay_clock.h"
#include "files/text_file.h"
#include "model/modules/torch_runtime.h"
#include "model/serving/torch_predictor.h"
#include "server/descriptor_limit.h"
#include "server/drain_signals.h"
#include "server/flags.h"
#include "server/library_lines.h"
#include "server/server.h"

namespace tremorcast {
namespace {

// Readers wait for the file to appear, so it comes whole or not at all.
absl::Status WritePortFile(const std::string& path, const Server& server) {
  const absl::Status written = WriteTextFile(
      path, absl::StrCat("grpc=", server.grpc_address().ToString(), "\nhttp=", server.http_address().ToString(), "\n"));
  return written.ok() ? written : absl::UnavailableError(absl::StrCat("--port-file: ", written.message()));
}

// A pipe, a device or a link was there before, and stays.
void RemovePortFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::regular) {
    std::filesystem::remove(path, error);
  }
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
  if (!line.port_file.empty()) RemovePortFile(line.port_file);
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
    return tremorcast::ExitAfterOutput(0, "tremorcast-server");
  }
  return tremorcast::Run(*line);
}
