// Passwords of connection strings stay out of argument lists and messages.

#include <gmock/gmock.h>

#include "storage/postgres/pg_status.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SecretsTest, RefusesAPasswordInAnArgumentWithoutRepeatingIt) {
  for (const char* conninfo : {"host=h dbname=x password=hunter2", "postgresql://user:hunter2@h/x",
                               "host=h sslkey=k sslpassword=hunter2", "password='hunter2"}) {
    const absl::Status refused = RefuseSecrets("--database", conninfo);
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << conninfo;
    EXPECT_THAT(std::string(refused.message()), Not(HasSubstr("hunter2")));
  }
  for (const char* conninfo : {"host=/run/postgresql dbname=x", "postgresql://user@h/x", "passfile=/etc/pass", ""})
    EXPECT_TRUE(RefuseSecrets("--database", conninfo).ok()) << conninfo;
}

TEST(SecretsTest, TakesPasswordsOutOfMessages) {
  EXPECT_EQ(WithoutSecrets("hunter2 is wrong for host h", "host=h password=hunter2"), "*** is wrong for host h");
}

}  // namespace
}  // namespace tremorcast
