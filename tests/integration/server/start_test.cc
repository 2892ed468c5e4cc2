// What keeps a server from starting, and how it says so.

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/integration/server/server_fixture.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::Not;

class StartTest : public ServerTest {
 protected:
  absl::Status Fault(const ServerOptions& options) {
    const auto server = Server::Start(options, {&clock_, &loader_, log_.get()});
    EXPECT_FALSE(server.ok());
    return server.status();
  }
};

TEST_F(StartTest, RefusesPlainTextWhereOtherMachinesCanReachIt) {
  ServerOptions options = Options();
  options.grpc.listen.host = "0.0.0.0";
  EXPECT_THAT(std::string(Fault(options).message()), HasSubstr("--insecure to speak plain text"));
  options.grpc.listen.host = "127.0.0.1";
  options.http.host = "0.0.0.0";
  options.grpc.insecure = true;  // which says nothing of the HTTP port
  EXPECT_THAT(std::string(Fault(options).message()), HasSubstr("--insecure-http"));
  options.grpc.insecure = false;
  options.http.host = "127.0.0.1";
  options.grpc.listen.host = "0.0.0.0";
  options.grpc.insecure = true;
  StartServer(options);
}

TEST_F(StartTest, RefusesAPortThatIsTaken) {
  StartServer();
  ServerOptions options = Options();
  options.grpc.listen.port = server_->grpc_address().port;
  const absl::Status fault = Fault(options);
  EXPECT_EQ(fault.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(fault.message()), HasSubstr(server_->grpc_address().ToString()));
}

TEST_F(StartTest, SaysThatTheDatabaseCannotBeReachedWithoutItsPassword) {
  ServerOptions options = Options();
  options.conninfo = "host=127.0.0.1 port=1 dbname=nothing user=someone password=hunter2";
  options.connect_timeout = absl::Seconds(5);
  const absl::Status fault = Fault(options);
  EXPECT_EQ(fault.code(), absl::StatusCode::kUnavailable) << fault;
  EXPECT_THAT(std::string(fault.message()), Not(HasSubstr("hunter2")));
  EXPECT_THAT(std::string(fault.message()), Not(testing::IsEmpty()));
}

TEST_F(StartTest, RefusesADatabaseOfANewerProgram) {
  const auto added = Connect()->Exec(
      "INSERT INTO schema_migrations (number, name, checksum) SELECT max(number) + 1, '9000_later', 'x' FROM "
      "schema_migrations",
      absl::Now() + absl::Minutes(1));
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(Fault(Options()).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(StartTest, MakesTheSchemaOfAnEmptyDatabase) {
  auto empty = TempCluster::Shared().CreateDatabase(false);
  ASSERT_TRUE(empty.ok()) << empty.status();
  conninfo_ = *empty;
  StartServer();
  EXPECT_EQ(StoredRows(), 0);
}

}  // namespace
}  // namespace tremorcast
