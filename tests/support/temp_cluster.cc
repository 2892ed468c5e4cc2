#include "tests/support/temp_cluster.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <sstream>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>

#include "storage/postgres/pg_connection.h"
#include "storage/schema/migrations.h"

extern char** environ;

namespace tremorcast {
namespace {

namespace fs = std::filesystem;

bool AmRoot() { return geteuid() == 0; }

// Runs a program to its end; what it prints goes to `log`.
absl::Status RunProgram(std::vector<std::string> words, const std::string& log) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::InternalError(absl::StrCat("cannot run ", words[0]));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  std::ifstream in(log);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return absl::InternalError(absl::StrCat(absl::StrJoin(words, " "), " failed:\n", text));
}

// initdb and the server refuse to run as root.
std::vector<std::string> AsServerUser(std::vector<std::string> words) {
  if (AmRoot()) words.insert(words.begin(), {"runuser", "-u", "postgres", "--"});
  return words;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    // "pid (name) state parent ...", where the name may hold anything.
    std::ifstream file(entry.path() / "stat");
    const std::string stat((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const size_t name_end = stat.rfind(") ");
    if (name_end == std::string::npos) continue;
    std::istringstream rest(stat.substr(name_end + 2));
    char state = 0;
    pid_t ppid = 0;
    if (rest >> state >> ppid && ppid == parent) children.push_back(pid);
  }
  return children;
}

std::string FindBin() {
  if (const char* set = std::getenv("PG_BINDIR"); set != nullptr) return set;
  int newest = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    int version = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &version) && fs::exists(entry.path() / "bin/initdb")) {
      newest = std::max(newest, version);
    }
  }
  return newest == 0 ? "/usr/bin" : absl::StrCat("/usr/lib/postgresql/", newest, "/bin");
}

}  // namespace

absl::StatusOr<std::unique_ptr<TempCluster>> TempCluster::Start(const std::vector<std::string>& settings) {
  auto cluster = MakeFolder();
  if (!cluster.ok()) return cluster;
  if (absl::Status made = (*cluster)->Initialise(settings); !made.ok()) return made;
  if (absl::Status started = (*cluster)->StartServer(); !started.ok()) return started;
  return cluster;
}

absl::StatusOr<std::unique_ptr<TempCluster>> TempCluster::StartStandby(const std::string& primary,
                                                                       const std::string& name) {
  auto made = MakeFolder();
  if (!made.ok()) return made;
  TempCluster& standby = **made;
  const std::string data = standby.folder_ + "/data";
  if (absl::Status copied = RunProgram(AsServerUser({standby.bin_ + "/pg_basebackup", "-d", primary, "-D", data, "-R",
                                                     "-X", "stream", "-c", "fast", "--no-sync"}),
                                       standby.folder_ + "/setup.log");
      !copied.ok()) {
    return copied;
  }
  std::ofstream conf(data + "/postgresql.conf", std::ios::app);
  conf << "unix_socket_directories = '" << standby.folder_ << "'\ncluster_name = '" << name << "'\n";
  conf.close();
  if (!conf) return absl::InternalError("cannot write postgresql.conf");
  if (absl::Status started = standby.StartServer(); !started.ok()) return started;
  return made;
}

