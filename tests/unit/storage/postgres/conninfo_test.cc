// What is added to a connection string.

#include <gmock/gmock.h>

#include "storage/postgres/pg_status.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CompleteConninfoTest, OneHostMayBeWhateverItIsAndHasTenSeconds) {
  const std::string complete = CompleteConninfo("host=db dbname=d", "us");
  EXPECT_THAT(complete, HasSubstr("connect_timeout='10'"));
  EXPECT_THAT(complete, HasSubstr("application_name='us'"));
  EXPECT_THAT(complete, Not(HasSubstr("target_session_attrs")));
}

TEST(CompleteConninfoTest, OfSeveralHostsThePrimaryIsMeantAndASilentOneHoldsUsUpForSecondsOnly) {
  for (const char* conninfo : {"host=a,b dbname=d", "hostaddr=10.0.0.1,10.0.0.2", "postgresql://a,b/d"}) {
    const std::string complete = CompleteConninfo(conninfo, "us");
    EXPECT_THAT(complete, HasSubstr("target_session_attrs='read-write'")) << conninfo;
    EXPECT_THAT(complete, HasSubstr("connect_timeout='3'")) << conninfo;
  }
}

TEST(CompleteConninfoTest, WhatTheCallerSetStays) {
  const std::string complete =
      CompleteConninfo("host=a,b target_session_attrs=primary connect_timeout=7 application_name=me", "us");
  EXPECT_THAT(complete, HasSubstr("target_session_attrs='primary'"));
  EXPECT_THAT(complete, Not(HasSubstr("read-write")));
  EXPECT_THAT(complete, HasSubstr("connect_timeout='7'"));
  EXPECT_THAT(complete, HasSubstr("application_name='me'"));
}

TEST(CompleteConninfoTest, TheHostsShareTheTimeThereIs) {
  EXPECT_THAT(CompleteConninfo("host=a,b connect_timeout=30", "us", absl::Seconds(12)),
              HasSubstr("connect_timeout='6'"));
  EXPECT_THAT(CompleteConninfo("host=a,b", "us", absl::ZeroDuration()), HasSubstr("connect_timeout='2'"));
}

}  // namespace
}  // namespace tremorcast
