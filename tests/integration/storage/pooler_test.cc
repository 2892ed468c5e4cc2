// A pooler in transaction mode must be refused before it does harm; one in session mode may stay.
// Runs where pgbouncer is installed.

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>

#include "storage/postgres/pooler_check.h"
#include "tests/integration/storage/storage_test.h"

extern char** environ;

namespace tremorcast {
namespace {

class PoolerTest : public StorageTest {
 protected:
  void TearDown() override {
    if (pipe_ >= 0) close(pipe_);
    if (shell_ > 0) waitpid(shell_, nullptr, 0);
  }

  // Starts pgbouncer in the cluster's folder; it ends when our end of a pipe closes, however we
  // end.
  void StartPooler(const std::string& mode) {
    const std::string folder = TempCluster::Shared().folder();
    std::ofstream(folder + "/" + mode + ".ini")
        << "[databases]\n* = host=" << folder << " user=postgres\n[pgbouncer]\npool_mode = " << mode
        << "\nlisten_port = 6543\nlisten_addr =\nunix_socket_dir = " << folder << "/" << mode
        << "\nauth_type = any\npidfile =\nlogfile =\ndefault_pool_size = 10\n";
    std::filesystem::create_directory(folder + "/" + mode);
    std::filesystem::permissions(folder + "/" + mode, std::filesystem::perms::all);
    pooled_ = conninfo_;
    pooled_.replace(pooled_.find(folder), folder.size(), folder + "/" + mode);
    pooled_ += " port=6543";
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    pipe_ = ends[1];
    const std::string as = geteuid() == 0 ? "runuser -u postgres -- " : "";
    std::vector<std::string> words = {"/bin/sh", "-c",
                                      as + "pgbouncer -q " + folder + "/" + mode +
                                          ".ini < /dev/null > /dev/null 2>&1 & p=$!; "
                                          "cat > /dev/null; kill $p; wait $p"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    ASSERT_EQ(posix_spawn(&shell_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    const absl::Time give_up = Soon();
    while (!PgConnection::Open(pooled_, "test", Soon()).ok())
      ASSERT_LT(absl::Now(), give_up) << "pgbouncer does not answer";
  }

  static bool Installed() {
    return std::filesystem::exists("/usr/sbin/pgbouncer") || std::filesystem::exists("/usr/bin/pgbouncer");
  }

  std::string pooled_;
  pid_t shell_ = -1;
  int pipe_ = -1;
};

TEST_F(PoolerTest, InTransactionModeIsRefused) {
  if (!Installed()) GTEST_SKIP() << "pgbouncer is not installed";
  ASSERT_NO_FATAL_FAILURE(StartPooler("transaction"));
  StoreOptions options;
  options.conninfo = pooled_;
  const auto store = OpenStore(options);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition) << store.status();
  EXPECT_THAT(std::string(store.status().message()), testing::HasSubstr("pool_mode=transaction"));
}

TEST_F(PoolerTest, InSessionModeIsFine) {
  if (!Installed()) GTEST_SKIP() << "pgbouncer is not installed";
  ASSERT_NO_FATAL_FAILURE(StartPooler("session"));
  StoreOptions options;
  options.conninfo = pooled_;
  const auto store = OpenStore(options);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto result = Ingest(**store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front();
  EXPECT_TRUE(result.ok()) << result.status();
}

}  // namespace
}  // namespace tremorcast
