#include "tests/e2e/server_process.h"

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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
                                                                    const std::vector<std::string>& flags) {
  std::vector<std::string> words = {ServerProgram(), "--database",  conninfo,   "--listen", "127.0.0.1:0",
                                    "--http",        "127.0.0.1:0", "--device", "cpu"};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int log[2];
  if (pipe2(log, O_CLOEXEC) != 0) return absl::InternalError("cannot make a pipe");
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
  if (absl::Status serving = process->AwaitServing(); !serving.ok()) return serving;
  return process;
}

absl::Status ServerProcess::AwaitServing() {
  std::string said;
  char piece[4096];
  for (ssize_t got; (got = read(log_fd_, piece, sizeof(piece))) > 0;) {
    said.append(piece, static_cast<size_t>(got));
    const size_t at = said.find(kServing);
    if (at == std::string::npos) continue;
    const size_t begin = at + sizeof(kServing) - 1, end = said.find(',', begin);
    if (end == std::string::npos) continue;
    address_ = said.substr(begin, end - begin);
    drain_ = std::thread([fd = log_fd_] {
      char rest[4096];
      while (read(fd, rest, sizeof(rest)) > 0) {
      }
    });
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(ServerProgram(), " did not serve: ", said));
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