absl::StatusOr<std::unique_ptr<TempCluster>> TempCluster::MakeFolder() {
  const char* base = std::getenv("TMPDIR");
  // A socket's path must fit into 107 characters.
  std::string folder =
      absl::StrCat(base != nullptr && std::string(base).size() < 60 ? base : "/tmp", "/tremorcast-pg-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) return absl::InternalError(absl::StrCat("cannot make ", folder));
  std::unique_ptr<TempCluster> cluster(new TempCluster(folder));
  if (absl::Status guarded = cluster->StartGuardian(); !guarded.ok()) return guarded;
  cluster->bin_ = FindBin();
  fs::permissions(folder, fs::perms::all);
  return cluster;
}

TempCluster& TempCluster::Shared() {
  static const std::unique_ptr<TempCluster> shared = [] {
    auto cluster = Start();
    if (!cluster.ok()) {
      std::fprintf(stderr, "%s\n", std::string(cluster.status().message()).c_str());
      std::exit(1);
    }
    return *std::move(cluster);
  }();
  return *shared;
}

absl::Status TempCluster::Initialise(const std::vector<std::string>& settings) {
  const std::string log = folder_ + "/setup.log";
  if (absl::Status made = RunProgram(AsServerUser({bin_ + "/initdb", "-D", folder_ + "/data", "-U", "postgres", "-A",
                                                   "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"}),
                                     log);
      !made.ok()) {
    return made;
  }
  std::ofstream conf(folder_ + "/data/postgresql.conf", std::ios::app);
  conf << "listen_addresses = ''\nunix_socket_directories = '" << folder_ << "'\nmax_connections = 60\n";
  for (const std::string& line : settings) conf << line << "\n";
  return conf.good() ? absl::OkStatus() : absl::InternalError("cannot write postgresql.conf");
}

// A shell that waits for our end of a pipe to close, however we end, then stops the server and
// removes the folder.
absl::Status TempCluster::StartGuardian() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError("no pipe");
  const std::string script =
      "trap '' INT TERM HUP; cat > /dev/null; pid=$(head -n 1 \"$1/data/postmaster.pid\" 2> /dev/null); "
      "if [ -n \"$pid\" ]; then kill -QUIT \"$pid\" 2> /dev/null; while kill -0 \"$pid\" 2> /dev/null; do sleep 0.02; "
      "done; fi; "
      "rm -rf \"$1\"";
  std::vector<std::string> words = {"/bin/sh", "-c", script, "guardian", folder_};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
  // Not our output: whoever reads it to its end must not wait for the guardian.
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int error = posix_spawn(&guardian_, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  guardian_pipe_ = ends[1];
  return error == 0 ? absl::OkStatus() : absl::InternalError("cannot start the guardian");
}

TempCluster::~TempCluster() {
  if (guardian_pipe_ >= 0) close(guardian_pipe_);
  if (guardian_ > 0) waitpid(guardian_, nullptr, 0);
}

absl::Status TempCluster::StartServer() {
  return RunProgram(AsServerUser({bin_ + "/pg_ctl", "-D", folder_ + "/data", "-w", "-t", "120", "-l",
                                  folder_ + "/server.log", "start"}),
                    folder_ + "/setup.log");
}

absl::Status TempCluster::Crash() {
  return RunProgram(AsServerUser({bin_ + "/pg_ctl", "-D", folder_ + "/data", "-w", "-m", "immediate", "stop"}),
                    folder_ + "/setup.log");
}

absl::Status TempCluster::Promote() {
  return RunProgram(AsServerUser({bin_ + "/pg_ctl", "-D", folder_ + "/data", "-w", "-t", "120", "promote"}),
                    folder_ + "/setup.log");
}

void TempCluster::Kill() {
  std::ifstream file(folder_ + "/data/postmaster.pid");
  pid_t postmaster = 0;
  if (!(file >> postmaster) || postmaster <= 1) return;
  // The children too: they would live on until they next look for their parent. Each may be gone
  // already.
  kill(postmaster, SIGSTOP);  // makes no new ones
  std::vector<pid_t> children = ChildrenOf(postmaster);
  kill(postmaster, SIGKILL);
  for (const pid_t child : children) kill(child, SIGKILL);
  children.push_back(postmaster);
  for (const pid_t child : children) {
    while (kill(child, 0) == 0) absl::SleepFor(absl::Milliseconds(5));
  }
}

std::string TempCluster::conninfo(const std::string& database) const {
  return absl::StrCat("host=", folder_, " user=postgres dbname=", database);
}

absl::Status TempCluster::MakeTemplate() {
  const absl::Time deadline = absl::Now() + absl::Minutes(2);
  auto admin = PgConnection::Open(conninfo("postgres"), "tests", deadline);
  if (!admin.ok()) return admin.status();
  if (auto made = (*admin)->Exec("CREATE DATABASE migrated", deadline); !made.ok()) return made.status();
  auto connection = PgConnection::Open(conninfo("migrated"), "tests", deadline);
  if (!connection.ok()) return connection.status();
  return Migrate(**connection, EmbeddedMigrations(), deadline);
}

absl::StatusOr<std::string> TempCluster::CreateDatabase(bool migrated) {
  if (migrated && !has_template_) {
    if (absl::Status made = MakeTemplate(); !made.ok()) return made;
    has_template_ = true;
  }
  const absl::Time deadline = absl::Now() + absl::Minutes(2);
  auto admin = PgConnection::Open(conninfo("postgres"), "tests", deadline);
  if (!admin.ok()) return admin.status();
  const std::string name = absl::StrCat("test_", ++databases_);
  auto made = (*admin)->Exec(absl::StrCat("CREATE DATABASE ", name, migrated ? " TEMPLATE migrated" : ""), deadline);
  if (!made.ok()) return made.status();
  return conninfo(name);
}

}  // namespace tremorcast
