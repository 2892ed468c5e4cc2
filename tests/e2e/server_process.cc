#include "tests/e2e/server_process.h"

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <absl/memory/memory.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

namespace tremorcast {
namespace {

constexpr char kServing[] = "serving gRPC on ";

// The environment variable is for builds that keep programs elsewhere.
std::string ServerProgram() {
  const char* folder = std::getenv("TREMORCAST_BINARY_DIR");
  return absl::StrCat(folder != nullptr ? folder : TREMORCAST_BINARY_DIR, "/bin/tremorcast-server");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const std::string& conninfo,
                                                                    const std::vector<std::string>& flags,
                                                                    const std::string& listen, LogReader reader) {
  std::vector<std::string> words = {ServerProgram(), "--database",  conninfo,   "--listen", listen,
                                    "--http",        "127.0.0.1:0", "--device", "cpu"};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int log[2];
  if (pipe2(log, O_CLOEXEC) != 0) return absl::InternalError("cannot make a pipe");
  if (reader == LogReader::kStops) fcntl(log[0], F_SETPIPE_SZ, 4096);
  auto process = absl::WrapUnique(new ServerProcess());
  process->log_fd_ = log[0];
  process->child_ = fork();
  if (process->child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log[1], STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(log[1]);
  if (process->child_ < 0) return absl::InternalError("cannot fork");
  if (absl::Status serving = process->AwaitServing(reader); !serving.ok()) return serving;
  return process;
}

void ServerProcess::ReadOn() {
  char piece[4096];
  for (ssize_t got; (got = read(log_fd_, piece, sizeof(piece))) > 0;) log_.append(piece, static_cast<size_t>(got));
}

absl::Status ServerProcess::AwaitServing(LogReader reader) {
  char piece[4096];
  for (ssize_t got; (got = read(log_fd_, piece, sizeof(piece))) > 0;) {
    log_.append(piece, static_cast<size_t>(got));
    const size_t at = log_.find(kServing);
    if (at == std::string::npos || log_.find('\n', at) == std::string::npos) continue;
    // "serving gRPC on HOST:PORT, HTTP on HOST:PORT, ..."
    const std::vector<std::string> parts = absl::StrSplit(log_.substr(at), absl::MaxSplits(", ", 2));
    address_ = parts[0].substr(sizeof(kServing) - 1);
    const auto http = rpc::ParseListenAddress("HTTP", absl::StripPrefix(parts[1], "HTTP on "));
    if (!http.ok()) return http.status();
    http_ = *http;
    if (reader == LogReader::kReads) drain_ = std::thread([this] { ReadOn(); });
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(ServerProgram(), " did not serve: ", log_));
}

void ServerProcess::Terminate() { kill(child_, SIGTERM); }

absl::StatusOr<int> ServerProcess::AwaitExit(absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  int status = 0;
  while (waitpid(child_, &status, WNOHANG) == 0) {
    if (absl::Now() > deadline) return absl::DeadlineExceededError("the server still runs");
    absl::SleepFor(absl::Milliseconds(20));
  }
  child_ = -1;
  if (!WIFEXITED(status)) return absl::AbortedError(absl::StrCat("the server was ended by signal ", WTERMSIG(status)));
  return WEXITSTATUS(status);
}

const std::string& ServerProcess::log() {
  if (drain_.joinable()) drain_.join();
  ReadOn();
  return log_;
}

ServerProcess::~ServerProcess() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  if (drain_.joinable()) drain_.join();
  if (log_fd_ >= 0) close(log_fd_);
}

std::shared_ptr<grpc::Channel> ServerProcess::NewChannel() const {
  return grpc::CreateChannel(address_, grpc::InsecureChannelCredentials());
}

}  // namespace tremorcast
